import { sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'

/** How many there are. */
export interface Population {
  readonly users: number
  readonly audit: number
}

const day = 86_400_000

/** Rows with numbers from 1, made within the database. The same text is understood by both engines. */
function rows (table: string, columns: string, count: number): string {
  const names = columns.replaceAll(/^ *(\S+) = .*$/gm, '$1,').trim().replace(/,$/, '')
  const values = columns.replaceAll(/^ *\S+ = (.*)$/gm, '$1,').trim().replace(/,$/, '')
  return `with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < ${count})
    insert into ${table} (${names}) select ${values} from numbers`
}

/** Fills an empty database as some years would, in one statement a table, and lets the engine look at what it has. */
export async function populate (database: Database, { users, audit }: Population): Promise<void> {
  const number = '(100000000000 + i)'
  const statements = [
    rows('users', `
      id = '00000000-0000-4000-9000-' || ${number}
      display_name = 'Person ' || i
      created_at = ${day} + i`, users),
    rows('identities', `
      tid = '00000000-0000-4000-8000-' || (200000000000 + i % 50)
      oid = '00000000-0000-4000-8000-' || ${number}
      user_id = '00000000-0000-4000-9000-' || ${number}
      sub = 'subject-' || i
      iss = 'https://login.microsoftonline.com/' || (i % 50)
      authority = 'https://login.microsoftonline.com'
      simulated = 0
      profile = '{}'
      email = '{}'
      created_at = ${day} + i
      last_sign_in_at = ${day} + i`, users),
    rows('identifiers', `
      user_id = '00000000-0000-4000-9000-' || ${number}
      canonical = 'person' || i || '@example.com'
      address = 'Person' || i || '@example.com'
      verified = 1
      proof_kind = 'application'
      proof_at = ${day}
      created_at = ${day}`, users),
    rows('proofs', `
      user_id = '00000000-0000-4000-9000-' || ${number}
      canonical = 'person' || i || '@example.com'
      tid = '00000000-0000-4000-8000-' || (200000000000 + i % 50)
      oid = '00000000-0000-4000-8000-' || ${number}
      kind = 'domain_owner_verified'
      proved_at = ${day}`, users),
    rows('invitations', `
      canonical = 'invited' || i || '@example.com'
      user_id = '00000000-0000-4000-9000-' || ${number}
      address = 'Invited' || i || '@example.com'
      created_at = ${day}`, users),
    rows('sessions', `
      key = 'session-' || i
      user_id = '00000000-0000-4000-9000-' || ${number}
      "user" = '{}'
      created_at = ${day}
      authenticated_at = ${day}
      last_seen_at = ${day} + i
      expires_at = ${2 * day} + i`, users),
    rows('tokens', `
      tid = '00000000-0000-4000-8000-' || (200000000000 + i % 50)
      oid = '00000000-0000-4000-8000-' || ${number}
      user_id = '00000000-0000-4000-9000-' || ${number}
      sealed = 'sealed-' || i
      version = i
      lease_until = 0
      saved_at = ${day} + i`, users),
    rows('used_attempts', `
      state_hash = 'state-' || i
      expires_at = ${day} + i`, users),
    rows('challenges', `
      key = 'challenge-' || i
      address_hash = 'address-' || i
      code_hash = 'code-' || i
      tries = 0
      pending = ''
      created_at = ${day}
      expires_at = ${day} + i`, users),
    rows('code_events', `
      id = 'mail-' || i
      happened_at = ${day} + i`, users),
    rows('identity_artifacts', `
      key = 'artifact-' || i
      project = 'identity'
      kind = case i % 3 when 0 then 'Session' else 'RefreshToken' end
      sealed = 'sealed'
      grant_key = 'grant-' || (i / 3)
      session_key = 'session-' || (i / 3)
      account_id = '00000000-0000-4000-9000-' || ${number}
      expires_at = ${day} + i`, users),
    rows('identity_ends', `
      key = 'ended-' || i
      expires_at = ${day} + i`, users),
    rows('identity_sessions', `
      session_key = 'session-' || i
      project = 'identity'
      app_session = 'app-' || i
      expires_at = ${day} + i`, users),
    rows('identity_clients', `
      project = 'project-' || (i % 50)
      id = 'client-' || i
      name = 'Client ' || i
      record = '{}'
      created_at = ${day}`, users),
    rows('identity_client_secrets', `
      project = 'project-' || (i % 50)
      client_id = 'client-' || i
      slot = 0
      secret_id = 'secret-' || i
      hash = 'hash-' || i
      created_at = ${day}`, users),
    rows('identity_consents', `
      project = 'identity'
      user_id = '00000000-0000-4000-9000-' || (100000000000 + i)
      client_id = 'client-' || (i % 50)
      scopes = 'openid'
      claims = ''
      granted_at = ${day}`, users),
    rows('identity_keys', `
      project = 'project-' || i
      simulated = 0
      generation = 1
      algorithm = 'ES256'
      kid = 'kid-' || i
      sealed = 'sealed'
      created_at = ${day}
      signs_at = ${day}`, users),
    rows('audit', `
      id = '0' || ${number} || '0000000000000000000'
      happened_at = ${day} + i
      type = case i % 10 when 0 then 'refused' else 'signed_in' end
      user_id = case i % 7 when 0 then null else '00000000-0000-4000-9000-' || (100000000000 + i % ${users}) end
      tid = '00000000-0000-4000-8000-' || (200000000000 + i % 50)
      oid = '00000000-0000-4000-8000-' || (100000000000 + i % ${users})
      evidence = '[]'`, audit),
    database.engine === 'postgresql' ? 'vacuum analyze' : 'analyze'
  ]
  for (const statement of statements) await database.run(async (db) => await sql.raw(statement).execute(db))
}

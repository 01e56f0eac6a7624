import { type Kysely, sql } from 'kysely'
import { compactTables } from './compact-tables.ts'
import type { Engine } from './database.ts'
import type { Schema } from './schema.ts'

/**
 * The steps from an empty database to the present tables. The order is that
 * of the names. A step that was published is never changed: a new one follows it.
 */
export const migrations: Readonly<Record<string, { up: (db: Kysely<Schema>, engine: Engine) => Promise<void> }>> = {
  '0001-accounts-and-sessions': { up: createTables },
  '0002-codes-audit-devices': { up: addCodesAuditAndDevices },
  '0003-worlds': { up: indexWorlds },
  '0004-microsoft-sessions-and-tokens': { up: addMicrosoftSessionsAndTokens },
  '0005-identity': { up: addIdentity },
  '0006-compact-tables': { up: compactTables }
}

async function createTables (db: Kysely<Schema>): Promise<void> {
  await createUsers(db)
  await createIdentities(db)
  await createIdentifiers(db)
  await createProofs(db)
  await createInvitations(db)
  await createSessions(db)
  await createUsedAttempts(db)
}

async function createUsers (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('display_name', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
    .execute()
}

async function createIdentities (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identities')
    .addColumn('tid', 'text', (column) => column.notNull())
    .addColumn('oid', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('sub', 'text', (column) => column.notNull())
    .addColumn('iss', 'text', (column) => column.notNull())
    .addColumn('authority', 'text', (column) => column.notNull())
    .addColumn('simulated', 'integer', (column) => column.notNull())
    .addColumn('profile', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_sign_in_at', 'bigint')
    .addPrimaryKeyConstraint('identities_key', ['tid', 'oid'])
    .execute()
  await db.schema.createIndex('identities_of_user').on('identities').column('user_id').execute()
  await db.schema.createIndex('identities_by_world').on('identities').column('simulated').execute()
}

async function createIdentifiers (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identifiers')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('canonical', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('verified', 'integer', (column) => column.notNull())
    .addColumn('proof_kind', 'text')
    .addColumn('proof_tid', 'text')
    .addColumn('proof_oid', 'text')
    .addColumn('proof_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('identifiers_key', ['user_id', 'canonical'])
    // What is verified says by what and when.
    .addCheckConstraint('identifiers_provenance', sql`verified = 0 or (proof_kind is not null and proof_at is not null)`)
    .execute()
  // At most one holder: whatever two servers do at once, this decides.
  await db.schema.createIndex('identifiers_holder').unique().on('identifiers').column('canonical')
    .where(sql.ref('verified'), '=', sql.lit(1)).execute()
  await db.schema.createIndex('identifiers_by_address').on('identifiers').column('canonical').execute()
}

async function createProofs (db: Kysely<Schema>): Promise<void> {
  // Bound to the user, not to the identifier or the identity: it outlives both.
  await db.schema.createTable('proofs')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('canonical', 'text', (column) => column.notNull())
    .addColumn('tid', 'text', (column) => column.notNull())
    .addColumn('oid', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('proved_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('proofs_key', ['user_id', 'canonical', 'tid', 'oid'])
    .execute()
}

async function createInvitations (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('invitations')
    .addColumn('canonical', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('invitations_of_user').on('invitations').column('user_id').execute()
}

async function createSessions (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('sessions')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('authenticated_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    // SQLite takes anything anywhere, and what is no safe integer could not even be read (abuse case S16).
    .addCheckConstraint('sessions_times', sql`
      created_at between 0 and 9007199254740991 and authenticated_at between 0 and 9007199254740991
      and last_seen_at between 0 and 9007199254740991 and expires_at between 0 and 9007199254740991`)
    .execute()
  await db.schema.createIndex('sessions_of_user').on('sessions').column('user_id').execute()
  await db.schema.createIndex('sessions_by_expiry').on('sessions').column('expires_at').execute()
}

async function createUsedAttempts (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('used_attempts')
    .addColumn('state_hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('used_attempts_by_expiry').on('used_attempts').column('expires_at').execute()
}

async function addCodesAuditAndDevices (db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('device', 'text').execute()
  await createChallenges(db)
  await createCodeEvents(db)
  await createAudit(db)
}

async function createChallenges (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('challenges')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('address_hash', 'text', (column) => column.notNull())
    .addColumn('code_hash', 'text', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('pending', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('challenges_by_address').on('challenges').column('address_hash').execute()
  await db.schema.createIndex('challenges_by_expiry').on('challenges').column('expires_at').execute()
}

async function createCodeEvents (db: Kysely<Schema>): Promise<void> {
  // The key decides who takes one of the few slots that a limit has.
  await db.schema.createTable('code_events')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('happened_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('code_events_by_time').on('code_events').column('happened_at').execute()
}

async function createAudit (db: Kysely<Schema>): Promise<void> {
  // Bound to no row of users: what was done is kept when the user is gone.
  await db.schema.createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('happened_at', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('tid', 'text')
    .addColumn('oid', 'text')
    .addColumn('address', 'text')
    .addColumn('evidence', 'text', (column) => column.notNull())
    .addColumn('linking_row', 'text')
    .addColumn('code', 'text')
    .addColumn('reason', 'text')
    .addColumn('request_id', 'text')
    .execute()
  // Ids sort by time, so that each index gives its rows newest first.
  await db.schema.createIndex('audit_of_user').on('audit').columns(['user_id', 'id']).execute()
  await db.schema.createIndex('audit_of_type').on('audit').columns(['type', 'id']).execute()
  // What an identity did while it was nobody's: forgotten with the user whose it became.
  await db.schema.createIndex('audit_of_nobody').on('audit').columns(['tid', 'oid'])
    .where(sql.ref('user_id'), 'is', null).execute()
}

/**
 * An index for each world, where one had both. Every sign-in looks for
 * identities of the other world: on PostgreSQL that locked the place where
 * those of this one are added, and of two people who came at once one had to come again.
 */
async function indexWorlds (db: Kysely<Schema>): Promise<void> {
  await db.schema.dropIndex('identities_by_world').execute()
  await db.schema.createIndex('identities_simulated').on('identities').column('simulated')
    .where(sql.ref('simulated'), '=', sql.lit(1)).execute()
  await db.schema.createIndex('identities_real').on('identities').column('simulated')
    .where(sql.ref('simulated'), '=', sql.lit(0)).execute()
}

async function addMicrosoftSessionsAndTokens (db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('microsoft_session', 'text').execute()
  await db.schema.alterTable('sessions').addColumn('login_hint', 'text').execute()
  // As the other times of a session: what is no safe integer could not even be read (abuse case S16).
  await db.schema.alterTable('sessions')
    .addColumn('confirmed_at', 'bigint', (column) => column.check(sql`confirmed_at between 0 and 9007199254740991`)).execute()
  await db.schema.createIndex('sessions_at_microsoft').on('sessions').column('microsoft_session')
    .where(sql.ref('microsoft_session'), 'is not', null).execute()
  await db.schema.createTable('tokens')
    .addColumn('tid', 'text', (column) => column.notNull())
    .addColumn('oid', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('lease', 'text')
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .addColumn('saved_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('tokens_key', ['tid', 'oid'])
    .execute()
  await db.schema.createIndex('tokens_of_user').on('tokens').column('user_id').execute()
}

async function addIdentity (db: Kysely<Schema>): Promise<void> {
  await createArtifacts(db)
  await createEnds(db)
  await createProviderSessions(db)
  await createClients(db)
  await createSigningKeys(db)
  await createConsents(db)
}

async function createArtifacts (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identity_artifacts')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('grant_key', 'text')
    .addColumn('session_key', 'text')
    .addColumn('account_id', 'text')
    .addColumn('consumed_at', 'bigint')
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('identity_artifacts_of_grant').on('identity_artifacts').column('grant_key')
    .where(sql.ref('grant_key'), 'is not', null).execute()
  await db.schema.createIndex('identity_artifacts_of_session').on('identity_artifacts').columns(['session_key', 'kind'])
    .where(sql.ref('session_key'), 'is not', null).execute()
  await db.schema.createIndex('identity_artifacts_of_account').on('identity_artifacts').column('account_id')
    .where(sql.ref('account_id'), 'is not', null).execute()
  await db.schema.createIndex('identity_artifacts_by_expiry').on('identity_artifacts').column('expires_at').execute()
}

async function createEnds (db: Kysely<Schema>): Promise<void> {
  // Kept apart from what ended: a row here outlives it, and is there before whatever a request under way still writes.
  await db.schema.createTable('identity_ends')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('identity_ends_by_expiry').on('identity_ends').column('expires_at').execute()
}

async function createProviderSessions (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identity_sessions')
    .addColumn('session_key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('app_session', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('identity_sessions_of_app').on('identity_sessions').column('app_session').execute()
  await db.schema.createIndex('identity_sessions_by_expiry').on('identity_sessions').column('expires_at').execute()
}

async function createClients (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identity_clients')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('identity_clients_key', ['project', 'id'])
    .execute()
  // The slot is what makes two the most there can be, whoever adds one meanwhile.
  await db.schema.createTable('identity_client_secrets')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('slot', 'integer', (column) => column.notNull())
    .addColumn('secret_id', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('identity_client_secrets_key', ['project', 'client_id', 'slot'])
    .addForeignKeyConstraint('identity_client_secrets_client', ['project', 'client_id'], 'identity_clients', ['project', 'id'],
      (constraint) => constraint.onDelete('cascade'))
    .execute()
}

async function createSigningKeys (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identity_keys')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('simulated', 'integer', (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('algorithm', 'text', (column) => column.notNull())
    .addColumn('kid', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('signs_at', 'bigint', (column) => column.notNull())
    // Of several servers that make the same generation, one wins.
    .addPrimaryKeyConstraint('identity_keys_key', ['project', 'simulated', 'generation', 'algorithm'])
    .execute()
}

async function createConsents (db: Kysely<Schema>): Promise<void> {
  await db.schema.createTable('identity_consents')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('claims', 'text', (column) => column.notNull())
    .addColumn('granted_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('identity_consents_key', ['user_id', 'project', 'client_id'])
    .execute()
}

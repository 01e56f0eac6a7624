import { type Kysely, sql } from 'kysely'
import type { Engine } from './database.ts'
import type { Schema } from './schema.ts'

/**
 * Fewer pages for a sign-in to write: that is most of what it costs a database.
 *
 * - An index of the addresses that nobody has proven, where one had all of them: who has proven one is found in the
 *   index of holders.
 * - SQLite has rows that are small in the tree of their primary key, without a table beside it (SQLite, 'Clustered
 *   Indexes and the WITHOUT ROWID Optimization'). Those of `users` would be as well, but it cannot be made anew while
 *   other tables refer to it: to drop it deletes its rows, and theirs with them.
 * - PostgreSQL leaves room in the pages of identities, which change at every sign-in: a new version of a row that finds
 *   room beside the old one is in no index (PostgreSQL, 'Heap-Only Tuples').
 */
export async function compactTables (db: Kysely<Schema>, engine: Engine): Promise<void> {
  const statements = engine === 'sqlite' ? [...holdersAnew, ...proofsAnew, ...usedAttemptsAnew] : ['drop index identifiers_by_address', 'alter table identities set (fillfactor = 85)']
  for (const statement of [...statements, unproven]) await sql.raw(statement).execute(db)
}

const unproven = 'create index identifiers_unproven on identifiers (canonical) where verified = 0'

// An index goes with its table.
const holdersAnew = [
  ...anew('identifiers', `
    user_id text not null references users (id) on delete cascade,
    canonical text not null,
    address text not null,
    verified integer not null,
    proof_kind text,
    proof_tid text,
    proof_oid text,
    proof_at bigint,
    created_at bigint not null,
    constraint identifiers_key primary key (user_id, canonical),
    constraint identifiers_provenance check (verified = 0 or (proof_kind is not null and proof_at is not null))`),
  'create unique index identifiers_holder on identifiers (canonical) where verified = 1'
]

const proofsAnew = anew('proofs', `
    user_id text not null references users (id) on delete cascade,
    canonical text not null,
    tid text not null,
    oid text not null,
    kind text not null,
    proved_at bigint not null,
    constraint proofs_key primary key (user_id, canonical, tid, oid)`)

const usedAttemptsAnew = [
  ...anew('used_attempts', `
    state_hash text not null primary key,
    expires_at bigint not null`),
  'create index used_attempts_by_expiry on used_attempts (expires_at)'
]

/** What makes a table anew, without row ids and with the rows it has. Nothing refers to it. */
function anew (table: string, columns: string): string[] {
  return [
    `alter table ${table} rename to ${table}_before`,
    `create table ${table} (${columns}) without rowid`,
    `insert into ${table} select * from ${table}_before`,
    `drop table ${table}_before`
  ]
}

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { openDatabase } from '../../src/store/open.ts'
import { migrations } from '../../src/store/migrations.ts'
import type { Schema } from '../../src/store/schema.ts'
import { sqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { dump } from './database.ts'
import { type Engine, rule } from './engines.ts'

const names = Object.keys(migrations)

/** A database whose tables are those of an earlier version, up to one of its steps, with rows in it. */
async function makeEarlier ({ name: engine }: Engine, location: string, last: string, insert: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
  const dialect = engine === 'sqlite'
    ? sqliteDialect(openFile(location), 1_000)
    : new PostgresDialect({ pool: new pg.Pool({ connectionString: location }) })
  const db = new Kysely<Schema>({ dialect })
  const known = names.slice(0, names.indexOf(last) + 1).map((name) => [name, { up: async (kysely: Kysely<Schema>) => await migrations[name]!.up(kysely, engine) }])
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(known) },
    migrationTableName: 'schema_migrations',
    migrationLockTableName: 'schema_migrations_lock'
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  await insert(db)
  await db.destroy()
}

function openFile (location: string): DatabaseSync {
  mkdirSync(dirname(location), { recursive: true })
  return new DatabaseSync(location, { enableForeignKeyConstraints: true })
}

const user = { id: 'u1', display_name: 'Ada', created_at: 1, disabled_at: null }
const other = { ...user, id: 'u2' }
const identity = { tid: 't', oid: 'o', user_id: 'u1', sub: 's', iss: 'i', authority: 'a', simulated: 0, profile: '{}', email: '{}', created_at: 1, last_sign_in_at: 2 }
const proven = { user_id: 'u1', canonical: 'ada@contoso.example', address: 'Ada@contoso.example', verified: 1, proof_kind: 'mailbox_control', proof_tid: 't', proof_oid: 'o', proof_at: 3, created_at: 2 }
const unproven = { ...proven, user_id: 'u2', verified: 0, proof_kind: null, proof_tid: null, proof_oid: null, proof_at: null }
const proof = { user_id: 'u1', canonical: 'ada@contoso.example', tid: 't', oid: 'o', kind: 'mailbox_control', proved_at: 3 }
const mark = { state_hash: 'h', expires_at: 9 }

rule('a database of before the tables were compact keeps its rows, and what holds for them', async (t, engine) => {
  const location = await engine.newEmptyLocation(t)
  await makeEarlier(engine, location, '0005-identity', async (db) => {
    await db.insertInto('users').values([user, other]).execute()
    await db.insertInto('identities').values(identity).execute()
    await db.insertInto('identifiers').values([proven, unproven]).execute()
    await db.insertInto('proofs').values(proof).execute()
    await db.insertInto('used_attempts').values(mark).execute()
  })

  const database = await openDatabase(location)
  t.teardown(async () => await database.close())
  const { users, identities, identifiers, proofs, used_attempts: marks } = await dump(database)
  t.same({ users, identities, identifiers, proofs, marks }, { users: [user, other], identities: [identity], identifiers: [proven, unproven], proofs: [proof], marks: [mark] })

  await t.rejects(database.run(async (db) => await db.insertInto('identifiers').values({ ...proven, user_id: 'u2', canonical: 'x', proof_at: null }).execute()), { code: 'store_unavailable' }, 'what is verified says when')
  await t.rejects(database.run(async (db) => await db.updateTable('identifiers').set({ verified: 1, proof_kind: 'application', proof_at: 1 }).where('user_id', '=', 'u2').execute()), 'there is one holder')
  await t.rejects(database.run(async (db) => await db.insertInto('used_attempts').values({ ...mark, expires_at: 10 }).execute()), 'a mark is there once, whenever it may go')
  await t.rejects(database.run(async (db) => await db.insertInto('proofs').values({ ...proof, user_id: 'u3' }).execute()), 'a proof is somebody\'s')
  await database.run(async (db) => await db.deleteFrom('users').where('id', '=', 'u1').execute())
  const after = await dump(database)
  t.same([after.identifiers, after.proofs, after.identities], [[unproven], [], []], 'what somebody had goes with them')
})

rule('tables that are compact have no trees but those that are needed', async (t, engine) => {
  const location = await engine.newEmptyLocation(t)
  const database = await openDatabase(location)
  t.teardown(async () => await database.close())
  const names = async (query: string): Promise<string[]> => await database.run(async (db) => (await sql.raw<{ name: string }>(query).execute(db)).rows.map((row) => row.name).sort())
  if (engine.name === 'postgresql') {
    t.same(await names("select indexname as name from pg_indexes where tablename = 'identifiers'"), ['identifiers_holder', 'identifiers_key', 'identifiers_unproven'])
    t.same(await names("select unnest(reloptions) as name from pg_class where relname = 'identities'"), ['fillfactor=85'])
    return
  }
  t.same(await names("select name from pragma_table_list where schema = 'main' and wr = 1"), ['identifiers', 'proofs', 'used_attempts'])
  t.same(await names("select name from pragma_index_list('identifiers') where origin = 'c'"), ['identifiers_holder', 'identifiers_unproven'])
  t.same(await names("select name from sqlite_schema where name like '%before%'"), [])
})

import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Engine } from './database.ts'
import { migrations } from './migrations.ts'
import type { Schema } from './schema.ts'

const table = 'schema_migrations'

/**
 * Brings the tables up to date. Any number of processes may do it at once:
 * what is done is read and written in one transaction that holds the
 * database's lock (on PostgreSQL an advisory one), so one of them migrates, and the others find it done.
 *
 * @param schema - The schema that the tables are in, where the engine has some.
 * @throws Error with a message for people where the tables are newer than this code; the store's error where it fails.
 */
export async function migrate (db: Kysely<Schema>, engine: Engine, schema?: string): Promise<void> {
  if (await isUpToDate(db)) return
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrationsFor(engine) },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
    ...(schema !== undefined && { migrationTableSchema: schema })
  })
  const { error } = await migrator.migrateToLatest()
  if (error === undefined) return
  // Where not even that can be read, the first error says why.
  const unknown = await unknownMigration(db).catch(() => undefined)
  if (unknown !== undefined) {
    throw new Error(`was written by a newer version of fastify-entra (it has the migration "${unknown}"). Install that version, or give another database.`)
  }
  throw error
}

function migrationsFor (engine: Engine): Record<string, Migration> {
  return Object.fromEntries(Object.entries(migrations).map(([name, { up }]) => [name, { up: async (db) => await up(db, engine) }]))
}

/** So most boots wait for nobody's lock. Where it cannot be read, the migrator says why. */
async function isUpToDate (db: Kysely<Schema>): Promise<boolean> {
  const done = await doneMigrations(db).catch(() => [])
  return done.sort().join() === Object.keys(migrations).sort().join()
}

/** A migration that was done and that this code does not know. */
async function unknownMigration (db: Kysely<Schema>): Promise<string | undefined> {
  return (await doneMigrations(db)).find((name) => !Object.hasOwn(migrations, name))
}

async function doneMigrations (db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)}`.execute(db)
  return rows.map(({ name }) => name)
}

import { CompiledQuery, Kysely } from 'kysely'
import { ConfigurationError, isEntraError } from '../core/errors.ts'
import { createDatabase, type Database } from './database.ts'
import type { DatabaseSettings } from './run-again.ts'
import { failureWord, sqlStateOf } from './errors.ts'
import { migrate } from './migrate.ts'
import { createPool, loadPg, type PoolLimits } from './postgres-pool.ts'
import { type PostgresPool, postgresDialect } from './postgres-dialect.ts'
import { type PostgresAddress, readPostgresUrl, showAddress } from './postgres-url.ts'
import type { Schema } from './schema.ts'

/**
 * Serializable: what a transaction has read still holds when it is committed. Without sequential scans, since one
 * locks its whole table against those who write meanwhile, and PostgreSQL prefers it where tables are small.
 */
const serializable = 'start transaction isolation level serializable; set local enable_seqscan = off'

// A table that nobody reads or writes. To lock it takes no snapshot yet: what is read comes after the waiting.
const lock = 'lock table schema_migrations_lock in'

/** Any number of these at once … */
const beginTogether = `${serializable}; ${lock} row exclusive mode`
/** … but none beside one of these: it waits until those under way are done, and those that come later wait for it. */
const beginAlone = `${serializable}; ${lock} share row exclusive mode`

/** Opens a PostgreSQL database. @throws ConfigurationError; never with the URL's password. */
export async function openPostgres (location: string, settings: DatabaseSettings): Promise<Database> {
  const address = readPostgresUrl(location)
  const pg = await loadPg()
  const { patience } = settings
  const connect = (pool: PostgresPool, begin: string): Kysely<Schema> =>
    new Kysely<Schema>({ dialect: postgresDialect(pool, { begin, patience }) })

  const migrating = connect(createPool(pg, address, { max: 2, patience, statement: 0, lock: 0, idleInTransaction: 0 }), 'begin')
  try {
    await migrate(migrating, 'postgresql', await schemaOf(migrating))
  } catch (error) {
    throw new ConfigurationError(`fastify-entra: option "database": the PostgreSQL database ${showAddress(address)} ${complaint(error)}`)
  } finally {
    await migrating.destroy()
  }
  const pool = createPool(pg, address, limitsOf(address, patience))
  const db = connect(pool, beginTogether)
  return createDatabase({ db, later: db, alone: connect(pool, beginAlone), version: null }, 'postgresql', settings)
}

/**
 * The server gives up before the client does, so that a connection is not lost over one slow statement; waiting for a
 * lock ends before the statement does, so that the log says which it was.
 */
function limitsOf (address: PostgresAddress, patience: number): PoolLimits {
  return {
    max: address.poolMax,
    patience,
    statement: address.statementTimeout ?? patience,
    lock: address.lockTimeout ?? Math.ceil(patience * 0.8),
    idleInTransaction: address.idleInTransactionTimeout ?? 2 * patience
  }
}

/** The schema that unqualified names are in: another one's tables of the same names are none of ours. */
async function schemaOf (db: Kysely<Schema>): Promise<string> {
  const { rows } = await db.executeQuery<{ name: string | null }>(CompiledQuery.raw('select current_schema() as name'))
  const name = rows[0]!.name
  if (name === null) throw new Error('has no schema of the search path: make one, or set another search_path for the user.')
  return name
}

const remedies: ReadonlyArray<readonly [pattern: RegExp, remedy: string]> = [
  [/^28/, 'Check user and password in the URL.'],
  [/^3D000/, 'Make it (createdb), or give another one.'],
  [/^42501/, 'Let the user make tables: grant usage, create on schema SCHEMA to USER; or let it own the database.'],
  [/^42/, 'Its tables belong to something else: give a database, or by search_path a schema, of its own.']
]

function complaint (error: unknown): string {
  if (isEntraError(error)) return `cannot be reached (${error.detail.reason}). Check host, port and sslmode in the URL, and that the server runs.`
  const { message } = error as Error
  const word = failureWord(error)
  if (word === null) return message
  const remedy = remedies.find(([pattern]) => pattern.test(sqlStateOf(error)!))?.[1] ?? 'Look into the log of the server.'
  return `cannot be used (${word}: ${message}). ${remedy}`
}

import { ConfigurationError } from '../core/errors.ts'
import type { PostgresPool } from './postgres-dialect.ts'
import type { PostgresAddress } from './postgres-url.ts'

/** What is used of the package `pg`. */
export interface Pg {
  readonly Pool: new (options: object) => PostgresPool & { on: (event: 'error' | 'connect', listener: (what: Emitter) => void) => unknown }
  readonly types: { getTypeParser: (oid: number, format?: string) => (text: string) => unknown }
}

interface Emitter { on: (event: 'error', listener: () => void) => unknown }

/** How many connections there are, and how long what may take; all times in milliseconds, 0 for no limit. */
export interface PoolLimits {
  readonly max: number
  /** Connecting, and waiting for a connection that is free. */
  readonly patience: number
  readonly statement: number
  readonly lock: number
  readonly idleInTransaction: number
}

/** `bigint`, which pg gives as text: ours are times, which numbers hold. */
const int8 = 20

/**
 * Loads the package `pg`, which only those need who use PostgreSQL.
 *
 * @throws ConfigurationError where it is not installed.
 */
export async function loadPg (load: () => Promise<unknown> = async () => await import('pg')): Promise<Pg> {
  try {
    return (await load() as { default: Pg }).default
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new ConfigurationError('fastify-entra: option "database" is the URL of a PostgreSQL database, and the package pg is not installed. Install it: npm install pg')
  }
}

/** A pool of connections. Parts and no URL, so that pg never has the password where it could be shown. */
export function createPool (pg: Pg, address: PostgresAddress, limits: PoolLimits): PostgresPool {
  const { host, port, user, password, database, tls, applicationName, options } = address
  const pool = new pg.Pool({
    host,
    port,
    user,
    password,
    database,
    ssl: tls,
    options,
    application_name: applicationName,
    max: limits.max,
    connectionTimeoutMillis: limits.patience,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: limits.statement,
    lock_timeout: limits.lock,
    idle_in_transaction_session_timeout: limits.idleInTransaction,
    // For a server that has stopped answering: the server's own limit comes first.
    query_timeout: limits.statement === 0 ? 0 : limits.statement + 1_000,
    // Of this pool alone: the application may use pg as well, with parsers of its own.
    types: {
      getTypeParser: (oid: number, format?: string) => oid === int8 ? Number : pg.types.getTypeParser(oid, format)
    }
  })
  // A connection that dies while nobody uses it, and one that dies between two queries: the next query says so.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

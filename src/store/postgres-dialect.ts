import { setTimeout as pause } from 'node:timers/promises'
import {
  type CompiledQuery, type DatabaseConnection, type Dialect, type Driver, PostgresAdapter, PostgresIntrospector,
  PostgresQueryCompiler, type QueryResult
} from 'kysely'
import { refuse } from '../core/errors.ts'
import { endsConnection, sqlStateOf } from './errors.ts'
import { refuseNul } from './values.ts'

/** What is used of pg's `Pool`. */
export interface PostgresPool {
  connect: () => Promise<PostgresClient>
  end: () => Promise<void>
}

/** What is used of a client of the pool. */
export interface PostgresClient {
  query: (sql: string, parameters?: unknown[]) => Promise<{ command: string, rowCount: number | null, rows: unknown[] }>
  release: (destroy: boolean) => void
}

/** How statements are run. */
export interface PostgresDialectSettings {
  /** What begins a transaction: one statement or several. */
  readonly begin: string
  /** How long closing waits for a server that has stopped answering, in milliseconds. */
  readonly patience: number
}

/**
 * Kysely on a pool of pg's. Unlike Kysely's own dialect it gives a connection that has failed back to nobody,
 * and says `store_unavailable` where the failure is not one that the server reported.
 */
export function postgresDialect (pool: PostgresPool, settings: PostgresDialectSettings): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PgDriver(pool, settings),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler()
  }
}

class PgDriver implements Driver {
  readonly #pool: PostgresPool
  readonly #settings: PostgresDialectSettings

  constructor (pool: PostgresPool, settings: PostgresDialectSettings) {
    this.#pool = pool
    this.#settings = settings
  }

  async init (): Promise<void> {}

  async acquireConnection (): Promise<DatabaseConnection> {
    try {
      return new PgConnection(await this.#pool.connect())
    } catch (error) {
      throw answered(error)
    }
  }

  /** Where the second of several statements fails, such as one that waits for a lock, the first has begun a transaction: nobody else may come into it. */
  async beginTransaction (connection: DatabaseConnection): Promise<void> {
    try {
      await (connection as PgConnection).execute(this.#settings.begin)
    } catch (error) {
      await (connection as PgConnection).rollback()
      throw error
    }
  }

  /** PostgreSQL answers `ROLLBACK` where a statement had failed and nobody noticed: nothing was kept. */
  async commitTransaction (connection: DatabaseConnection): Promise<void> {
    const { command } = await (connection as PgConnection).execute('commit')
    if (command === 'ROLLBACK') throw refuse('store_unavailable', 'transaction_aborted')
  }

  async rollbackTransaction (connection: DatabaseConnection): Promise<void> {
    await (connection as PgConnection).rollback()
  }

  async releaseConnection (connection: DatabaseConnection): Promise<void> {
    (connection as PgConnection).release()
  }

  /** Lets what is under way come to its end; a server that has stopped answering holds nobody up. */
  async destroy (): Promise<void> {
    await Promise.race([this.#pool.end(), pause(this.#settings.patience, undefined, { ref: false })])
  }
}

class PgConnection implements DatabaseConnection {
  readonly #client: PostgresClient
  #isBroken = false

  constructor (client: PostgresClient) {
    this.#client = client
  }

  async executeQuery<Row> ({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    refuseNul(parameters)
    const { rowCount, rows } = await this.execute(sql, [...parameters])
    return { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) }
  }

  async * streamQuery<Row> (query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query)
  }

  /** Rejects with the server's own error, or with store_unavailable where there is no answer. */
  async execute (sql: string, parameters?: unknown[]): ReturnType<PostgresClient['query']> {
    if (this.#isBroken) throw refuse('store_unavailable', 'connection_lost')
    try {
      return await this.#client.query(sql, parameters)
    } catch (error) {
      const state = sqlStateOf(error)
      this.#isBroken = state === null || endsConnection(state)
      throw answered(error)
    }
  }

  /** The error before it is the one to be seen. A connection that is gone has rolled back by itself. */
  async rollback (): Promise<void> {
    await this.execute('rollback').catch(() => { this.#isBroken = true })
  }

  release (): void {
    this.#client.release(this.#isBroken)
  }
}

/** The server's own error, or store_unavailable where there was no answer. */
function answered (error: unknown): unknown {
  return sqlStateOf(error) === null ? refuse('store_unavailable', connectionWord(error)) : error
}

/** Why there is no connection, or none any more: the network's word, or TLS's, or what pg means. */
function connectionWord (error: unknown): string {
  const { code, message } = error as { code?: unknown, message?: unknown }
  if (typeof code === 'string') return code
  return meanings.find(([pattern]) => pattern.test(String(message)))?.[1] ?? 'connection_lost'
}

// pg's own errors have no code.
const meanings: ReadonlyArray<readonly [pattern: RegExp, word: string]> = [
  [/timeout/, 'timeout'],
  [/not support SSL/, 'no_tls'],
  [/password/, 'no_password']
]

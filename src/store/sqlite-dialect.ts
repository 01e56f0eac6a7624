import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery, type DatabaseConnection, type Dialect, type Driver, type QueryResult,
  SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler
} from 'kysely'
import type { Durability } from '../core/durability.ts'
import { refuse } from '../core/errors.ts'
import { isBusy } from './errors.ts'
import { createQueue, type Queue } from './queue.ts'
import { refuseNul } from './values.ts'

// Milliseconds between two tries.
const shortestPause = 1
const longestPause = 25

/** More statements than there are queries: a bound, so that generated ones cannot fill the memory. */
const statementsKept = 250

/**
 * Kysely on Node's own SQLite. One connection, which queries and transactions
 * use one after the other.
 *
 * @param database - Opened without a time-out of its own (`timeout: 0`).
 * @param patience - How long a statement waits for another process, and for
 * its turn in this one, in milliseconds. It is waited here and not by SQLite
 * (`busy_timeout`): SQLite would block the event loop, and never wake where
 * this very process holds the lock through another handle.
 */
export function sqliteDialect (database: DatabaseSync, patience: number): Dialect {
  return sqliteDialects(database, patience).now
}

/** The same twice, on one connection and one queue: once for each {@link Durability}. Either one closes the database. */
export function sqliteDialects (database: DatabaseSync, patience: number): Readonly<Record<Durability, Dialect>> {
  const connection = new NodeSqliteConnection(database, patience)
  const queue = createQueue(patience, () => refuse('store_unavailable', 'queue_timeout'))
  const dialect = (synchronous: Synchronous): Dialect => ({
    createAdapter: () => new NodeSqliteAdapter(),
    createDriver: () => new NodeSqliteDriver(database, connection, queue, synchronous),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler()
  })
  return { now: dialect('full'), later: dialect('normal') }
}

/**
 * SQLite's words. With a write-ahead log, `normal` writes a commit and leaves it to the next `full` one, or to a
 * checkpoint, to have the disk keep it: the log is one file, so whatever is before that is kept as well
 * (SQLite, 'Write-Ahead Logging', section 'Performance Considerations').
 */
type Synchronous = 'full' | 'normal'

class NodeSqliteAdapter extends SqliteAdapter {
  // The driver has a queue of its own, with a limit to the waiting.
  override get supportsMultipleConnections (): boolean {
    return true
  }

  // Migrations of processes that boot at once run one after the other, each seeing what is done.
  override get supportsTransactionalDdl (): boolean {
    return true
  }
}

class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync
  readonly #connection: NodeSqliteConnection
  readonly #queue: Queue
  readonly #synchronous: Synchronous

  constructor (database: DatabaseSync, connection: NodeSqliteConnection, queue: Queue, synchronous: Synchronous) {
    this.#database = database
    this.#connection = connection
    this.#queue = queue
    this.#synchronous = synchronous
  }

  async init (): Promise<void> {}

  async acquireConnection (): Promise<DatabaseConnection> {
    await this.#queue.enter()
    try {
      await this.rollbackTransaction()
      await this.#connection.commitAs(this.#synchronous)
    } catch (error) {
      this.#queue.leave()
      throw error
    }
    return this.#connection
  }

  /** Immediate: a deferred transaction that reads, then writes, fails with SQLITE_BUSY however long it waits. */
  async beginTransaction (): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  async commitTransaction (): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('commit'))
  }

  /** After SQLITE_FULL and the like SQLite has rolled back by itself. */
  async rollbackTransaction (): Promise<void> {
    if (this.#database.isTransaction) await this.#connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  /**
   * Nobody gets the connection within a transaction of somebody else's: where a begin failed although it was carried
   * out, or a rollback did not come through, it is rolled back here, and else before the next one has it.
   */
  async releaseConnection (): Promise<void> {
    await this.rollbackTransaction().catch(() => {})
    this.#queue.leave()
  }

  /** Lets what is under way come to its end. */
  async destroy (): Promise<void> {
    await this.#queue.enter()
    this.#database.close()
  }
}

interface Prepared {
  readonly statement: StatementSync
  /** Whether it gives rows, be it none: a select, or a change that returns something. */
  readonly hasRows: boolean
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #patience: number
  readonly #statements = new Map<string, Prepared>()
  #synchronous: Synchronous | null = null

  constructor (database: DatabaseSync, patience: number) {
    this.#database = database
    this.#patience = patience
  }

  /** How what follows is committed. Outside of a transaction: within one SQLite does not take it. */
  async commitAs (synchronous: Synchronous): Promise<void> {
    if (this.#synchronous === synchronous) return
    await this.#tryFor(0, () => this.#database.exec(`pragma synchronous = ${synchronous}`))
    this.#synchronous = synchronous
  }

  async executeQuery<Row> ({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    refuseNul(parameters)
    return await this.#tryFor(0, () => this.#execute<Row>(sql, parameters as SQLInputValue[]))
  }

  async * streamQuery<Row> (query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query)
  }

  /** Tries again while the database is busy, after a pause that doubles. */
  async #tryFor<Result> (waited: number, execute: () => Result): Promise<Result> {
    try {
      return execute()
    } catch (error) {
      if (!this.#mayTryAgain(error, waited)) throw error
      const next = Math.min(Math.max(waited, shortestPause), longestPause)
      await pause(next)
      return await this.#tryFor(waited + next, execute)
    }
  }

  /** Within a transaction nothing is busy that would become free: it has the lock. */
  #mayTryAgain (error: unknown, waited: number): boolean {
    return isBusy(error) && !this.#database.isTransaction && waited < this.#patience
  }

  #execute<Row> (sql: string, parameters: SQLInputValue[]): QueryResult<Row> {
    const { statement, hasRows } = this.#prepare(sql)
    if (hasRows) return { rows: statement.all(...parameters) as Row[] }
    return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) }
  }

  #prepare (sql: string): Prepared {
    let prepared = this.#statements.get(sql)
    if (prepared === undefined) {
      if (this.#statements.size >= statementsKept) this.#statements.clear()
      const statement = this.#database.prepare(sql)
      // Asked once: it takes as long as a small query does. Whether there are any never changes, whatever becomes of the tables.
      prepared = { statement, hasRows: statement.columns().length > 0 }
      this.#statements.set(sql, prepared)
    }
    return prepared
  }
}

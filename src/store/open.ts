import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CompiledQuery, Kysely, type Transaction } from 'kysely'
import { ConfigurationError, isEntraError, refuse } from '../core/errors.ts'
import { failureWord, isUniqueViolation, storeFailure } from './errors.ts'
import { migrate } from './migrate.ts'
import type { Schema } from './schema.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

const inMemory = ':memory:'

/** Milliseconds: long enough for a burst, short enough for whoever waits in front of a browser. */
const defaultPatience = 5_000

/** How often a transaction is run that lost a race. Each time the winner is there to be read, so two do. */
const tries = 5

/** An open database. Whatever fails in it rejects with `store_unavailable`. */
export interface Database {
  /** Runs one query, or several that need not hold together. */
  run: <Result>(query: (db: Kysely<Schema>) => Promise<Result>) => Promise<Result>
  /**
   * Runs `work` in one transaction: all or nothing. Where a unique constraint
   * refuses a write, another transaction was first, and `work` is run again.
   */
  transaction: <Result>(work: (db: Transaction<Schema>) => Promise<Result>) => Promise<Result>
  /** Closes the database, after what is under way. Closing it twice is no error. */
  close: () => Promise<void>
}

/**
 * Opens a database and brings its tables up to date.
 *
 * @param location - Path of an SQLite file, made where it is missing (mode
 * 0600, and its folders); `:memory:` for one that is gone when it is closed.
 * @param patience - How long a query waits for other processes, and for its turn in this one, in milliseconds
 * (default 5000). After that: `store_unavailable`.
 * @throws ConfigurationError where it cannot be opened, is something else, or belongs to a newer version.
 */
export async function openDatabase (location: string, patience: number = defaultPatience): Promise<Database> {
  const file = location === inMemory ? inMemory : resolve(location)
  let db
  try {
    db = new Kysely<Schema>({ dialect: sqliteDialect(openFile(file), patience) })
    await setUp(db)
    await migrate(db)
  } catch (error) {
    await db?.destroy()
    throw new ConfigurationError(`fastify-entra: option "database": ${JSON.stringify(location)} ${complaint(error)}`)
  }
  return databaseOf(db)
}

/** The file comes first, so that it is never there with another mode; SQLite gives its side files the same. */
function openFile (file: string): DatabaseSync {
  if (file !== inMemory) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
  }
  // No waiting inside SQLite: the dialect waits.
  return new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true })
}

async function setUp (db: Kysely<Schema>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('pragma journal_mode = wal'))
  // Full: what was acknowledged survives a power cut.
  await db.executeQuery(CompiledQuery.raw('pragma synchronous = full'))
}

function complaint (error: unknown): string {
  const word = failureWord(error)
  if (word === 'SQLITE_NOTADB') return 'is a file, but no SQLite database. Give the path of another file.'
  if (word !== null) return `cannot be used (${word}: ${(error as Error).message}). Give the path of a file of its own, in a folder that this process may write.`
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return `cannot be made or written (${code}). Give the path of a file, in a folder that this process may write.`
  return (error as Error).message
}

function databaseOf (db: Kysely<Schema>): Database {
  let isClosed = false
  return {
    run: async (query) => await guard(async () => await query(db)),
    transaction: async (work) => await guard(async () => await runAgainOnConflict(db, work, tries)),
    close: async () => {
      isClosed = true
      await db.destroy()
    }
  }

  async function guard<Result> (work: () => Promise<Result>): Promise<Result> {
    if (isClosed) throw closed()
    try {
      return await work()
    } catch (error) {
      // What was between two queries when the database closed fails in Kysely, not in SQLite.
      throw isClosed && !isEntraError(error) ? closed() : storeFailure(error)
    }
  }
}

async function runAgainOnConflict<Result> (
  db: Kysely<Schema>, work: (db: Transaction<Schema>) => Promise<Result>, triesLeft: number
): Promise<Result> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    if (triesLeft === 1) throw refuse('store_unavailable', 'conflict')
    return await runAgainOnConflict(db, work, triesLeft - 1)
  }
}

function closed (): Error {
  return refuse('store_unavailable', 'closed')
}

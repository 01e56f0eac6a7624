import type { Kysely, Transaction } from 'kysely'
import type { Durability } from '../core/durability.ts'
import { isEntraError, refuse } from '../core/errors.ts'
import { isLostRace, isUniqueViolation, storeFailure } from './errors.ts'
import { createRunAgain, type DatabaseSettings } from './run-again.ts'
import type { Schema } from './schema.ts'

/** What runs the queries. */
export type Engine = 'sqlite' | 'postgresql'

/** An open database. Whatever fails in it rejects with `store_unavailable`. */
export interface Database {
  readonly engine: Engine
  /** Runs one query, or several that need not hold together. What they change is durable `now`, if nothing else is said. */
  run: <Result>(query: (db: Kysely<Schema>) => Promise<Result>, durability?: Durability) => Promise<Result>
  /**
   * Runs `work` in one transaction: all or nothing, as if no other ran meanwhile. Where another one was first (a
   * unique constraint refuses a write, PostgreSQL cannot put the two in an order), `work` is run again.
   */
  transaction: <Result>(work: (db: Transaction<Schema>) => Promise<Result>, durability?: Durability) => Promise<Result>
  /**
   * A number that is another one as soon as another connection has committed a change, whatever it was, and never for what was
   * changed through this one; `null` where the engine has none.
   */
  readonly version: (() => Promise<number>) | null
  /** Closes the database, after what is under way. Closing it twice is no error. */
  close: () => Promise<void>
}

/** A migrated database, as it is asked for different ends. All are closed with the first. */
export interface Doors {
  readonly db: Kysely<Schema>
  /** For what need not be durable before a later commit is. */
  readonly later: Kysely<Schema>
  /** Runs a transaction that has lost a race, so that it loses no other one: while no other transaction is under way. */
  readonly alone: Kysely<Schema>
  /** See {@link Database}. */
  readonly version: ((db: Kysely<Schema>) => Promise<number>) | null
}

/** The {@link Database} of a migrated Kysely. */
export function createDatabase ({ db, later, alone, version }: Doors, engine: Engine, settings: DatabaseSettings): Database {
  const doorFor = (durability: Durability): Kysely<Schema> => durability === 'now' ? db : later
  const runAgain = createRunAgain(settings)
  let isClosed = false
  const run: Database['run'] = async (query, durability = 'now') =>
    await guard(async () => await runAgain(async () => await query(doorFor(durability)), (error) => isLostRace(error) && !isUniqueViolation(error)))
  return {
    engine,
    // Not where a unique constraint refuses a write: that is for the caller to know.
    run,
    version: version === null ? null : async () => await run(version),
    transaction: async (work, durability = 'now') => await guard(async () => await runAgain(async (tries) => await (tries === 0 ? doorFor(durability) : alone).transaction().execute(work), isLostRace)),
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
      // What was between two queries when the database closed fails in Kysely, not in the database.
      throw isClosed && !isEntraError(error) ? closed() : storeFailure(error)
    }
  }
}

function closed (): Error {
  return refuse('store_unavailable', 'closed')
}

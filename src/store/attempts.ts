import type { Environment } from '../core/environment.ts'
import type { UsedAttempts } from '../provider/types.ts'
import type { Database } from './database.ts'
import { sweep } from './sweep.ts'

/** Marks that have had their time go a few at a time, whenever one is made: more than come, and no job is needed. */
const sweptAtOnce = 10

/** The used attempts of a database: one insert, which is a statement of its own, decides who was first. */
export function createUsedAttempts (database: Database, environment: Pick<Environment, 'now'>): UsedAttempts {
  return {
    use: async (stateHash, expiresAt) => {
      const inserted = await database.run(async (db) => await db.insertInto('used_attempts')
        .values({ state_hash: stateHash, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('state_hash').doNothing())
        .returning('state_hash')
        .executeTakeFirst())
      if (inserted === undefined) return false
      await sweepExpired()
      return true
    }
  }

  /** Where it cannot be done now, the next attempt does it: nobody's sign-in ends over it. */
  async function sweepExpired (): Promise<void> {
    const marks = { table: 'used_attempts', key: 'state_hash', time: 'expires_at' } as const
    await sweep(database, marks, environment.now(), sweptAtOnce).catch(() => {})
  }
}

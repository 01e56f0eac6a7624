import type { Environment } from '../core/environment.ts'
import type { UsedAttempts } from '../provider/types.ts'
import type { Database } from './open.ts'

/** Marks that have had their time go a few at a time, whenever one is made: more than come, and no job is needed. */
const sweptAtOnce = 10

/** The used attempts of a database: one insert decides who was first. */
export function createUsedAttempts (database: Database, environment: Pick<Environment, 'now'>): UsedAttempts {
  return {
    use: async (stateHash, expiresAt) => await database.transaction(async (db) => {
      const inserted = await db.insertInto('used_attempts')
        .values({ state_hash: stateHash, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('state_hash').doNothing())
        .returning('state_hash')
        .executeTakeFirst()
      const expired = db.selectFrom('used_attempts').select('state_hash')
        .where('expires_at', '<', environment.now()).orderBy('expires_at').limit(sweptAtOnce)
      await db.deleteFrom('used_attempts').where('state_hash', 'in', expired).execute()
      return inserted !== undefined
    })
  }
}

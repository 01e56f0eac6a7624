import type { Environment } from '../core/environment.ts'
import { everySoOften, sweptAtOnce } from '../core/every-so-often.ts'
import type { UsedAttempts } from '../provider/types.ts'
import type { Database } from './database.ts'
import type { UsedAttemptsTable } from './schema.ts'
import { columns, prepare } from './statement.ts'
import { createSweep } from './sweep.ts'

const insertMark = prepare<UsedAttemptsTable>((db, mark) =>
  db.insertInto('used_attempts').values(columns(mark, 'state_hash', 'expires_at'))
    .onConflict((conflict) => conflict.column('state_hash').doNothing()))

/** The used attempts of a database: one insert, which is a statement of its own, decides who was first. */
export function createUsedAttempts (database: Database, environment: Pick<Environment, 'now'>): UsedAttempts {
  const sweep = createSweep(database, { table: 'used_attempts', key: 'state_hash', time: 'expires_at' })
  const isSweepDue = everySoOften()
  return {
    use: async (stateHash, expiresAt) => {
      // What a power cut takes are marks of this moment, and Microsoft takes no code a second time either.
      const inserted = await database.run(async (db) => await insertMark.changes(db, { state_hash: stateHash, expires_at: expiresAt }), 'later')
      if (inserted === 0) return false
      if (isSweepDue()) await sweepExpired()
      return true
    }
  }

  /** Where it cannot be done now, the next attempt does it: nobody's sign-in ends over it. */
  async function sweepExpired (): Promise<void> {
    await sweep(environment.now(), sweptAtOnce).catch(() => {})
  }
}

import type { Challenge, ChallengeStore } from '../challenges/types.ts'
import type { Database } from './database.ts'
import type { ChallengesTable } from './schema.ts'
import { createSweep } from './sweep.ts'

/** The challenges of a database. Whatever is counted or decided is one statement of its own: it waits for nobody and is run once. */
export function createChallengeStore (database: Database): ChallengeStore {
  const sweepEvents = createSweep(database, { table: 'code_events', key: 'id', time: 'happened_at' })
  const sweepExpired = createSweep(database, { table: 'challenges', key: 'key', time: 'expires_at' })
  return {
    insert: async (challenge) => {
      await database.run((db) => db.insertInto('challenges').values(rowOf(challenge)).execute())
    },

    find: async (key) => {
      const row = await database.run((db) => db.selectFrom('challenges').selectAll().where('key', '=', key).executeTakeFirst())
      return row === undefined ? null : challengeOf(row)
    },

    countTry: async (key, most) => {
      const row = await database.run((db) => db.updateTable('challenges')
        .set((column) => ({ tries: column('tries', '+', 1) }))
        .where('key', '=', key).where('tries', '<', most)
        .returningAll().executeTakeFirst())
      return row === undefined ? null : challengeOf(row)
    },

    replaceCode: async (key, codeHash, expiresAt) => {
      const { numUpdatedRows } = await database.run((db) => db.updateTable('challenges')
        .set({ code_hash: codeHash, expires_at: expiresAt }).where('key', '=', key).executeTakeFirstOrThrow())
      return numUpdatedRows > 0n
    },

    take: async (key, codeHash) => {
      const { numDeletedRows } = await database.run((db) => db.deleteFrom('challenges')
        .where('key', '=', key).where('code_hash', '=', codeHash).executeTakeFirstOrThrow())
      return numDeletedRows > 0n
    },

    remove: async (key) => {
      await database.run((db) => db.deleteFrom('challenges').where('key', '=', key).execute())
    },

    removeOf: async (addressHashes) => {
      const { numDeletedRows } = await database.run((db) => db.deleteFrom('challenges')
        .where('address_hash', 'in', addressHashes).executeTakeFirstOrThrow())
      return Number(numDeletedRows)
    },

    slots: async (ids) => await database.run((db) => db.selectFrom('code_events')
      .select(['id', 'happened_at as at']).where('id', 'in', ids).execute()),

    takeSlot: async (id, at, from, to) => {
      const taken = await database.run((db) => db.insertInto('code_events').values({ id, happened_at: at })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ happened_at: at })
          .where(({ or, eb }) => or([eb('code_events.happened_at', '<=', from), eb('code_events.happened_at', '>=', to)])))
        .returning('id').executeTakeFirst())
      return taken !== undefined
    },

    freeSlot: async (id, at) => {
      await database.run((db) => db.deleteFrom('code_events').where('id', '=', id).where('happened_at', '=', at).execute())
    },

    // Where it cannot be done now, whoever comes next does it: nobody's sign-in ends over it.
    sweepSlots: async (takenBefore, limit) => {
      await sweepEvents(takenBefore, limit).catch(() => {})
    },

    sweepChallenges: async (expiredBefore, limit) => {
      await sweepExpired(expiredBefore, limit).catch(() => {})
    }
  }
}

function rowOf ({ key, addressHash, codeHash, tries, pending, createdAt, expiresAt }: Challenge): ChallengesTable {
  return { key, address_hash: addressHash, code_hash: codeHash, tries, pending, created_at: createdAt, expires_at: expiresAt }
}

function challengeOf (row: ChallengesTable): Challenge {
  return {
    key: row.key,
    addressHash: row.address_hash,
    codeHash: row.code_hash,
    tries: row.tries,
    pending: row.pending,
    createdAt: row.created_at,
    expiresAt: row.expires_at
  }
}

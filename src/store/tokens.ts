import type { TokenOwner, TokenRow, TokenStore } from '../tokens/types.ts'
import type { Database } from './database.ts'
import type { TokensTable } from './schema.ts'

/** The tokens of a database. Whoever is first, among however many servers, is decided by one statement. */
export function createTokenStore (database: Database): TokenStore {
  return {
    find: async ({ tid, oid }) => {
      const row = await database.run((db) => db.selectFrom('tokens').selectAll()
        .where('tid', '=', tid).where('oid', '=', oid).executeTakeFirst())
      return row === undefined ? null : tokenRowOf(row)
    },

    put: async ({ tid, oid }, { userId, sealed, savedAt }, firstVersion) => {
      const written = { user_id: userId, sealed, saved_at: savedAt, lease: null, lease_until: 0 }
      const { version } = await database.run((db) => db.insertInto('tokens')
        .values({ tid, oid, version: firstVersion, ...written })
        .onConflict((conflict) => conflict.columns(['tid', 'oid']).doUpdateSet((column) => ({ ...written, version: column('tokens.version', '+', 1) })))
        .returning('version').executeTakeFirstOrThrow())
      return version
    },

    lease: async ({ tid, oid }, version, { id, now, until }) => {
      const { numUpdatedRows } = await database.run((db) => db.updateTable('tokens')
        .set({ lease: id, lease_until: until })
        .where('tid', '=', tid).where('oid', '=', oid).where('version', '=', version)
        .where(({ or, eb }) => or([eb('lease', 'is', null), eb('lease_until', '<=', now), eb('lease_until', '>', until)]))
        .executeTakeFirstOrThrow())
      return numUpdatedRows > 0n
    },

    release: async ({ tid, oid }, leaseId) => {
      await database.run((db) => db.updateTable('tokens').set({ lease: null, lease_until: 0 })
        .where('tid', '=', tid).where('oid', '=', oid).where('lease', '=', leaseId).execute())
    },

    update: async ({ tid, oid }, leaseId, { userId, sealed, savedAt }) => {
      const { numUpdatedRows } = await database.run((db) => db.updateTable('tokens')
        .set((column) => ({ sealed, saved_at: savedAt, version: column('version', '+', 1), lease: null, lease_until: 0 }))
        .where('tid', '=', tid).where('oid', '=', oid).where('lease', '=', leaseId).where('user_id', '=', userId)
        .executeTakeFirstOrThrow())
      return numUpdatedRows > 0n
    },

    restore: async ({ tid, oid }, version, before) => {
      await database.run(async (db) => {
        if (before === null) {
          await db.deleteFrom('tokens').where('tid', '=', tid).where('oid', '=', oid).where('version', '=', version).execute()
          return
        }
        await db.updateTable('tokens')
          .set({ user_id: before.userId, sealed: before.sealed, saved_at: before.savedAt, version: before.version, lease: null, lease_until: 0 })
          .where('tid', '=', tid).where('oid', '=', oid).where('version', '=', version).execute()
      })
    },

    remove: async ({ tid, oid }) => {
      await database.run((db) => db.deleteFrom('tokens').where('tid', '=', tid).where('oid', '=', oid).execute())
    },

    removeOf: async (userId, owner?: TokenOwner) => {
      await database.run((db) => db.deleteFrom('tokens').where('user_id', '=', userId)
        .$if(owner !== undefined, (query) => query.where('tid', '=', owner!.tid).where('oid', '=', owner!.oid)).execute())
    },

    listOf: async (userId) => await database.run((db) => db.selectFrom('tokens')
      .select(['tid', 'oid', 'saved_at as savedAt']).where('user_id', '=', userId).orderBy('tid').orderBy('oid').execute())
  }
}

function tokenRowOf (row: TokensTable): TokenRow {
  return {
    tid: row.tid,
    oid: row.oid,
    userId: row.user_id,
    sealed: row.sealed,
    version: row.version,
    lease: row.lease,
    leaseUntil: row.lease_until,
    savedAt: row.saved_at
  }
}

import type { Kysely } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { Schema } from './schema.ts'

type UserQueries = Pick<AccountTransaction, 'findUser' | 'insertUser' | 'updateUser' | 'deleteUser'>

/** The queries about users. */
export function userTable (db: Kysely<Schema>): UserQueries {
  return {
    findUser: async (userId) => {
      const row = await db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst()
      if (row === undefined) return null
      return { id: row.id, displayName: row.display_name, createdAt: row.created_at, disabledAt: row.disabled_at }
    },

    insertUser: async ({ id, displayName, createdAt, disabledAt }) => {
      await db.insertInto('users')
        .values({ id, display_name: displayName, created_at: createdAt, disabled_at: disabledAt }).execute()
    },

    updateUser: async ({ id, displayName, disabledAt }) => {
      await db.updateTable('users')
        .set({ display_name: displayName, disabled_at: disabledAt }).where('id', '=', id).execute()
    },

    // The rest goes with it: foreign keys cascade. Tokens have none, since an application may keep its accounts elsewhere.
    deleteUser: async (userId) => {
      await db.deleteFrom('tokens').where('user_id', '=', userId).execute()
      const { numDeletedRows } = await db.deleteFrom('users').where('id', '=', userId).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    }
  }
}

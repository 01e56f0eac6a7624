import type { Kysely } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { User } from '../linking/types.ts'
import type { Schema, UsersTable } from './schema.ts'
import { columns, prepare } from './statement.ts'

type UserQueries = Pick<AccountTransaction, 'findUser' | 'insertUser' | 'updateUser' | 'deleteUser'>

const selectUser = prepare<{ userId: string }, UsersTable>((db, { userId }) => db.selectFrom('users').selectAll().where('id', '=', userId))
const insertUser = prepare<UsersTable>((db, user) => db.insertInto('users').values(columns(user, 'id', 'display_name', 'created_at', 'disabled_at')))
const updateUser = prepare<Pick<UsersTable, 'id' | 'display_name' | 'disabled_at'>>((db, user) =>
  db.updateTable('users').set(columns(user, 'display_name', 'disabled_at')).where('id', '=', user.id))

const selectUserOf = prepare<{ tid: string, oid: string }, UsersTable>((db, { tid, oid }) => db.selectFrom('identities')
  .innerJoin('users', 'users.id', 'identities.user_id').selectAll('users').where('tid', '=', tid).where('oid', '=', oid))

/** The user of an identity, in one query. */
export async function findUserOf (db: Kysely<Schema>, tid: string, oid: string): Promise<User | null> {
  return userOf(await selectUserOf.first(db, { tid, oid }))
}

/** The queries about users. */
export function userTable (db: Kysely<Schema>): UserQueries {
  return {
    findUser: async (userId) => userOf(await selectUser.first(db, { userId })),

    insertUser: async ({ id, displayName, createdAt, disabledAt }) => {
      await insertUser.rows(db, { id, display_name: displayName, created_at: createdAt, disabled_at: disabledAt })
    },

    updateUser: async ({ id, displayName, disabledAt }) => {
      await updateUser.rows(db, { id, display_name: displayName, disabled_at: disabledAt })
    },

    // The rest goes with it: foreign keys cascade. Tokens have none, since an application may keep its accounts elsewhere.
    deleteUser: async (userId) => {
      await db.deleteFrom('tokens').where('user_id', '=', userId).execute()
      const { numDeletedRows } = await db.deleteFrom('users').where('id', '=', userId).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    }
  }
}

function userOf (row: UsersTable | undefined): User | null {
  return row === undefined ? null : { id: row.id, displayName: row.display_name, createdAt: row.created_at, disabledAt: row.disabled_at }
}

import type { Kysely } from 'kysely'
import type { AccountTransaction } from '../linking/store.ts'
import type { Invitation } from '../linking/types.ts'
import type { InvitationsTable, Schema } from './schema.ts'
import { prepare } from './statement.ts'

type InvitationQueries = Pick<AccountTransaction,
  'findInvitation' | 'invitationsOf' | 'insertInvitation' | 'deleteInvitations'>

const selectInvitation = prepare<{ canonical: string }, InvitationsTable>((db, { canonical }) =>
  db.selectFrom('invitations').selectAll().where('canonical', '=', canonical))
const deleteOfUser = prepare<{ userId: string }>((db, { userId }) => db.deleteFrom('invitations').where('user_id', '=', userId))

/** The queries about invitations. */
export function invitationTable (db: Kysely<Schema>): InvitationQueries {
  return {
    findInvitation: async (canonical) => {
      const row = await selectInvitation.first(db, { canonical })
      return row === undefined ? null : invitationOf(row)
    },

    invitationsOf: async (userId) => {
      const rows = await db.selectFrom('invitations').selectAll().where('user_id', '=', userId)
        .orderBy('created_at').orderBy('canonical').execute()
      return rows.map(invitationOf)
    },

    insertInvitation: async ({ userId, address, canonical, createdAt }) => {
      await db.insertInto('invitations').values({ canonical, user_id: userId, address, created_at: createdAt }).execute()
    },

    deleteInvitations: async (userId) => {
      await deleteOfUser.rows(db, { userId })
    }
  }
}

function invitationOf (row: InvitationsTable): Invitation {
  return { userId: row.user_id, address: row.address, canonical: row.canonical, createdAt: row.created_at }
}

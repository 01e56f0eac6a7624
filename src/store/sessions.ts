import type { KeyedSession, SessionStore } from '../session/types.ts'
import type { Database } from './open.ts'
import type { SessionsTable } from './schema.ts'
import { writeSessionUser } from './session-json.ts'
import { readSessionRow } from './session-row.ts'
import { sweep } from './sweep.ts'

/** The sessions of a database. */
export function createSessionStore (database: Database): SessionStore {
  return {
    create: async (key, record, expiresAt) => {
      const row: SessionsTable = {
        key,
        user_id: record.user.id,
        user: writeSessionUser(record.user),
        created_at: record.createdAt,
        authenticated_at: record.authenticatedAt,
        last_seen_at: record.lastSeenAt,
        expires_at: expiresAt,
        device: record.device,
        microsoft_session: record.microsoftSession,
        login_hint: record.loginHint,
        confirmed_at: record.confirmedAt
      }
      await database.run((db) => db.insertInto('sessions').values(row).execute())
    },

    find: async (key) => {
      const row = await database.run((db) => db.selectFrom('sessions').selectAll().where('key', '=', key).executeTakeFirst())
      if (row === undefined) return null
      const record = readSessionRow(row)
      // What cannot be understood is nobody's session, and will never be one.
      if (record === null) await end(key)
      return record
    },

    // An update and no upsert: a request in flight must not bring back what sign-out has ended (abuse case S07).
    touch: async (key, lastSeenAt, expiresAt) => {
      const { numUpdatedRows } = await database.run((db) => db.updateTable('sessions')
        .set({ last_seen_at: lastSeenAt, expires_at: expiresAt })
        .where('key', '=', key)
        .executeTakeFirstOrThrow())
      return numUpdatedRows > 0n
    },

    confirm: async (key, { confirmedAt, microsoftSession, loginHint }) => {
      const { numUpdatedRows } = await database.run((db) => db.updateTable('sessions')
        .set({
          confirmed_at: confirmedAt,
          ...(microsoftSession !== undefined && { microsoft_session: microsoftSession }),
          ...(loginHint !== undefined && { login_hint: loginHint })
        })
        .where('key', '=', key)
        .executeTakeFirstOrThrow())
      return numUpdatedRows > 0n
    },

    end,

    endAllOf: async (userId, exceptKey) => {
      await database.run((db) => db.deleteFrom('sessions').where('user_id', '=', userId)
        .$if(exceptKey !== undefined, (query) => query.where('key', '<>', exceptKey!)).execute())
    },

    listOf: async (userId, now) => {
      const rows = await database.run((db) => db.selectFrom('sessions').selectAll()
        .where('user_id', '=', userId).where('expires_at', '>', now).orderBy('created_at', 'desc').orderBy('key').execute())
      return rows.flatMap(keyedSession)
    },

    listAt: async (microsoftSession) => {
      const rows = await database.run((db) => db.selectFrom('sessions').selectAll().where('microsoft_session', '=', microsoftSession).execute())
      return rows.flatMap(keyedSession)
    },

    sweep: async (now, limit) => await sweep(database, { table: 'sessions', key: 'key', time: 'expires_at' }, now, limit)
  }

  async function end (key: string): Promise<void> {
    await database.run((db) => db.deleteFrom('sessions').where('key', '=', key).execute())
  }
}

function keyedSession (row: SessionsTable): KeyedSession[] {
  const record = readSessionRow(row)
  return record === null ? [] : [{ ...record, key: row.key }]
}

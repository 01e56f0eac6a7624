import type { SessionRecord, SessionStore } from '../session/types.ts'
import type { Database } from './open.ts'
import type { SessionsTable } from './schema.ts'
import { readSessionUser, writeSessionUser } from './session-json.ts'

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
        device: record.device
      }
      await database.run((db) => db.insertInto('sessions').values(row).execute())
    },

    find: async (key) => {
      const row = await database.run((db) => db.selectFrom('sessions').selectAll().where('key', '=', key).executeTakeFirst())
      if (row === undefined) return null
      const record = readRecord(row)
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

    end,

    endAllOf: async (userId, exceptKey) => {
      await database.run((db) => db.deleteFrom('sessions').where('user_id', '=', userId)
        .$if(exceptKey !== undefined, (query) => query.where('key', '<>', exceptKey!)).execute())
    },

    listOf: async (userId, now) => {
      const rows = await database.run((db) => db.selectFrom('sessions').selectAll()
        .where('user_id', '=', userId).where('expires_at', '>', now).orderBy('created_at', 'desc').orderBy('key').execute())
      return rows.flatMap((row) => {
        const record = readRecord(row)
        return record === null ? [] : [{ ...record, key: row.key }]
      })
    },

    sweep: async (now, limit) => {
      const { numDeletedRows } = await database.run((db) => {
        const expired = db.selectFrom('sessions').select('key')
          .where('expires_at', '<', now).orderBy('expires_at').limit(limit)
        return db.deleteFrom('sessions').where('key', 'in', expired).executeTakeFirstOrThrow()
      })
      return Number(numDeletedRows)
    }
  }

  async function end (key: string): Promise<void> {
    await database.run((db) => db.deleteFrom('sessions').where('key', '=', key).execute())
  }
}

function readRecord (row: SessionsTable): SessionRecord | null {
  const user = readSessionUser(row.user)
  const times = [row.created_at, row.authenticated_at, row.last_seen_at]
  // Who owns a row is in a column and in the record: both say the same, or somebody else wrote one of them.
  if (user === null || user.id !== row.user_id || !times.every(Number.isSafeInteger)) return null
  return { user, createdAt: row.created_at, authenticatedAt: row.authenticated_at, lastSeenAt: row.last_seen_at, device: row.device }
}

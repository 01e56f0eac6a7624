import type { KeyedSession, SessionStore } from '../session/types.ts'
import type { Database } from './open.ts'
import type { SessionsTable } from './schema.ts'
import { writeSessionUser } from './session-json.ts'
import { readSessionRow } from './session-row.ts'
import { columns, prepare } from './statement.ts'
import { createSweep } from './sweep.ts'

const allColumns = [
  'key', 'user_id', 'user', 'created_at', 'authenticated_at', 'last_seen_at', 'expires_at', 'device', 'microsoft_session', 'login_hint', 'confirmed_at'
] as const
const insertSession = prepare<SessionsTable>((db, session) => db.insertInto('sessions').values(columns(session, ...allColumns)))
const selectSession = prepare<{ key: string }, SessionsTable>((db, { key }) => db.selectFrom('sessions').selectAll().where('key', '=', key))
// An update and no upsert: a request in flight must not bring back what sign-out has ended (abuse case S07).
const touchSession = prepare<Pick<SessionsTable, 'key' | 'last_seen_at' | 'expires_at'>>((db, session) =>
  db.updateTable('sessions').set(columns(session, 'last_seen_at', 'expires_at')).where('key', '=', session.key))
const deleteSession = prepare<{ key: string }>((db, { key }) => db.deleteFrom('sessions').where('key', '=', key))

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
      // Followed by the commit that says who signed in, before the browser gets its cookie.
      await database.run(async (db) => await insertSession.rows(db, row), 'later')
    },

    find: async (key) => {
      const row = await database.run(async (db) => await selectSession.first(db, { key }))
      if (row === undefined) return null
      const record = readSessionRow(row)
      // What cannot be understood is nobody's session, and will never be one.
      if (record === null) await end(key)
      return record
    },

    ...(database.version !== null && { version: async () => await database.version!() }),

    touch: async (key, lastSeenAt, expiresAt) =>
      await database.run(async (db) => await touchSession.changes(db, { key, last_seen_at: lastSeenAt, expires_at: expiresAt })) > 0,

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

    sweep: createSweep(database, { table: 'sessions', key: 'key', time: 'expires_at' })
  }

  async function end (key: string): Promise<void> {
    await database.run(async (db) => await deleteSession.rows(db, { key }))
  }
}

function keyedSession (row: SessionsTable): KeyedSession[] {
  const record = readSessionRow(row)
  return record === null ? [] : [{ ...record, key: row.key }]
}

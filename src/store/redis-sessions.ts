import { isEntraError, refuse } from '../core/errors.ts'
import type { Confirmation, KeyedSession, SessionRecord, SessionStore } from '../session/types.ts'
import type { Redis } from './redis.ts'
import { changeSession, createSession, endSession, listSession, touchSession } from './redis-scripts.ts'
import { writeSessionUser } from './session-json.ts'
import { readSessionRow } from './session-row.ts'

// The columns of the table `sessions`, as fields of a hash.
const fields = [
  'user_id', 'user', 'created_at', 'authenticated_at', 'last_seen_at', 'expires_at', 'device', 'microsoft_session', 'login_hint', 'confirmed_at'
] as const

// For how much longer than a session its place in the list holds: it is written first, and a server may take its time between the two.
const between = 60_000

/**
 * The sessions of a Redis: a hash for each session, and for each user, and
 * each session at Microsoft, a sorted set of the keys of theirs.
 *
 * The sets are written before the session, also where the session is only to
 * live on: what it was told when the session began may be too short by now
 * (`absoluteTimeout` was raised, a clock was set back), or lost. So whoever
 * ends the sessions of a user either finds it, or was there before it began,
 * and then `Sessions.begin` finds the user disabled. A key leaves the set only
 * where its session was there and has ended, or can live no more.
 *
 * Times to live are given to the server as spans, not as moments: its clock
 * may be another than ours.
 *
 * @param longest - Milliseconds for which a session can live at most.
 */
export function createRedisSessionStore (redis: Redis, longest: number): SessionStore {
  const sessionKey = (key: string): string => `${redis.prefix}session:${key}`
  const listKey = (userId: string): string => `${redis.prefix}sessions-of:${userId}`
  const microsoftKey = (microsoftSession: string): string => `${redis.prefix}sessions-at:${microsoftSession}`

  return {
    create: async (key, record, expiresAt) => {
      const values = fieldsOf(record, expiresAt)
      await list(record.user.id, record.microsoftSession, key, expiresAt - record.lastSeenAt)
      const created = await run(createSession, sessionKey(key), lifetime(record.lastSeenAt, expiresAt), ...values)
      if (created !== 1) throw refuse('store_unavailable', 'key_used_twice')
    },

    find: async (key) => {
      const found = await read(key)
      if (found !== null && found !== 'poisoned') return found.record
      // What cannot be understood is nobody's session, and will never be one. Where there is none of our fields there may be
      // others, or nothing: then this is one command too many, for a browser that loses its cookie for it.
      await end(key)
      return null
    },

    touch: async (key, lastSeenAt, expiresAt, userId, microsoftSession = null) => {
      await list(userId, microsoftSession, key, expiresAt - lastSeenAt)
      const values = ['last_seen_at', String(lastSeenAt), 'expires_at', String(expiresAt)]
      const isThere = await run(touchSession, sessionKey(key), lifetime(lastSeenAt, expiresAt), ...values) === 1
      if (!isThere) await unlist(userId, microsoftSession, key)
      return isThere
    },

    confirm: async (key, confirmation) => {
      const { microsoftSession = null } = confirmation
      // How long it can live is not known here: as long as any. What it is taken from keeps its key, and finds nothing under it.
      if (microsoftSession !== null) await enlist(microsoftKey(microsoftSession), key, 0)
      const isThere = await run(changeSession, sessionKey(key), ...confirmationFields(confirmation)) === 1
      if (!isThere && microsoftSession !== null) await delist(microsoftKey(microsoftSession), key)
      return isThere
    },

    end,

    endAllOf: async (userId, exceptKey) => {
      const keys = (await keysIn(listKey(userId))).filter((key) => key !== exceptKey)
      const ended = await Promise.all(keys.map(async (key) => await take(key)))
      // One that is only about to begin stays in the set.
      const gone = keys.filter((_key, index) => ended[index]!.wasThere)
      if (gone.length > 0) await redis.send('ZREM', listKey(userId), ...gone)
      await Promise.all(keys.map(async (key, index) => await unlist(null, ended[index]!.microsoftSession, key)))
    },

    listOf: async (userId, now) => {
      const living = await readAll(listKey(userId), ({ record, expiresAt }) => record.user.id === userId && expiresAt > now)
      return living.sort((a, b) => b.createdAt - a.createdAt || (a.key < b.key ? -1 : 1))
    },

    listAt: async (microsoftSession) =>
      await readAll(microsoftKey(microsoftSession), ({ record }) => record.microsoftSession === microsoftSession),

    // The server removes what has expired.
    sweep: async () => 0
  }

  async function run (script: string, key: string, ...values: string[]): Promise<unknown> {
    return await redis.send('EVAL', script, '1', key, ...values)
  }

  async function list (userId: string, microsoftSession: string | null, key: string, span: number): Promise<void> {
    await enlist(listKey(userId), key, span)
    if (microsoftSession !== null) await enlist(microsoftKey(microsoftSession), key, span)
  }

  async function enlist (set: string, key: string, span: number): Promise<void> {
    await run(listSession, set, key, String(Math.max(longest, span) + between))
  }

  async function unlist (userId: string | null, microsoftSession: string | null, key: string): Promise<void> {
    if (userId !== null) await delist(listKey(userId), key)
    if (microsoftSession !== null) await delist(microsoftKey(microsoftSession), key)
  }

  async function delist (set: string, key: string): Promise<void> {
    await unlessWrongType(redis.send('ZREM', set, key))
  }

  async function readAll (set: string, isMeant: (row: Row) => boolean): Promise<KeyedSession[]> {
    const found = await Promise.all((await keysIn(set)).map(async (key) => ({ key, row: await read(key) })))
    return found.flatMap(({ key, row }) => row === null || row === 'poisoned' || !isMeant(row) ? [] : [{ ...row.record, key }])
  }

  async function read (key: string): Promise<Row | 'poisoned' | null> {
    const values = await unlessWrongType(redis.send('HMGET', sessionKey(key), ...fields)) as Array<string | null> | null
    if (values === null) return 'poisoned'
    return values.every((value) => value === null) ? null : readFields(values)
  }

  async function end (key: string): Promise<void> {
    const { userId, microsoftSession } = await take(key)
    await unlist(userId, microsoftSession, key)
  }

  /** Ends a session, and says whose it was. */
  async function take (key: string): Promise<{ wasThere: boolean, userId: string | null, microsoftSession: string | null }> {
    const [ended, userId, microsoftSession] = await run(endSession, sessionKey(key)) as [number, string | null, string | null]
    return { wasThere: ended === 1, userId, microsoftSession }
  }

  async function keysIn (set: string): Promise<string[]> {
    return await unlessWrongType(redis.send('ZRANGE', set, '0', '-1')) as string[] | null ?? []
  }
}

/** A session, and when it expires. */
interface Row {
  readonly record: SessionRecord
  readonly expiresAt: number
}

/**
 * Writes, reads, notes, lists and ends a session of nobody: what this user of
 * the server may not do is found out at boot, and not by the first person who signs in.
 *
 * @param key - That no session has.
 */
export async function tryOut (store: SessionStore, key: string): Promise<void> {
  const user = { id: key, displayName: null, email: null, identity: { tid: '', oid: '' }, roles: [] }
  const record = { user, createdAt: 0, authenticatedAt: 0, lastSeenAt: 0, device: null, microsoftSession: key, loginHint: null, confirmedAt: 0 }
  await store.create(key, record, 10_000)
  await store.touch(key, 0, 10_000, key, key)
  await store.confirm(key, { confirmedAt: 1 })
  await store.listAt(key)
  await store.listOf(key, 0)
  await store.endAllOf(key)
  await store.end(key)
}

function fieldsOf (record: SessionRecord, expiresAt: number): string[] {
  const values = [
    'user_id', record.user.id,
    'user', writeSessionUser(record.user),
    'created_at', String(record.createdAt),
    'authenticated_at', String(record.authenticatedAt),
    'last_seen_at', String(record.lastSeenAt),
    'expires_at', String(expiresAt)
  ]
  const { device, microsoftSession, loginHint, confirmedAt } = record
  const others = { device, microsoft_session: microsoftSession, login_hint: loginHint, confirmed_at: confirmedAt }
  return [...values, ...Object.entries(others).flatMap(([name, value]) => value === null ? [] : [name, String(value)])]
}

function confirmationFields ({ confirmedAt, microsoftSession, loginHint }: Confirmation): string[] {
  return [
    'confirmed_at', String(confirmedAt),
    ...(microsoftSession === undefined ? [] : ['microsoft_session', microsoftSession]),
    ...(loginHint === undefined ? [] : ['login_hint', loginHint])
  ]
}

function readFields (values: Array<string | null>): Row | 'poisoned' {
  const [userId, user, createdAt, authenticatedAt, lastSeenAt, expiresAt, device, microsoftSession, loginHint, confirmedAt] = values
  const record = readSessionRow({
    user_id: userId,
    user,
    created_at: timeOf(createdAt),
    authenticated_at: timeOf(authenticatedAt),
    last_seen_at: timeOf(lastSeenAt),
    device,
    microsoft_session: microsoftSession,
    login_hint: loginHint,
    confirmed_at: confirmedAt === null ? null : timeOf(confirmedAt)
  })
  return record === null || !Number.isSafeInteger(timeOf(expiresAt)) ? 'poisoned' : { record, expiresAt: timeOf(expiresAt) }
}

function timeOf (text: string | null | undefined): number {
  return /^\d{1,16}$/.test(text ?? '') ? Number(text) : NaN
}

/** At least a moment: a span of nothing would be refused, or delete at once. */
function lifetime (from: number, to: number): string {
  return String(Math.max(1, to - from))
}

/** `null` where the key holds something else than it should. */
async function unlessWrongType (reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    if (isEntraError(error) && error.detail.reason === 'WRONGTYPE') return null
    throw error
  }
}

import { hash } from 'node:crypto'
import { remembering } from '../core/bounded-map.ts'
import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { everySoOften, sweptAtOnce } from '../core/every-so-often.ts'
import { createBelievedSessions } from './believed.ts'
import { beginningAfter, keysBeyond } from './cap.ts'
import { handleOf } from './handle.ts'
import type { Beginning, SessionLimits, Sessions } from './contract.ts'
import type { KeyedSession, Replacement, SessionRecord, SessionStore, SessionSummary, SessionUser } from './types.ts'

export type { Beginning, SessionLimits, Sessions } from './contract.ts'

const seenAtMostEvery = 60_000
const keysAtMost = 10_000

/**
 * @param store - Where the rows are.
 * @param simulated - Whether a simulator stands in for Microsoft: its sessions are nobody's elsewhere, and the other way round.
 */
export function createSessions (
  store: SessionStore, limits: SessionLimits, environment: Pick<Environment, 'now'>, simulated: boolean = false
): Sessions {
  const keyOf = remembering((id) => sessionKeyOf(id, simulated), keysAtMost)
  const believed = createBelievedSessions(store, limits.sessionCache, environment)
  const touching = new Map<string, Promise<SessionRecord | null>>()
  const isSweepDue = everySoOften()

  return {
    begin: async (id, user, isActive, { replaces, ...beginning } = {}) => {
      const key = keyOf(id)
      if (isSweepDue()) await store.sweep(environment.now(), sweptAtOnce)
      const record = await newRecord(user, beginning)
      try {
        // Where its answer is lost, the row may be there all the same.
        await store.create(key, record, expiryOf(record))
        if (!await isActive()) throw refuse('account_disabled', 'disabled_during_sign_in')
        if (replaces !== undefined) await end(keyOf(replaces), { session: key, userId: user.id })
        return { record, ended: await makeRoom(user.id) }
      } catch (error) {
        // No browser has its id: it would only stand in a list.
        await end(key).catch(() => {})
        throw error
      }
    },
    find: async (id) => {
      const key = keyOf(id)
      const record = await believed.read(key)
      if (record === null || isOver(record)) return null
      if (environment.now() - record.lastSeenAt < seenAtMostEvery) return record
      return await touch(key, record)
    },
    end: async (id) => await end(keyOf(id)),
    endAllOf: async (userId, exceptId = null) => {
      try {
        await store.endAllOf(userId, exceptId === null ? undefined : keyOf(exceptId))
      } finally {
        believed.forget()
      }
    },
    expiryOf,
    isAlive: async (id) => {
      const key = keyOf(id)
      believed.readAnew(key)
      const record = await believed.read(key)
      return record !== null && !isOver(record)
    },
    confirm: async (id, confirmation) => {
      const key = keyOf(id)
      try {
        return await store.confirm(key, confirmation)
      } finally {
        // Read again at the next request. As after an ending: what a read that is under way brings is older.
        believed.forget(key)
      }
    },
    endAllAt: async (microsoftSession, isMeant) => {
      const found = (await store.listAt(microsoftSession)).filter(isMeant)
      for (const { key } of found) await end(key)
      return found
    },
    endAllBy: async ({ id, identity: { tid, oid } }) => {
      for (const { key, user: { identity } } of await aliveOf(id)) {
        if (identity.tid === tid && identity.oid === oid) await end(key)
      }
    },
    listOf: async (userId, currentId) => {
      const currentKey = currentId === undefined ? null : keyOf(currentId)
      return (await aliveOf(userId)).map((session) => summaryOf(session, currentKey))
    },
    endOf: async (userId, handle) => {
      const found = (await aliveOf(userId)).find(({ key }) => handleOf(key) === handle)
      if (found === undefined) return false
      await end(found.key)
      return true
    }
  }

  /** Only where there is a limit does it matter who came first. */
  async function newRecord (user: SessionUser, beginning: Omit<Beginning, 'replaces'>): Promise<SessionRecord> {
    const now = environment.now()
    const createdAt = limits.maxSessionsPerUser === undefined ? now : beginningAfter(await store.listOf(user.id, now), now)
    const { device = null, authenticatedAt = now, confirmedAt = now, microsoftSession = null, loginHint = null } = beginning
    return { user, createdAt, authenticatedAt, lastSeenAt: now, device, microsoftSession, loginHint, confirmedAt }
  }

  /** Ends what is too much. The new session is there already: of sign-ins that come at once, the last one sees them all. */
  async function makeRoom (userId: string): Promise<number> {
    if (limits.maxSessionsPerUser === undefined) return 0
    const keys = keysBeyond(limits.maxSessionsPerUser, await store.listOf(userId, environment.now()))
    for (const key of keys) await end(key)
    return keys.length
  }

  async function aliveOf (userId: string): Promise<KeyedSession[]> {
    return (await store.listOf(userId, environment.now())).filter((session) => !isOver(session))
  }

  /** A store that fails may have done it all the same: what was read before is believed no more. */
  async function end (key: string, replacedBy?: Replacement): Promise<void> {
    try {
      await store.end(key, replacedBy)
    } finally {
      believed.forget(key)
    }
  }

  /** Requests that come at once share one write. */
  async function touch (key: string, record: SessionRecord): Promise<SessionRecord | null> {
    let touched = touching.get(key)
    if (touched === undefined) {
      const seen = { ...record, lastSeenAt: environment.now() }
      touched = believed.change(key, async () =>
        await store.touch(key, seen.lastSeenAt, expiryOf(seen), record.user.id, record.microsoftSession) ? seen : null
      ).finally(() => touching.delete(key))
      touching.set(key, touched)
    }
    return await touched
  }

  function expiryOf (record: SessionRecord): number {
    return Math.min(record.lastSeenAt + limits.idleTimeout, beginningOf(record) + limits.absoluteTimeout)
  }

  function isOver (record: SessionRecord): boolean {
    return environment.now() >= expiryOf(record)
  }
}

/**
 * What the absolute time-out counts from. Not when the person authenticated:
 * that may be a week before the session. Nor `createdAt` alone, which lies
 * ahead where a clock was set back: a session begins with its confirmation.
 */
function beginningOf ({ createdAt, confirmedAt, authenticatedAt }: SessionRecord): number {
  return Math.min(createdAt, confirmedAt ?? authenticatedAt)
}

/**
 * The key of a session id: names the session, and signs nobody in. Another one
 * at a simulator: an application's own cookie, signed with its own secret, may
 * be good at both, and the row is not. No id has a space in it.
 */
export function sessionKeyOf (id: string, simulated: boolean = false): string {
  return hash('sha256', simulated ? `simulated ${id}` : id, 'base64url')
}

function summaryOf ({ key, createdAt, lastSeenAt, authenticatedAt, device }: KeyedSession, currentKey: string | null): SessionSummary {
  return Object.freeze({ handle: handleOf(key), createdAt, lastSeenAt, authenticatedAt, device, current: key === currentKey })
}

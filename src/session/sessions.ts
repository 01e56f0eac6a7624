import { createHash } from 'node:crypto'
import { elapsed, type Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { SessionRecord, SessionStore, SessionUser } from './types.ts'

/** How long sessions last. All times in milliseconds. */
export interface SessionLimits {
  /** Without a request for this long, a session ends. */
  readonly idleTimeout: number
  /** After this long it ends in any case. */
  readonly absoluteTimeout: number
  /** How long this process may believe what it read. */
  readonly sessionCache: number
}

/** Begins, finds and ends sessions. The id is the secret; the store sees its hash only. */
export interface Sessions {
  /**
   * Begins a session under an id that nobody can guess.
   *
   * @param isActive - Asked after the row is there: a user who was disabled meanwhile gets no session, and a
   * disabling that comes later finds the row and ends it.
   * @param device - Roughly what the browser is, for the person's list.
   * @throws account_disabled; store_unavailable, and then there is no session.
   */
  begin: (id: string, user: SessionUser, isActive: (userId: string) => Promise<boolean>, device?: string | null) => Promise<void>
  /** The session of an id, or `null` where it is over. Notes that it was seen, at most once a minute. */
  find: (id: string) => Promise<SessionRecord | null>
  /** Ends a session: at once in this process, within `sessionCache` in others. */
  end: (id: string) => Promise<void>
  /** Ends all sessions of a user, but for that of an id that may stay. */
  endAllOf: (userId: string, exceptId?: string) => Promise<void>
}

const seenAtMostEvery = 60_000
const cachedAtMost = 10_000
const sweptAtOnce = 50

/** @param store - Where the rows are. */
export function createSessions (
  store: SessionStore, limits: SessionLimits, environment: Pick<Environment, 'now'>
): Sessions {
  const cache = new Map<string, { readonly record: SessionRecord, readonly readAt: number }>()
  const touching = new Map<string, Promise<boolean>>()
  // Counts endings: what was read before one is not kept after it.
  let endings = 0

  return {
    begin: async (id, user, isActive, device = null) => {
      const now = environment.now()
      const key = keyOf(id)
      const record: SessionRecord = { user, createdAt: now, authenticatedAt: now, lastSeenAt: now, device }
      await store.sweep(now, sweptAtOnce)
      await store.create(key, record, expiryOf(record))
      if (await isActive(user.id)) return
      await end(key)
      throw refuse('account_disabled', 'disabled_during_sign_in')
    },
    find: async (id) => {
      const key = keyOf(id)
      const record = await read(key)
      if (record === null || isOver(record)) return null
      if (environment.now() - record.lastSeenAt < seenAtMostEvery) return record
      return await touch(key, record)
    },
    end: async (id) => await end(keyOf(id)),
    endAllOf: async (userId, exceptId) => {
      await store.endAllOf(userId, exceptId === undefined ? undefined : keyOf(exceptId))
      endings += 1
      cache.clear()
    }
  }

  async function end (key: string): Promise<void> {
    await store.end(key)
    endings += 1
    cache.delete(key)
  }

  async function read (key: string): Promise<SessionRecord | null> {
    const cached = cache.get(key)
    if (cached !== undefined && elapsed(environment, cached.readAt) < limits.sessionCache) return cached.record
    const endingsBefore = endings
    const record = await store.find(key)
    if (endings === endingsBefore) remember(key, record)
    return record
  }

  function remember (key: string, record: SessionRecord | null): void {
    cache.delete(key)
    if (record === null || limits.sessionCache === 0) return
    if (cache.size >= cachedAtMost) cache.delete(cache.keys().next().value!)
    cache.set(key, { record, readAt: environment.now() })
  }

  /** Requests that come at once share one write. */
  async function touch (key: string, record: SessionRecord): Promise<SessionRecord | null> {
    const seen = { ...record, lastSeenAt: environment.now() }
    let touched = touching.get(key)
    if (touched === undefined) {
      const endingsBefore = endings
      touched = store.touch(key, seen.lastSeenAt, expiryOf(seen)).then((exists) => {
        if (endings === endingsBefore) remember(key, exists ? seen : null)
        return exists
      }).finally(() => touching.delete(key))
      touching.set(key, touched)
    }
    return await touched ? seen : null
  }

  function expiryOf (record: SessionRecord): number {
    return Math.min(record.lastSeenAt + limits.idleTimeout, record.createdAt + limits.absoluteTimeout)
  }

  function isOver (record: SessionRecord): boolean {
    return environment.now() >= expiryOf(record)
  }
}

/** The key of a session id: names the session, and signs nobody in. */
export function keyOf (id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}

import type { Identity, ScoredEmail } from '../verification/types.ts'

/** The user as a request sees it: small and public. Kept in the session, so that a request reads nothing else. */
export interface SessionUser {
  readonly id: string
  readonly displayName: string | null
  /** The address of this sign-in with its evidence; `null` where Microsoft gave none that can be used. */
  readonly email: ScoredEmail | null
  readonly identity: Pick<Identity, 'tid' | 'oid'>
  /** App roles that the tenant of the identity gave at this sign-in. In a multi-tenant application look at `identity.tid` as well, or set `tenantRoles`. */
  readonly roles: readonly string[]
}

/** One signed-in browser. Times are milliseconds since 1970. */
export interface SessionRecord {
  readonly user: SessionUser
  readonly createdAt: number
  /** When the person last showed Microsoft who they are (`auth_time`), or else came back from there for this session. */
  readonly authenticatedAt: number
  readonly lastSeenAt: number
  /** Roughly what it is: 'Firefox on Windows'; `null` where that is not known. */
  readonly device: string | null
  /** Names the session that the person has at Microsoft, as `microsoftSessionKey` makes it; `null` where the token had no `sid`. */
  readonly microsoftSession: string | null
  /** The token's `login_hint`, sealed: it tells who somebody is. `null` where there was none. */
  readonly loginHint: string | null
  /** When Microsoft last said that this account may sign in; `null` in sessions of before this was kept. */
  readonly confirmedAt: number | null
}

/** What Microsoft says anew about the account of a session. What is left out stays as it is. */
export interface Confirmation {
  readonly confirmedAt: number
  readonly microsoftSession?: string | undefined
  readonly loginHint?: string | undefined
}

/** A signed-in browser, as its person and an administrator see it. Times are milliseconds since 1970. */
export interface SessionSummary {
  /** Names the session among those of its user. It signs nobody in, and is not what the store has. */
  readonly handle: string
  readonly createdAt: number
  /** Exact to a minute. */
  readonly lastSeenAt: number
  /** When the person last signed in at Microsoft for it. */
  readonly authenticatedAt: number
  /** Roughly what it is: 'Firefox on Windows'; `null` where that is not known. */
  readonly device: string | null
  /** Whether it is that of the request that asks; `false` where none does. */
  readonly current: boolean
}

/** The session that takes the place of another one in its browser: its key, and whose it is. */
export interface Replacement {
  readonly session: string
  readonly userId: string
}

/** A session under the key by which the store has it. */
export interface KeyedSession extends SessionRecord {
  readonly key: string
}

/**
 * Where sessions are kept. Keys are hashes of session ids: who reads the
 * store cannot sign in with what is found there.
 */
export interface SessionStore {
  /** Writes a new session. */
  create: (key: string, record: SessionRecord, expiresAt: number) => Promise<void>
  /** The session, or `null`: unknown, ended, or not to be understood. */
  find: (key: string) => Promise<SessionRecord | null>
  /**
   * A number that is another one as soon as anybody but this process has changed anything: what was read before, by the same number,
   * is still so, but for what this process did itself. Left out where the store cannot say.
   */
  version?: () => Promise<number>
  /**
   * Notes that a session of a user was seen. Never brings an ended one back.
   * However long it lives then, `endAllOf`, `listOf` and `listAt` find it.
   *
   * @param microsoftSession - The one that it belongs to, if any.
   * @returns whether it was there.
   */
  touch: (key: string, lastSeenAt: number, expiresAt: number, userId: string, microsoftSession?: string | null) => Promise<boolean>
  /**
   * Writes down what Microsoft says anew. Never brings an ended session back.
   *
   * @returns whether it was there.
   */
  confirm: (key: string, confirmation: Confirmation) => Promise<boolean>
  /**
   * Ends one session; ending it twice is no error.
   *
   * @param replacedBy - The session that the same browser has from now on; for whoever wants to know.
   */
  end: (key: string, replacedBy?: Replacement) => Promise<void>
  /** Ends all sessions of a user, but for one that may stay. */
  endAllOf: (userId: string, exceptKey?: string) => Promise<void>
  /** The sessions of a user that have not expired by `now`, newest first. */
  listOf: (userId: string, now: number) => Promise<KeyedSession[]>
  /** The sessions that belong to a session at Microsoft, in no order. */
  listAt: (microsoftSession: string) => Promise<KeyedSession[]>
  /** Removes at most `limit` sessions that expired before `now`. */
  sweep: (now: number, limit: number) => Promise<number>
}

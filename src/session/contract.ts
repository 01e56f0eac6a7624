import type { Confirmation, SessionRecord, SessionSummary, SessionUser } from './types.ts'

/** How long sessions last. All times in milliseconds. */
export interface SessionLimits {
  /** Without a request for this long, a session ends. */
  readonly idleTimeout: number
  /** After this long it ends in any case. */
  readonly absoluteTimeout: number
  /** How long this process may believe what it read. */
  readonly sessionCache: number
  /** How many sessions a user may have; left out for any number. */
  readonly maxSessionsPerUser?: number | undefined
}

/** What is known of a browser in which a session begins. */
export interface Beginning {
  /** Roughly what it is, for the person's list. */
  readonly device?: string | null
  /** The id of the session that it had, which ends. */
  readonly replaces?: string | undefined
  /** When the person showed Microsoft who they are, in milliseconds since 1970; left out for now. */
  readonly authenticatedAt?: number
  /** When Microsoft said that the account may sign in, in milliseconds since 1970; left out for now. With a one-time code in between that is a while ago. */
  readonly confirmedAt?: number
  /** The session at Microsoft that it belongs to, as `microsoftSessionKey` names it. */
  readonly microsoftSession?: string | null
  /** The token's `login_hint`, sealed. */
  readonly loginHint?: string | null
}

/** Begins, finds and ends sessions. The id is the secret; the store sees its hash only. */
export interface Sessions {
  /**
   * Begins a session under an id that nobody can guess.
   *
   * @param isActive - Asked after the row is there: a user who was disabled meanwhile gets no session, and a
   * disabling that comes later finds the row and ends it.
   * @returns the session, and how many older ones of the user had to go for it.
   * @throws account_disabled; store_unavailable, and then there is no session.
   */
  begin: (
    id: string, user: SessionUser, isActive: () => Promise<boolean>, beginning?: Beginning
  ) => Promise<{ record: SessionRecord, ended: number }>
  /** The session of an id, or `null` where it is over. Notes that it was seen, at most once a minute. */
  find: (id: string) => Promise<SessionRecord | null>
  /** Ends a session: at once in this process, within `sessionCache` in others. */
  end: (id: string) => Promise<void>
  /** Ends all sessions of a user, but for that of an id that may stay. */
  endAllOf: (userId: string, exceptId?: string | null) => Promise<void>
  /** When a session that was just found ends unless it is seen again, in milliseconds since 1970. */
  expiryOf: (record: SessionRecord) => number
  /** Whether the session of an id is alive: asks the store itself, whatever this process has read before. */
  isAlive: (id: string) => Promise<boolean>
  /**
   * Writes down what Microsoft says anew about the account of a session.
   *
   * @returns `false` where the session is over: it stays so.
   */
  confirm: (id: string, confirmation: Confirmation) => Promise<boolean>
  /**
   * Ends the sessions that belong to a session at Microsoft.
   *
   * @param isMeant - Has a say about each of them.
   * @returns those that have ended.
   */
  endAllAt: (microsoftSession: string, isMeant: (record: SessionRecord) => boolean) => Promise<SessionRecord[]>
  /** Ends the sessions of a user that were signed in by one identity. */
  endAllBy: (user: Pick<SessionUser, 'id' | 'identity'>) => Promise<void>
  /** The sessions of a user that are alive, newest first; that of `currentId` is marked. */
  listOf: (userId: string, currentId?: string) => Promise<SessionSummary[]>
  /** Ends the session of a user that has this handle; `false` where that user has none. */
  endOf: (userId: string, handle: string) => Promise<boolean>
}

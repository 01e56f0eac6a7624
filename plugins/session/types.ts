import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { RequireUserOptions } from '../../src/session/recent.ts'
import type { Replacement, SessionSummary } from '../../src/session/types.ts'

/**
 * The sessions of users, for an application's own pages and its administration.
 * Whoever calls this is trusted. Every call may reject with `store_unavailable`,
 * and with `invalid_request` where a user id is no text.
 */
export interface AppSessions {
  /** The sessions of a user that are alive, newest first; with a request, its own is marked `current`. */
  readonly list: (userId: string, request?: FastifyRequest) => Promise<SessionSummary[]>
  /**
   * Ends one session of a user, by its handle.
   *
   * @returns `false` where that user has no such session: unknown, over, or somebody else's.
   */
  readonly end: (userId: string, handle: string) => Promise<boolean>
  /**
   * Ends all sessions of the request's user, but for the request's own.
   *
   * @throws unauthenticated where nobody is signed in.
   */
  readonly endOthers: (request: FastifyRequest) => Promise<void>
  /** Ends all sessions of a user, on every device. */
  readonly signOutEverywhere: (userId: string) => Promise<void>
}

/** Gives a hook for routes that need a recent sign-in. Throws ConfigurationError where an option is wrong or missing. */
export type RequireRecentUser = (options: RequireUserOptions) => onRequestAsyncHookHandler

/**
 * The hook for routes that need a user: `{ onRequest: app.requireUser }`. Called with options it gives one for
 * routes that need a recent sign-in: `{ onRequest: app.requireUser({ maxAge: 600_000 }) }`.
 */
export type RequireUser = onRequestAsyncHookHandler & RequireRecentUser

/** Where a person's own sessions are listed and ended. */
export interface SessionPaths {
  readonly list: string
  readonly end: string
  readonly endOthers: string
  readonly endAll: string
}

/**
 * Sessions that end: one, by the key that its store has it under, or all of a user but one. One that makes room in its
 * browser for the next sign-in is replaced: where that is the same user's, what hangs on it may go on.
 */
export type SessionsEnd =
  | { readonly session: string, readonly replacedBy: Replacement | null }
  | { readonly userId: string, readonly exceptSession: string | null }

/** Told `before` and `after` sessions end, so twice for each. Where it rejects afterwards, whoever ends them is told. */
export type SessionsEndListener = (end: SessionsEnd, moment: 'before' | 'after') => Promise<void>

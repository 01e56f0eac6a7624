import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { ErrorCode } from '../src/core/errors.ts'
import type { ProviderConfig } from '../src/provider/config.ts'
import type { SignInHints } from '../src/provider/authorization-request.ts'
import type { Attempt, Authorization } from '../src/provider/types.ts'
import type { SessionUser } from '../src/session/types.ts'
import type { EventHub, ReportEvent } from '../src/core/events.ts'
import type { LinkedUser, LinkingOutcome } from '../src/linking/types.ts'
import type { Database } from '../src/store/open.ts'
import type { Identity, VerifiedToken } from '../src/verification/types.ts'

/** What the first two steps give. Verification that is left out leaves `null`. */
export interface VerifiedSignIn {
  readonly authorization: Authorization
  readonly token: VerifiedToken | null
}

/** What a finished sign-in has to show. The steps that are left out leave `null`. */
export interface SignInResult extends VerifiedSignIn {
  readonly linked: LinkedUser | null
  /** Where the browser goes next: checked again, so that it may be used as it is. */
  readonly returnTo: string
}

/**
 * An application's own end of a sign-in. Whoever sends nothing leaves the
 * redirect to `returnTo` to us. The session has begun by then: who throws takes
 * it back, who merely answers does not.
 */
export type OnSignIn = (request: FastifyRequest, reply: FastifyReply, result: SignInResult) => unknown

/**
 * The four steps of a sign-in, each put here by its plugin. The provider
 * makes it; the plugins that follow fill in theirs.
 */
export interface SignIn {
  readonly config: ProviderConfig
  /** Secrets that keys are derived from, newest first. */
  readonly secrets: readonly string[]
  readonly database: Database
  /** Paths that no sign-in may return to. */
  readonly reservedPaths: string[]
  /** What the paths of ours start with. */
  readonly prefix: string
  /** Whether the start and callback routes are there. */
  readonly enabled: boolean
  /** Where browsers are sent after a refusal; `null` answers them in JSON. */
  errorUrl: string | null
  /** The error page itself, for refusals that happen on it; `null` without pages. */
  sendErrorPage: ((reply: FastifyReply, code: ErrorCode) => FastifyReply) | null
  /** The page, or else the route, where a sign-in starts. */
  signInUrl: string
  /** Where browsers go after signing out. */
  signedOutUrl: string
  /** Where a sign-in ends that named no target. */
  defaultReturnTo: () => string
  /** Where that is unless the options say otherwise. */
  landingUrl: string
  /** Where a browser asks to be sent, in its parsed form; throws redirect_not_allowed. */
  checkReturnTarget: (target: unknown) => string
  /** The same, but `null` for what is not allowed. */
  allowedReturnTarget: (target: unknown) => string | null
  /** Starts an attempt in this browser and gives the address at Microsoft; `null` while sign-ins are switched off. */
  beginAttempt: ((request: FastifyRequest, reply: FastifyReply, plan: Pick<Attempt, 'returnTo' | 'intent'>, hints: SignInHints) => Promise<string>) | null
  verify: ((request: FastifyRequest, authorization: Authorization) => Promise<VerifiedToken>) | null
  link: ((request: FastifyRequest, verified: VerifiedSignIn) => Promise<LinkingOutcome | null>) | null
  /** Row C1: mails a one-time code and sends the browser where it is entered. Always there where `verify_email` is on. */
  askForCode: ((request: FastifyRequest, reply: FastifyReply, verified: VerifiedSignIn) => Promise<FastifyReply>) | null
  /** Whether a user may have a session. */
  isActive: ((userId: string) => Promise<boolean>) | null
  startSession: ((request: FastifyRequest, linked: LinkedUser) => Promise<void>) | null
  /** Takes back what `startSession` did. */
  cancelSession: ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) | null
  /** Whether sessions of an identity may go on under the options as they are now. */
  mayStay: ((identity: Pick<Identity, 'tid'>) => boolean) | null
  /** Ends all sessions of a user, but for that of a request where one is given; nothing where no session plugin keeps any. */
  endSessions: (userId: string, except?: FastifyRequest) => Promise<void>
  /** Names the session of a request, without being its id; `null` where there is none. */
  sessionOf: ((request: FastifyRequest) => string | null) | null
  /** Tells the audit, the application's hooks and the diagnostics channel what has happened. */
  report: ReportEvent
  /** Adds somebody who is told. */
  listen: EventHub['listen']
  /** The name under which a request holds its scored e-mail; `null` without verification. */
  scoredEmailDecorator: string | null
  /** The user of a request's session, under whatever name it is decorated. */
  userOf: ((request: FastifyRequest) => SessionUser | null) | null
  /** The hook for routes that need a user; `null` without a session plugin. */
  requireUser: onRequestAsyncHookHandler | null
  /** The sign-out route; `null` without a session plugin. */
  logoutPath: string | null
  /** The token that a form of this session carries. */
  csrfTokenOf: ((request: FastifyRequest) => string) | null
  /** Whether a token is that of the request's session. */
  isCsrfToken: ((request: FastifyRequest, token: unknown) => boolean) | null
  onSignIn: OnSignIn | null
}

/** Where a Fastify instance keeps its {@link SignIn}: a symbol, so that no application's decorator clashes. */
export const signInKey: unique symbol = Symbol('fastify-entra.sign-in')

declare module 'fastify' {
  interface FastifyInstance {
    [signInKey]: SignIn
  }
}

/** The sign-in that the provider plugin of this instance has made. */
export function signInOf (app: FastifyInstance): SignIn {
  return app[signInKey]
}

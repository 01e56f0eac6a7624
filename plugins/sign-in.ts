import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ProviderConfig } from '../src/provider/config.ts'
import type { SignInHints } from '../src/provider/authorization-request.ts'
import type { EntraError } from '../src/core/errors.ts'
import type { Attempt, Authorization } from '../src/provider/types.ts'
import type { ConfirmAccount } from '../src/session/revalidation.ts'
import type { SessionRecord, SessionUser } from '../src/session/types.ts'
import type { EventHub, ReportEvent } from '../src/core/events.ts'
import type { HelpWord } from '../src/core/help.ts'
import type { KeyPurpose } from '../src/core/secrets.ts'
import type { AuditEntry } from '../src/events/types.ts'
import type { IdentityKey } from '../src/linking/account-input.ts'
import type { Accounts } from '../src/linking/accounts.ts'
import type { Knowledge, LinkedUser, LinkingOutcome, LinkingPolicy, LinkingRequest } from '../src/linking/types.ts'
import type { Database } from '../src/store/open.ts'
import type { MailService } from '../src/mail/mail-service.ts'
import type { CodePageView } from '../src/pages/code.ts'
import type { PageRenderer } from '../src/pages/renderer.ts'
import type { Redis } from '../src/store/redis.ts'
import type { KeptTokensSummary } from '../src/tokens/types.ts'
import type { VerificationConfig } from '../src/verification/options.ts'
import type { KeySetState } from '../src/verification/signing-keys.ts'
import type { Identity, VerifiedToken } from '../src/verification/types.ts'
import type { LimitRoutes } from './rate-limits.ts'
import type { BrowserAttempts } from './provider/attempts.ts'
import type { Microsoft } from './provider/microsoft.ts'
import type { OAuthClient } from './provider/oauth-client.ts'
import type { AppSessions, RequireUser, SessionPaths, SessionsEndListener } from './session/types.ts'
import type { OnSignIn, VerifiedSignIn } from './sign-in-result.ts'

/** The mails of an application. */
export interface Mail extends MailService {
  /** Path of the page that shows the mails, where the simulator keeps them instead of sending them. */
  readonly mailboxPath: string | null
}

/** Signs people out at Microsoft as well. */
export interface MicrosoftSignOut {
  /** Whether it does where a request says nothing about it. */
  readonly byDefault: boolean
  /** What Microsoft is to call when somebody signs out there. */
  readonly frontChannelLogoutUrl: string
  /** Origins that a form may lead to which signs out there. */
  readonly origins: readonly string[]
  /** Where the browser of a session that has ended goes on; `null` where it had none. */
  readonly urlFor: (record: SessionRecord | null) => Promise<string>
}

/**
 * The four steps of a sign-in, each put here by its plugin. The provider
 * makes it; the plugins that follow fill in theirs.
 */
export interface SignIn {
  readonly config: ProviderConfig
  /** Whether this server asks a simulator and not Microsoft: nothing that is signed, sealed or stored under a key by the one is any good at the other. */
  readonly isSimulatedWorld: boolean
  /** Keys of this server's world for a purpose, newest first. */
  readonly keys: (purpose: KeyPurpose) => readonly Buffer[]
  readonly database: Database
  /** Whether each sign-in is written down before its answer. */
  isAudited: boolean
  /** What `app.microsoft` is; each plugin adds its part. */
  readonly microsoft: Microsoft
  /** Asks Microsoft's token endpoint; `null` while sign-ins are switched off. */
  client: OAuthClient | null
  /** Scopes that a sign-in or an access token may be asked for with: options `scopes` and `allowedScopes`. */
  readonly scopesAtHand: readonly string[]
  /** Whether a sign-in asks for a refresh token: where the application is given tokens, or where they are kept. */
  wantsRefreshTokens: boolean
  /** Whether the application is given Microsoft's tokens. */
  readonly returnTokens: boolean
  /** Keeps the tokens of a sign-in that was made at `verifiedAt`, and gives what takes that back; `null` where none are kept. */
  keepTokens: ((linked: LinkedUser, verified: VerifiedSignIn, verifiedAt: number) => Promise<() => Promise<void>>) | null
  /** Removes the kept tokens of a user, or of one identity of the user's; nothing where none are kept. */
  endGrants: (userId: string, identity?: IdentityKey) => Promise<void>
  /** Of which identities of a user tokens are kept. */
  grantsOf: (userId: string) => Promise<readonly KeptTokensSummary[]>
  /** Where sessions live and rates are counted in place of the database; `null` without one. */
  readonly redis: Redis | null
  /** Sets rate limits; `null` without any. */
  readonly limitRoutes: LimitRoutes | null
  /** What must be registered as redirect URLs, platform Web. */
  readonly redirectUris: string[]
  /** Paths that no sign-in may return to. */
  readonly reservedPaths: string[]
  /** What the paths of ours start with. */
  readonly prefix: string
  /** Whether the start and callback routes are there. */
  readonly enabled: boolean
  /** Where browsers are sent after a refusal; `null` answers them in JSON. */
  errorUrl: string | null
  /** The error page itself, for refusals that happen on it; `null` without pages. */
  sendErrorPage: ((reply: FastifyReply, refusal: { readonly code: string, readonly help?: HelpWord | undefined, readonly reference: string | null }) => FastifyReply) | null
  /** Lets our error page know which request was refused; `null` where browsers are not sent to it. */
  noteRefusal: ((reply: FastifyReply, code: string, requestId: string) => void) | null
  /** Draws the pages. */
  renderer: PageRenderer
  /** The page on which a one-time code is entered; `null` without pages. */
  sendCodePage: ((reply: FastifyReply, view: CodePageView) => FastifyReply) | null
  /** The application's own codes for a sign-up that it refuses, each with its text. */
  signUpRefusals: Readonly<Record<string, string>>
  /** The page, or else the route, where a sign-in starts. */
  signInUrl: string
  /** Where browsers go after signing out. */
  signedOutUrl: string
  /** The same for who comes back from signing out at Microsoft as well. */
  signedOutAtMicrosoftUrl: string
  /** Signs people out at Microsoft as well; `null` without the sign-out plugin. */
  microsoftSignOut: MicrosoftSignOut | null
  /** Where a sign-in ends that named no target. */
  defaultReturnTo: () => string
  /** Where that is unless the options say otherwise. */
  landingUrl: string
  /** Where a browser asks to be sent, in its parsed form; throws redirect_not_allowed. */
  checkReturnTarget: (target: unknown) => string
  /** The same, but `null` for what is not allowed. */
  allowedReturnTarget: (target: unknown) => string | null
  /** Starts an attempt in this browser and gives the address at Microsoft; `null` while sign-ins are switched off. */
  beginAttempt: ((request: FastifyRequest, reply: FastifyReply, plan: Pick<Attempt, 'returnTo' | 'intent' | 'confirms'>, hints: SignInHints) => Promise<string>) | null
  /** The attempts of the browser that asks, for whatever else is started at Microsoft; `null` while sign-ins are switched off. */
  attempts: BrowserAttempts | null
  /** Absolute address at which an administrator allows the application for a tenant; `null` where there is none. */
  adminConsentUrl: string | null
  verify: ((request: FastifyRequest, authorization: Authorization) => Promise<VerifiedToken>) | null
  /** How the authority's keys do; `null` without verification. */
  signingKeys: (() => KeySetState) | null
  link: ((request: FastifyRequest, verified: VerifiedSignIn) => Promise<LinkingOutcome>) | null
  /** The options of the verification, for who explains a token; `null` without it. */
  verification: VerificationConfig | null
  /** The options of linking, and what the store knows about a request, for who looks ahead; `null` without linking. */
  linking: { readonly policy: LinkingPolicy, readonly knowledgeOf: (policy: LinkingPolicy, request: LinkingRequest) => Promise<Knowledge> } | null
  /** Users, identities and addresses, under whatever name they are decorated; `null` without linking. */
  accounts: Accounts | null
  /** The routes by which a person links and unlinks; `null` where there are none. */
  linkPath: string | null
  unlinkPath: string | null
  /** Scores the e-mail of a token anew whose person has proven to read its address. */
  proveMailbox: ((request: FastifyRequest, token: VerifiedToken) => VerifiedToken) | null
  /** The mails of this application; `null` where nothing sends any. */
  mail: Mail | null
  /** Row C1: mails a one-time code and sends the browser where it is entered. Always there where `verify_email` is on. */
  askForCode: ((request: FastifyRequest, reply: FastifyReply, verified: VerifiedSignIn, verifiedAt: number) => Promise<FastifyReply>) | null
  /** Whether a user may have a session by an identity: both are there, belong together, and the user is not disabled. */
  isActive: ((user: Pick<SessionUser, 'id' | 'identity'>) => Promise<boolean>) | null
  /**
   * Begins the session of a sign-in whose token was verified at `verifiedAt`, in milliseconds since 1970. One that was
   * only to confirm the account of the session that there is gives `confirmed`, and begins none.
   */
  startSession: ((request: FastifyRequest, linked: LinkedUser, verified: VerifiedSignIn, verifiedAt: number) => Promise<'begun' | 'confirmed'>) | null
  /** Takes back what `startSession` did. */
  cancelSession: ((request: FastifyRequest) => Promise<void>) | null
  /** Asks Microsoft, without the person, whether an account may still sign in; `null` where nothing is kept to ask with. */
  confirmAccount: ConfirmAccount | null
  /** What a silent sign-in of this browser is to confirm, and the hint that it goes with; `null` where nothing is due. */
  confirmationFor: ((request: FastifyRequest) => Promise<{ readonly confirms: string, readonly hints: SignInHints } | null>) | null
  /** Ends a silent sign-in that failed. Says whether the answer was sent: else the refusal is told as any other. Never rejects. */
  settleConfirmation: ((request: FastifyRequest, reply: FastifyReply, refusal: EntraError) => Promise<boolean>) | null
  /** Whether sessions of an identity may go on under the options as they are now; throws where the application's own function does not say. */
  mayStay: ((identity: Pick<Identity, 'tid'>) => Promise<boolean>) | null
  /** Those of the roles of a session that the tenant of its identity may give under the options as they are now. */
  rolesThatStay: ((user: Pick<SessionUser, 'identity' | 'roles'>) => readonly string[]) | null
  /** Ends all sessions of a user, but for that of a request where one is given; nothing where no session plugin keeps any. */
  endSessions: (userId: string, except?: FastifyRequest) => Promise<void>
  /** Names the session of a request, without being its id; `null` where there is none. */
  sessionOf: ((request: FastifyRequest) => string | null) | null
  /** Whether the session of a request is alive now: asks the session store itself, past the cache. */
  sessionIsAlive: ((request: FastifyRequest) => Promise<boolean>) | null
  /** Ends the sessions of a user that were signed in by one identity; `null` without a session plugin. */
  endSessionsBy: ((user: Pick<SessionUser, 'id' | 'identity'>) => Promise<void>) | null
  /** Ends the sessions that belong to a session at Microsoft, those that are meant, and gives them; `null` without a session plugin. */
  endSessionsAt: ((microsoftSession: string, isMeant: (record: SessionRecord) => boolean) => Promise<SessionRecord[]>) | null
  /** Names of the OpenID Connect providers that this application is. */
  readonly projects: string[]
  /** Whatever hangs on sessions adds itself here, to be told when some end. */
  readonly sessionsEndListeners: SessionsEndListener[]
  /** Lists and ends sessions; `null` without a session plugin. */
  sessions: AppSessions | null
  /** When the person of a request's session last signed in at Microsoft, in milliseconds since 1970; `null` where nobody is signed in. */
  authenticatedAtOf: ((request: FastifyRequest) => number | null) | null
  /**
   * Lets a request go on whose person signed in a short while ago: within `maxAge` milliseconds, ten minutes where
   * it is left out. Throws unauthenticated, reauth_required. Without a session plugin nobody is recent.
   */
  requireRecent: (request: FastifyRequest, maxAge?: number) => void
  /** Tells the audit, the application's hooks and the diagnostics channel what has happened. */
  report: ReportEvent
  /** Adds somebody who keeps what happened. */
  record: EventHub['record']
  /** Adds somebody who is told. */
  listen: EventHub['listen']
  /** What the audit keeps about a user, newest first; nothing while there is none. */
  auditOf: (userId: string) => Promise<readonly AuditEntry[]>
  /** The name under which a request holds its scored e-mail; `null` without verification. */
  scoredEmailDecorator: string | null
  /** Score from which on an address is verified; `null` without verification. */
  emailThreshold: number | null
  /** The user of a request's session, under whatever name it is decorated. */
  userOf: ((request: FastifyRequest) => SessionUser | null) | null
  /** The user of a request's session, whoever an application has put on the request: who changes ways in is asked by this. */
  sessionUserOf: ((request: FastifyRequest) => SessionUser | null) | null
  /** The hook for routes that need a user; `null` without a session plugin. */
  requireUser: RequireUser | null
  /** The sign-out route; `null` without a session plugin. */
  logoutPath: string | null
  /** Where a person's sessions are listed and ended; `null` without a session plugin. */
  sessionPaths: SessionPaths | null
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

// By the server, which all scopes of an application share: in which of them it was registered is its own business.
const registrations = new WeakMap<object, FastifyInstance>()

/** Notes the scope in which the provider plugin was registered. */
export function noteRegistration (app: FastifyInstance): void {
  registrations.set(app.server, app)
}

/** The scope of an application in which the provider plugin was registered, wherever that is; `null` where it was not. */
export function registrationIn (app: FastifyInstance): FastifyInstance | null {
  return registrations.get(app.server) ?? null
}

/** The sign-in that the provider plugin of this instance has made. */
export function signInOf (app: FastifyInstance): SignIn {
  return app[signInKey]
}

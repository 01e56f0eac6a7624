import createError, { type FastifyErrorConstructor } from '@fastify/error'
import type { Actor, HelpWord } from './help.ts'

/** A public error code: a closed set, under semantic versioning. */
export type ErrorCode =
  | 'access_denied' | 'interaction_required' | 'unauthenticated' | 'invalid_state' | 'invalid_request'
  | 'redirect_not_allowed' | 'otp_invalid' | 'otp_expired' | 'invalid_token' | 'tenant_not_allowed'
  | 'unverified_email' | 'signup_disabled' | 'account_disabled' | 'reauth_required' | 'cross_site_request'
  | 'email_in_use' | 'identity_in_use' | 'last_identity' | 'session_mismatch' | 'otp_locked'
  | 'too_many_requests' | 'provider_error' | 'provider_unavailable' | 'provider_timeout' | 'otp_unavailable'
  | 'store_unavailable' | 'insecure_transport' | 'server_error'

/**
 * The public codes, each with its status and the one
 * text that a client sees. The text is fixed: nothing of the request, of the
 * token or of Microsoft's answer is ever reflected (RFC 9700 section 4.11).
 * Codes and statuses are under semantic versioning.
 */
const publicErrors: Readonly<Record<ErrorCode, readonly [status: number, text: string]>> = {
  access_denied: [403, 'The sign-in was cancelled, or consent was refused.'],
  interaction_required: [401, 'Microsoft needs to ask something first. Sign in again.'],
  unauthenticated: [401, 'Sign in to see this.'],
  invalid_state: [400, 'This sign-in is unknown, was already used or has expired. Start again.'],
  invalid_request: [400, 'The request is not valid.'],
  redirect_not_allowed: [400, 'The address to return to is not allowed.'],
  otp_invalid: [400, 'The code is not right.'],
  otp_expired: [400, 'The code has expired.'],
  invalid_token: [401, 'The answer of Microsoft could not be verified. Sign in again.'],
  tenant_not_allowed: [403, 'Accounts of this organisation cannot sign in here.'],
  unverified_email: [403, 'Signing in needs a verified e-mail address, and Microsoft does not vouch for this one.'],
  signup_disabled: [403, 'New accounts are not accepted here.'],
  account_disabled: [403, 'This account is disabled.'],
  reauth_required: [403, 'This needs a recent sign-in. Sign in again.'],
  cross_site_request: [403, 'The request did not come from this site.'],
  email_in_use: [409, 'The e-mail address belongs to another account. Sign in the way you did before.'],
  identity_in_use: [409, 'This Microsoft account belongs to another account.'],
  last_identity: [409, 'This is the last way to sign in, so it stays.'],
  session_mismatch: [409, 'Somebody else is signed in now. Start again.'],
  otp_locked: [429, 'Too many wrong codes. Try again later.'],
  too_many_requests: [429, 'Too many requests. Try again later.'],
  provider_error: [502, 'Microsoft gave an answer that cannot be used.'],
  provider_unavailable: [503, 'Microsoft cannot be reached at the moment. Try again later.'],
  provider_timeout: [504, 'Microsoft did not answer in time. Try again later.'],
  otp_unavailable: [503, 'The code could not be sent. Try again later.'],
  store_unavailable: [503, 'The sign-in cannot be stored at the moment. Try again later.'],
  insecure_transport: [500, 'The server is not set up for secure cookies.'],
  server_error: [500, 'Something went wrong on our side. Start again.']
}

/** All public codes. */
export const errorCodes: readonly ErrorCode[] = Object.freeze(Object.keys(publicErrors) as ErrorCode[])

/** Whether `value` is one of the public codes. */
export function isErrorCode (value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(publicErrors, value)
}

/** The HTTP status of a code. */
export function statusOf (code: ErrorCode): number {
  return publicErrors[code][0]
}

/** The fixed text of a code, as people read it. */
export function errorText (code: ErrorCode): string {
  return publicErrors[code][1]
}

/** What the log says about a refusal, and nobody outside reads. Never a secret, never an address. */
export interface ErrorDetail {
  /** Why, in a short word, such as `missing_oid`. */
  reason: string
  /** Microsoft's number, `AADSTS` left off. */
  aadsts?: number | undefined
  /** Microsoft's correlation id, a GUID. */
  correlationId?: string | undefined
  /** Who can put it right. */
  actor?: Actor | undefined
  /** What the error page can say beyond the code. */
  help?: HelpWord | undefined
  /** What whoever runs the application can do about it. */
  remedy?: string | undefined
  /** Seconds after which another try makes sense; sent as `Retry-After`. */
  retryAfter?: number | undefined
  /** The row of the linking table that refused. */
  row?: string | undefined
  /** The user whom the refusal is about, where one is known. */
  userId?: string | undefined
}

/** A code that the application declared for sign-ups that it refuses: any text, with which ours are still offered by an editor. */
export type OwnCode = string & Record<never, never>

/**
 * A refusal with a public code. Made by {@link refuse}; carries no `cause`,
 * since causes hold what they failed with: requests, tokens, secrets.
 */
export interface EntraError extends Error {
  /** One of ours, or a code that option `signUpRefusals` declares. */
  readonly code: ErrorCode | OwnCode
  readonly statusCode: number
  readonly detail: Readonly<ErrorDetail>
}

const constructors = new Map<ErrorCode, ReturnType<typeof createError>>()
for (const code of errorCodes) {
  const [status, text] = publicErrors[code]
  constructors.set(code, createError(code, text, status))
}

const made = new WeakSet<Error>()

/**
 * Makes the error of a refusal.
 *
 * @param code - What the client is told.
 * @param reason - What the log is told: a short word, or a whole {@link ErrorDetail}.
 */
export function refuse (code: ErrorCode, reason: string | ErrorDetail): EntraError {
  return make(new (constructors.get(code)!)(), code, typeof reason === 'string' ? { reason } : reason)
}

/**
 * Makes the error of a sign-up that the application refuses, status 403.
 *
 * @param code - The application's own.
 * @param text - Its fixed text: what people read.
 */
export function refuseSignUp (code: OwnCode, text: string, detail: ErrorDetail): EntraError {
  // The text is an argument, and no format of its own: a "%s" in it stays one.
  return make(new (createError<[string]>(code, '%s', 403))(text), code, detail)
}

function make (error: Error, code: EntraError['code'], detail: ErrorDetail): EntraError {
  // @fastify/error writes its codes in capitals; ours are lower-case on the wire.
  Object.assign(error, { code, detail: Object.freeze({ ...detail }) })
  made.add(error)
  return error as EntraError
}

/** The same refusal under another status: a wrong method is 405, whatever its code says. */
export function withStatus (refusal: EntraError, statusCode: number): EntraError {
  return Object.assign(refusal, { statusCode })
}

/** Whether `error` was made by {@link refuse}. */
export function isEntraError (error: unknown): error is EntraError {
  return error instanceof Error && made.has(error)
}

/** Why something failed, in a word that may be logged: what is no refusal of ours may hold anything. */
export function reasonOf (error: unknown): string {
  return isEntraError(error) ? error.detail.reason : 'unexpected'
}

/**
 * A mistake in the options or in the set-up, or in how an application uses a
 * decorator: thrown at registration wherever it can be known then. The message names the option, what was given
 * and the remedy.
 */
export const ConfigurationError: FastifyErrorConstructor<{ code: string }, [string]> =
  createError<[string]>('FST_ENTRA_CONFIGURATION', '%s', 500)

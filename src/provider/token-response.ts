import { type EntraError, type ErrorCode, refuse } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { retryAfterOf } from '../core/retry-after.ts'
import { detailOf, microsoftErrorOf } from './aadsts.ts'
import type { RefreshedTokens, TokenSet } from './types.ts'

/**
 * What the token endpoint gave, read strictly (RFC 6749 section 5.1).
 *
 * @throws provider_error where it is not what was asked for.
 */
export function readTokenResponse (token: unknown): TokenSet {
  const { id_token: idToken } = asRecord(token)
  if (!isFilled(idToken)) throw refuse('provider_error', 'no_id_token')
  return Object.freeze({ ...readRefreshResponse(token), idToken })
}

/**
 * What the token endpoint gave for a refresh token (RFC 6749 section 6). An ID
 * token that may be with it is left as it is: it is about no attempt.
 *
 * @throws provider_error where it is not what was asked for.
 */
export function readRefreshResponse (token: unknown): RefreshedTokens {
  const answer = asRecord(token)
  if (!isFilled(answer.access_token)) throw refuse('provider_error', 'no_access_token')
  if (typeof answer.token_type !== 'string' || answer.token_type.toLowerCase() !== 'bearer') {
    throw refuse('provider_error', 'token_type')
  }
  return Object.freeze({
    accessToken: answer.access_token,
    ...(isFilled(answer.refresh_token) ? { refreshToken: answer.refresh_token } : {}),
    ...(isLifetime(answer.expires_in) ? { expiresIn: answer.expires_in } : {}),
    ...(isFilled(answer.scope) ? { scope: answer.scope } : {}),
    ...(isFilled(answer.id_token) ? { idToken: answer.id_token } : {})
  })
}

/**
 * The refusal that a failed token request means.
 *
 * Only Microsoft's error word, numbers and ids are taken from the failure: it
 * holds the request as well, and with it the secret and the code.
 */
export function tokenRequestRefusal (failure: unknown): EntraError {
  const { data, message } = asRecord(failure)
  const { isResponseError, payload, res } = asRecord(data)
  const response = asRecord(res)
  const status = Number(response.statusCode)
  if (status === 429 || status >= 500) {
    return refuse('provider_unavailable', { reason: `token_status_${status}`, retryAfter: retryAfterOf(asRecord(response.headers)['retry-after']) })
  }
  if (isResponseError === true) return protocolRefusal(asRecord(payload))
  if (typeof message === 'string' && brokenConnection.test(message)) return refuse('provider_unavailable', 'token_connection')
  return refuse('provider_error', 'token_answer_unreadable')
}

// Messages of the HTTP client (wreck): it has no code of its own for these.
const brokenConnection = /^(?:Client request error|Payload stream (?:error|closed prematurely)|socket hang up)/

// RFC 6749 section 5.2. A code that Microsoft no longer takes means: start again.
const meanings: Readonly<Record<string, ErrorCode>> = {
  invalid_grant: 'invalid_state',
  interaction_required: 'interaction_required',
  consent_required: 'access_denied',
  temporarily_unavailable: 'provider_unavailable'
}

function protocolRefusal (payload: Record<string, unknown>): EntraError {
  const error = typeof payload.error === 'string' && /^[a-z_]{1,40}$/.test(payload.error) ? payload.error : 'unknown'
  const numbers = Array.isArray(payload.error_codes) ? payload.error_codes : []
  const aadsts = numbers.find((number) => Number.isInteger(number))
  const meaning = Object.hasOwn(meanings, error) ? meanings[error]! : 'provider_error'
  return refuse(microsoftErrorOf(aadsts)?.code ?? meaning, {
    reason: `token_${error}`,
    correlationId: isGuid(payload.correlation_id) ? payload.correlation_id : undefined,
    ...detailOf(aadsts)
  })
}

function asRecord (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
}

function isFilled (value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isLifetime (value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

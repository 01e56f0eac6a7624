import { type EntraError, type ErrorCode, refuse } from '../core/errors.ts'
import type { Authority } from '../core/authority.ts'
import { tenantOfIssuer } from '../core/authority.ts'
import { detailOf, microsoftErrorOf } from './aadsts.ts'

/** Microsoft's answer to the authorization request, as the browser brings it (RFC 6749 section 4.1.2). */
export interface AuthorizationResponse {
  readonly state: string
  readonly code: string | null
  readonly error: string | null
  readonly errorDescription: string | null
  readonly issuer: string | null
}

const parameters = ['state', 'code', 'error', 'error_description', 'iss'] as const

/**
 * Reads the query of the callback.
 *
 * @throws invalid_request where a parameter comes twice, or a code beside an error (RFC 6749 section 3.1);
 * invalid_state where the state cannot be one of ours.
 */
export function readAuthorizationResponse (query: Readonly<Record<string, unknown>>): AuthorizationResponse {
  for (const name of parameters) {
    if (query[name] !== undefined && typeof query[name] !== 'string') throw refuse('invalid_request', `repeated_${name}`)
  }
  const { state, code, error, error_description: errorDescription, iss } = query as Record<string, string | undefined>
  if (state === undefined || !/^[\w-]{43}$/.test(state)) throw refuse('invalid_state', 'malformed_state')
  if (code !== undefined && error !== undefined) throw refuse('invalid_request', 'code_and_error')
  return {
    state,
    code: code ?? null,
    error: error ?? null,
    errorDescription: errorDescription ?? null,
    issuer: iss ?? null
  }
}

/**
 * The code of an answer, after all that can be wrong with it.
 *
 * @throws what Microsoft's error means; invalid_token where the answer names a foreign issuer (RFC 9207
 * section 2.4); invalid_request where there is no code.
 */
export function codeOf (response: AuthorizationResponse, authority: Authority): string {
  if (response.error !== null) throw refusalOf(response.error, response.errorDescription)
  // The tenant is not known yet; the token's `iss` must be the same later.
  if (response.issuer !== null && tenantOfIssuer(authority, response.issuer) === null) {
    throw refuse('invalid_token', 'authorization_response_iss')
  }
  if (response.code === null || !/^[\x21-\x7e]{1,4096}$/.test(response.code)) {
    throw refuse('invalid_request', 'missing_code')
  }
  return response.code
}

// RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6, and what Microsoft adds.
const meanings: Readonly<Record<string, ErrorCode>> = {
  access_denied: 'access_denied',
  consent_required: 'access_denied',
  interaction_required: 'interaction_required',
  login_required: 'interaction_required',
  account_selection_required: 'interaction_required',
  temporarily_unavailable: 'provider_unavailable',
  server_error: 'provider_unavailable'
}

/**
 * What Microsoft's error means: the number says more than the word. Both come through the browser, so that they decide
 * what is shown and nothing else, and only a known word, a number and a GUID are fit for the log.
 */
export function refusalOf (error: string, description: string | null): EntraError {
  const isKnown = Object.hasOwn(meanings, error)
  const aadsts = numberIn(description)
  return refuse(microsoftErrorOf(aadsts)?.code ?? (isKnown ? meanings[error]! : 'provider_error'), {
    reason: isKnown ? `authorization_${error}` : 'authorization_error',
    correlationId: correlationIdIn(description),
    ...detailOf(aadsts)
  })
}

function numberIn (description: string | null): number | undefined {
  const number = /^AADSTS(\d{4,8})\b/.exec(description ?? '')?.[1]
  return number === undefined ? undefined : Number(number)
}

function correlationIdIn (description: string | null): string | undefined {
  return /\bCorrelation ID: ([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b/i.exec(description ?? '')?.[1]?.toLowerCase()
}

import { refuse } from '../core/errors.ts'
import { apiOf, apiScopes, mergeScopes, requireAllowed } from '../core/scopes.ts'
import type { Attempt } from './types.ts'

/** In characters: they travel in the attempt's cookie, of which browsers keep 4 KiB. */
const longest = 512

/**
 * The scopes that a link to the start route asks for beside those of the
 * options: a list with spaces or commas between.
 *
 * @param value - The parameter `provider_scopes`, as it came.
 * @param allowed - Scopes that may be asked for.
 * @throws invalid_request where it comes twice, is longer than any list of ours, or holds a scope that is not allowed.
 */
export function readProviderScopes (value: unknown, allowed: readonly string[]): string[] {
  if (value === undefined) return []
  if (typeof value !== 'string' || value.length > longest) throw refuse('invalid_request', 'malformed_provider_scopes')
  const scopes = value.split(/[ ,]+/).filter((scope) => scope !== '')
  requireAllowed(scopes, allowed)
  return mergeScopes(scopes)
}

/** What all sign-ins ask for. */
export interface StandingScopes {
  readonly config: { readonly scopes: readonly string[] }
  readonly wantsRefreshTokens: boolean
}

/** All that an attempt asks for: what every sign-in does, and what it was started for. */
export function scopesOf ({ config, wantsRefreshTokens }: StandingScopes, { scopes = [] }: Pick<Attempt, 'scopes'>): string[] {
  return mergeScopes(config.scopes, wantsRefreshTokens ? ['offline_access'] : [], scopes)
}

/**
 * What the token request has to say about scopes. An access token is for one
 * API: a code that was asked for with scopes of several cannot be redeemed
 * without saying for which (AADSTS28000, AADSTS28003). What was asked for last is
 * what the person came for; tokens for the other APIs follow by refresh.
 *
 * @param scopes - Those that the code was asked for with.
 * @returns nothing where all are of one API.
 */
export function scopesOfOneApi (scopes: readonly string[]): readonly string[] | undefined {
  const apis = apiScopes(scopes).map(apiOf)
  if (new Set(apis).size < 2) return undefined
  const own = apiScopes(scopes).filter((scope) => apiOf(scope) === apis.at(-1))
  return [...scopes.filter((scope) => apiScopes([scope]).length === 0), ...own]
}

import { apiOf, apiScopes, mergeScopes } from '../core/scopes.ts'
import type { Attempt } from './types.ts'

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

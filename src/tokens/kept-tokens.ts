import { apiScopes, normalScope } from '../core/scopes.ts'
import type { RefreshedTokens, TokenSet } from '../provider/types.ts'
import type { KeptAccessToken, KeptTokens } from './types.ts'

/** A kept access token is given out while it has more than this left, in milliseconds: five minutes. After that it is refreshed. */
export const refreshAhead = 300_000

/** Access tokens that are kept side by side for one identity: more APIs than an application asks at a time. */
const most = 8

/**
 * The kept access token that is good for these scopes and ends last.
 *
 * @param wanted - In their compared spelling.
 * @param spare - Milliseconds that it must still have left.
 */
export function findAccessToken ({ accessTokens }: KeptTokens, wanted: readonly string[], now: number, spare: number): KeptAccessToken | null {
  const good = accessTokens.filter((token) => isAlive(token, now, spare) && wanted.every((scope) => token.scopes.includes(scope)))
  return good.reduce<KeptAccessToken | null>((best, token) => best === null || token.expiresAt > best.expiresAt ? token : best, null)
}

/** A token from the future was obtained before the clock was set back: how old it is nobody knows (abuse case D22). */
function isAlive ({ obtainedAt, expiresAt }: KeptAccessToken, now: number, spare: number): boolean {
  return obtainedAt <= now && now + spare < expiresAt
}

/** What a sign-in leaves. */
export interface SignInTokens {
  readonly tokens: TokenSet
  /** Scopes that were asked for. */
  readonly asked: readonly string[]
  readonly loginHint: string | null
  /** When Microsoft gave them, in milliseconds since 1970. */
  readonly obtainedAt: number
}

/** The tokens of an identity after a sign-in. What Microsoft did not give anew stays: it is still good. */
export function afterSignIn (before: KeptTokens | null, { tokens, asked, loginHint, obtainedAt }: SignInTokens): KeptTokens {
  const granted = grantedScopes(tokens, asked)
  return {
    refreshToken: tokens.refreshToken ?? before?.refreshToken ?? null,
    accessTokens: withAccessToken(before?.accessTokens ?? [], tokens, granted, obtainedAt),
    loginHint: loginHint ?? before?.loginHint ?? null
  }
}

/**
 * The tokens of an identity after a refresh. A refresh token that was not
 * rotated is kept (RFC 6749 section 6).
 *
 * @param wanted - What was asked for, in the compared spelling: also where Microsoft answers with other words, as it does to `.default`.
 */
export function afterRefresh (before: KeptTokens, tokens: RefreshedTokens, wanted: readonly string[], obtainedAt: number): KeptTokens {
  const scopes = [...new Set([...grantedScopes(tokens, wanted), ...wanted])]
  return {
    ...before,
    refreshToken: tokens.refreshToken ?? before.refreshToken,
    accessTokens: withAccessToken(before.accessTokens, tokens, scopes, obtainedAt)
  }
}

/** The scopes that a person has not agreed to, of those that were asked for: Microsoft may grant less (RFC 6749 section 3.3). */
export function missingScopes (tokens: RefreshedTokens, wanted: readonly string[]): string[] {
  const granted = grantedScopes(tokens, wanted)
  return apiScopes(wanted).filter((scope) => !granted.includes(scope) && !isDefault(scope))
}

/** `.default` stands for whatever was consented to, and is answered with that. */
function isDefault (scope: string): boolean {
  return scope === '.default' || scope.endsWith('/.default')
}

/** Where Microsoft does not say what it granted, it is what was asked for (RFC 6749 section 5.1). */
function grantedScopes ({ scope }: RefreshedTokens, asked: readonly string[]): string[] {
  return (scope?.split(' ').filter((one) => one !== '') ?? asked).map(normalScope)
}

/** A lifetime that Microsoft did not tell counts as none: such a token is used, and not kept. */
function withAccessToken (
  before: readonly KeptAccessToken[], { accessToken: value, expiresIn = 0 }: RefreshedTokens, scopes: readonly string[], obtainedAt: number
): KeptAccessToken[] {
  const token = { value, scopes, obtainedAt, expiresAt: obtainedAt + expiresIn * 1_000 }
  // Who has a newer token for all that an older one is for needs the older one no more.
  const others = before.filter((other) => isAlive(other, obtainedAt, 0) && !other.scopes.every((scope) => scopes.includes(scope)))
  return [...(expiresIn > 0 ? [token] : []), ...others].slice(0, most)
}

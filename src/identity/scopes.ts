/** What an app may ask for (OpenID Connect Core section 5.4, and one of our own). */
export type ScopeName = 'openid' | 'profile' | 'email' | 'email_trust' | 'offline_access'

/** The claims that each scope brings; `sub` is in every token. */
export const claimsOfScope: Readonly<Record<Exclude<ScopeName, 'offline_access'>, readonly string[]>> = Object.freeze({
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name'],
  email: ['email', 'email_verified'],
  email_trust: ['email_score', 'email_evidence']
})

/** All scopes. */
export const scopeNames: readonly ScopeName[] = Object.freeze([...Object.keys(claimsOfScope) as ScopeName[], 'offline_access'])

/** The scopes that bring single claims, which an app asks for by name (OpenID Connect Core section 5.5). */
const claimScopes = new Map<string, ScopeName>(Object.entries(claimsOfScope).flatMap(([scope, claims]) => claims.map((claim) => [claim, scope as ScopeName] as const)))

/**
 * What a person is asked to let an app have: each once, in the order of {@link scopeNames}. A claim that is asked for
 * by its name is shown as the scope that brings it.
 */
export function wantedScopes (scopes: readonly string[], claims: readonly string[]): ScopeName[] {
  const wanted = new Set<string | undefined>([...scopes, ...claims.map((claim) => claimScopes.get(claim))])
  return scopeNames.filter((name) => wanted.has(name))
}

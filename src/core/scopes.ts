import { refuse } from './errors.ts'

/** Scopes of the sign-in itself: they belong to no API, and are part of whatever is asked for. */
const openIdScopes: readonly string[] = ['openid', 'profile', 'email', 'offline_access']

// A scope without a scheme is one of Microsoft Graph: `Mail.Read` is `https://graph.microsoft.com/Mail.Read`, at each cloud its own.
const graph = /^https:\/\/(?:graph\.microsoft\.(?:com|us)|dod-graph\.microsoft\.us|microsoftgraph\.chinacloudapi\.cn)\//

/** The one spelling by which scopes are compared. Microsoft folds their letter case, and answers with or without the address of Graph. */
export function normalScope (scope: string): string {
  return scope.toLowerCase().replace(graph, '')
}

/** Whether a value is a scope (RFC 6749 section 3.3), and not too long to be one. Lists may be separated by commas, so none has one. */
export function isScope (value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256 && /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/.test(value)
}

/** Scopes of an API: without those of the sign-in itself. */
export function apiScopes (scopes: readonly string[]): string[] {
  return scopes.filter((scope) => !openIdScopes.includes(normalScope(scope)))
}

/** The API that a scope is for: what stands before its last slash, or nothing for Microsoft Graph. An access token is for one. */
export function apiOf (scope: string): string {
  return /^(.*)\/[^/]*$/.exec(normalScope(scope))?.[1] ?? ''
}

/** Each scope once, in the order given, whichever way it is spelt. */
export function mergeScopes (...lists: ReadonlyArray<readonly string[]>): string[] {
  const all = lists.flat()
  const spelt = all.map(normalScope)
  return all.filter((_, index) => spelt.indexOf(spelt[index]!) === index)
}

/**
 * Lets only scopes through that the operator has named: whatever a link or a
 * request says, nobody is asked to consent to more (abuse cases O13 and O14).
 *
 * @throws invalid_request
 */
export function requireAllowed (scopes: readonly string[], allowed: readonly string[]): void {
  const known = new Set([...openIdScopes, ...allowed.map(normalScope)])
  if (!scopes.every((scope) => isScope(scope) && known.has(normalScope(scope)))) {
    throw refuse('invalid_request', { reason: 'scope_not_allowed', remedy: 'List the scope in option "scopes" or "allowedScopes".' })
  }
}

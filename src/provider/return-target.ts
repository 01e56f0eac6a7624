import { refuse } from '../core/errors.ts'
import { matchesPattern, type RedirectPattern } from './redirect-pattern.ts'

/** Where a browser may be sent after a sign-in. */
export interface ReturnPolicy {
  /** Scheme and host of the application: `https://app.example`. */
  readonly origin: string
  /** Compiled from `allowedRedirectUrls`. */
  readonly patterns: readonly RedirectPattern[]
  /** Paths of ours: a sign-in that ends at one of them would loop, or sign out. `/x/*` stands for all that lies below `/x`. */
  readonly reserved: readonly string[]
}

const longest = 2_048
// Characters that URLs are made of (RFC 3986 section 2), the backslash among those left out: browsers read it as a slash.
const urlCharacters = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/
// A slash, backslash, dot, percent sign or control character that hides in a path.
const hiddenInPath = /%(?:2f|5c|2e|25|[01][0-9a-f]|7f)/i

/**
 * The address to send a browser to, in its parsed form.
 *
 * Own paths, and absolute URLs that a pattern allows; nothing else. Checked
 * at the start of a sign-in and again at its end (RFC 9700 section 4.11,
 * OWASP ASVS 3.7.2, abuse cases O26 to O29).
 *
 * @param target - What was asked for.
 * @throws redirect_not_allowed
 */
export function checkReturnTarget (target: unknown, policy: ReturnPolicy): string {
  const { location, refusal } = readReturnTarget(target, policy)
  if (location === null) throw refuse('redirect_not_allowed', refusal)
  return location
}

/** The same as {@link checkReturnTarget}, but `null` for a target that is not allowed. */
export function allowedReturnTarget (target: unknown, policy: ReturnPolicy): string | null {
  return readReturnTarget(target, policy).location
}

type Reading =
  | { readonly location: string, readonly refusal: null }
  | { readonly location: null, readonly refusal: `return_target_${'malformed' | 'reserved' | 'not_listed'}` }

function readReturnTarget (target: unknown, policy: ReturnPolicy): Reading {
  if (typeof target !== 'string' || target.length > longest || !urlCharacters.test(target)) return refused('malformed')
  const isPath = target.startsWith('/')
  const url = isPath ? parsePath(target, policy.origin) : parseAbsolute(target)
  if (url === null || hiddenInPath.test(beforeQuery(target)) || url.pathname.startsWith('//')) return refused('malformed')
  if (url.origin === policy.origin && isReserved(url.pathname, policy.reserved)) return refused('reserved')
  if (isPath) return { location: url.pathname + url.search + url.hash, refusal: null }
  return policy.patterns.some((pattern) => matchesPattern(url, pattern)) ? { location: url.href, refusal: null } : refused('not_listed')
}

function refused (reason: 'malformed' | 'reserved' | 'not_listed'): Reading {
  return { location: null, refusal: `return_target_${reason}` }
}

function beforeQuery (target: string): string {
  return target.split(/[?#]/, 1)[0]!
}

/** A second slash would start a host. */
function parsePath (target: string, origin: string): URL | null {
  return target.startsWith('//') ? null : new URL(target, origin)
}

/** Only `scheme://host…` with an explicit host: `https:host` and `https:/host` are read differently by different parsers. */
function parseAbsolute (target: string): URL | null {
  if (!/^https?:\/\/[a-z0-9[]/.test(target)) return null
  const [, authority] = /^https?:\/\/([^/?#]*)/.exec(target)!
  return /[@%]/.test(authority!) ? null : URL.parse(target)
}

/**
 * Routers differ in whether they fold letter case, double and trailing
 * slashes, and cut at a semicolon; a path counts as ours however it is spelt.
 */
function isReserved (pathname: string, reserved: readonly string[]): boolean {
  const path = fold(pathname)
  return reserved.map(foldOnce).some((ours) => ours.endsWith('/*') ? path.startsWith(ours.slice(0, -1)) : path === ours)
}

// The paths of ours: they are given once, and looked at for each sign-in.
const folded = new Map<string, string>()

function foldOnce (ours: string): string {
  let path = folded.get(ours)
  if (path === undefined) folded.set(ours, path = fold(ours))
  return path
}

function fold (pathname: string): string {
  return decodePath(pathname).toLowerCase().split(';', 1)[0]!.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')
}

/** A path that cannot be decoded is compared as it is: no router decodes it either. */
function decodePath (pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

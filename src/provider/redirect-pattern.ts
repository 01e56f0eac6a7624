import { isLoopbackHost } from '../core/loopback.ts'

/** One entry of `allowedRedirectUrls`, compiled. */
export interface RedirectPattern {
  readonly protocol: string
  /** Host and port. */
  readonly host: string
  /** Whether one whole label stands before the host. */
  readonly anyLabel: boolean
  readonly segments: readonly string[]
}

const shape = /^(https?:)\/\/(\*\.)?([^/?#*@]+)(\/[^?#]*)?$/

/**
 * Compiles a pattern such as `https://*.example.com/teams/*` or
 * `https://app.example.com/**`.
 *
 * `*` stands for one whole left-most host label, or for any characters within
 * one path segment; `**` stands for any number of segments and is a segment of
 * its own. Query and fragment are not part of a pattern.
 *
 * @returns the pattern, or the reason why the text is none.
 */
export function compileRedirectPattern (text: string): RedirectPattern | string {
  const parts = shape.exec(text)
  if (parts === null) return 'needs a scheme and a host, with "*." as its first label at most, and no query or fragment'
  const [, protocol, wildcard, host, path = '/'] = parts
  const url = URL.parse(`${protocol}//${host}/`)
  if (url === null || url.host !== host) return `has the host "${host}", which is not written the way browsers compare it`
  if (protocol === 'http:' && !isLoopbackHost(url.hostname)) return 'uses http, which is for loopback hosts only'
  if (wildcard !== undefined && !/^[^.]+\.[^.]+/.test(host!)) return 'has a "*." before a single label, which any site could match'
  const segments = path.slice(1).split('/')
  if (segments.filter((segment) => segment === '**').length > 1) return 'has more than one "**"'
  if (segments.some((segment) => segment !== '**' && segment.split('*').length > 2)) return 'has more than one "*" in a path segment'
  return Object.freeze({ protocol: protocol!, host: host!, anyLabel: wildcard !== undefined, segments: Object.freeze(segments) })
}

/** Whether a parsed URL is one that the pattern allows. Linear in the length of the URL. */
export function matchesPattern (url: URL, pattern: RedirectPattern): boolean {
  return url.protocol === pattern.protocol &&
    matchesHost(url.host, pattern) &&
    matchesPath(url.pathname.slice(1).split('/'), pattern.segments)
}

function matchesHost (host: string, pattern: RedirectPattern): boolean {
  if (!pattern.anyLabel) return host === pattern.host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot + 1) === pattern.host
}

function matchesPath (segments: readonly string[], pattern: readonly string[]): boolean {
  const many = pattern.indexOf('**')
  if (many === -1) return segments.length === pattern.length && matchesEach(segments, pattern)
  const before = pattern.slice(0, many)
  const after = pattern.slice(many + 1)
  return segments.length >= before.length + after.length &&
    matchesEach(segments, before) &&
    matchesEach(segments.slice(segments.length - after.length), after)
}

function matchesEach (segments: readonly string[], pattern: readonly string[]): boolean {
  return pattern.every((wanted, index) => matchesSegment(segments[index]!, wanted))
}

function matchesSegment (segment: string, pattern: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return segment === pattern
  const start = pattern.slice(0, star)
  const end = pattern.slice(star + 1)
  return segment.length >= start.length + end.length && segment.startsWith(start) && segment.endsWith(end)
}

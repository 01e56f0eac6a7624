import fc from 'fast-check'
import { isEntraError } from '../../../src/core/errors.ts'
import { compileRedirectPattern, type RedirectPattern } from '../../../src/provider/redirect-pattern.ts'
import { allowedReturnTarget, checkReturnTarget } from '../../../src/provider/return-target.ts'
import type { Target } from '../fuzz.ts'
import { text } from '../inputs.ts'

interface Input {
  readonly patterns: readonly string[]
  readonly target: unknown
}

const origin = 'https://app.example'
const reserved = ['/auth/microsoft/login', '/auth/microsoft/callback', '/auth/logout', '/simulator/*']

const pieces = fc.constantFrom(
  'https://', 'http://', 'HTTPS://', 'https:', 'https:/', '//', '/', '\\', '\\\\', '/\\', 'javascript:', 'data:', 'app.example', 'a.example', 'b.a.example', '.a.example', 'evil.example', 'localhost', '127.0.0.1', '[::1]', '2130706433', '0x7f.1',
  ':443', ':8443', ':', '@', 'user@', 'user:pw@', '#', '?', '%2f', '%5c', '%2e%2e', '%00', '%252f', '%', '..', '.', '/x', '/x/y', '/auth/logout', '/AUTH/', 'auth/logout', '/simulator/z', ';', ';a=b', '*', '**', '/**', '/*', '\t', '\r\n', ' ', '\0',
  '\u2215', '\uff0f', '\u3002', '\u0430', 'xn--', '&', '=', 'a', 'z', '-', '_', '~', '|', '<', '>', '"', '{', '}', '^', '`'
)
const composed = fc.array(pieces, { maxLength: 7 }).map((parts) => parts.join(''))

const goodPatterns = ['https://app.example/**', 'https://a.example', 'https://*.a.example/x', 'https://a.example/x/*', 'https://a.example/x*z', 'https://a.example/x/**/z', 'https://a.example:8443/**', 'http://localhost:5173/**', 'https://*.b.example/**', 'http://127.0.0.1/**', 'http://[::1]/**']
const pattern = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...goodPatterns) }, { weight: 2, arbitrary: composed }, { weight: 1, arbitrary: text })
/** Targets that nearly fit. */
const near = fc.tuple(fc.constantFrom('https://a.example', 'https://b.a.example', 'https://a.example:8443', 'http://localhost:5173', 'https://app.example', '', 'https://c.b.example'), fc.array(fc.constantFrom('/x', '/z', '/xz', '/xyz', '/', '/a', '/auth', '/logout', '?q=/x', '#f', '/%78', '/../x', '/./z', '//'), { maxLength: 5 })).map(([host, path]) => host + path.join(''))

export const returnTarget: Target<Input> = {
  name: 'return-target',
  rule: 'a browser is sent to a path of the application, or to a host that the options name, and never to a route of ours',
  input: fc.record({ patterns: fc.array(pattern, { maxLength: 3 }), target: fc.oneof({ weight: 4, arbitrary: composed }, { weight: 4, arbitrary: near }, { weight: 2, arbitrary: text }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) }) }),
  reaches: ['path', 'listed', 'redirect_not_allowed return_target_malformed', 'redirect_not_allowed return_target_reserved', 'redirect_not_allowed return_target_not_listed'],
  open: () => ({
    attempt: ({ patterns: texts, target }) => {
      const read = texts.map(compileRedirectPattern)
      const complaints = texts.filter((one, index) => typeof read[index] !== 'string' && !namesHost(one)).map((one) => `${JSON.stringify(one)} is a pattern without a host`)
      const patterns = read.filter((one): one is RedirectPattern => typeof one !== 'string')
      const policy = { origin, patterns, reserved }
      const location = allowedReturnTarget(target, policy)
      if (location === null) return { outcome: refusalOf(() => checkReturnTarget(target, policy)), complaints }
      if (allowedReturnTarget(location, policy) !== location) complaints.push('is another one when it is checked again')
      complaints.push(...breaches(location, texts.filter((_, index) => typeof read[index] !== 'string')))
      return { outcome: location.startsWith('/') ? 'path' : 'listed', complaints }
    },
    control: () => checkReturnTarget('/a?b', { origin, patterns: [], reserved }) === '/a?b' ? [] : ['no path is allowed']
  })
}

function refusalOf (check: () => unknown): string {
  try {
    check()
    return 'allowed by one check and not by the other'
  } catch (error) {
    if (!isEntraError(error)) throw error
    return `${error.code} ${error.detail.reason}`
  }
}

/** Whether one host, or all of one level below a host of two labels, is what a pattern stands for. */
function namesHost (pattern: string): boolean {
  return /^https:\/\/(?:\*\.[a-z0-9-]+(?:\.[a-z0-9-]+)+|(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|\[[0-9a-f:.]+\]|[^*/?#@]+)(?::\d+)?(?:\/|$)|^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/.test(pattern)
}

/** What a browser makes of a `Location` header, held against the patterns by a way of its own. */
function breaches (location: string, patterns: readonly string[]): string[] {
  const complaints: string[] = []
  const url = new URL(location, `${origin}/auth/microsoft/callback`)
  if (!/^[\x21-\x7e]+$/.test(location)) complaints.push('has characters that no header takes')
  if (url.username !== '' || url.password !== '') complaints.push('has user information')
  if (location.startsWith('/') ? url.origin !== origin : !patterns.some((pattern) => asExpression(pattern).test(url.protocol + '//' + url.host + url.pathname))) complaints.push(`leads to ${url.origin}${url.pathname}`)
  const path = decodeURIComponent(url.pathname.replace(/%(?![0-9a-f]{2})/gi, '%25').replace(/%[89a-f][0-9a-f]/gi, '_')).toLowerCase().replace(/;.*/s, '').replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')
  if (url.origin === origin && (reserved.includes(path) || path.startsWith('/simulator/'))) complaints.push('leads to a route of ours')
  return complaints
}

function asExpression (pattern: string): RegExp {
  const [, scheme, host, path = '/'] = /^(https?:\/\/)([^/]*)(\/.*)?$/s.exec(pattern)!
  const quoted = (one: string): string => one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const hostPart = host!.startsWith('*.') ? `[^.:/]+\\.${quoted(host!.slice(2))}` : quoted(host!)
  const segments = path.slice(1).split('/').map((segment) => segment === '**' ? null : segment.split('*').map(quoted).join('[^/]*'))
  const many = segments.indexOf(null)
  const pathPart = many === -1
    ? `/${segments.join('/')}`
    : segments.slice(0, many).map((one) => `/${one!}`).join('') + (many + 1 === segments.length ? '(?:/[^/]*)*' : `(?:/[^/]*)*/${segments.slice(many + 1).join('/')}`)
  return new RegExp(`^${quoted(scheme!)}${hostPart}${pathPart}$`)
}

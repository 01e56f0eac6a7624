import { isLoopbackHost } from '../core/loopback.ts'
import type { ClientType } from './types.ts'

/** Schemes that run or read something where they are opened. */
const dangerous: ReadonlySet<string> = new Set(['javascript:', 'vbscript:', 'data:', 'blob:', 'file:', 'about:', 'view-source:', 'ws:', 'wss:', 'ftp:'])

/** Parameters of an authorization response (RFC 6749 section 4.1.2, RFC 9207): in the query already, there would be two. */
const answered: readonly string[] = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state']

/**
 * Whether a person may be returned to a URL with a code in hand. Compared
 * character by character later on (RFC 9700 section 2.1), so what two parsers
 * could read differently is refused here, with the reason.
 *
 * @returns `null` where it may be; else why not, after the URL.
 */
export function whyNoRedirect (text: string, type: ClientType): string | null {
  if (text.length > 2_000) return 'has more than 2000 characters'
  if (!/^[\x21-\x7E]+$/.test(text)) return 'has a space, or a character that is not of ASCII: percent-encode it, and write a host by its xn-- form'
  if (text.includes('*')) return 'has a "*", and nothing stands for anything here: list each URL'
  if (text.includes('#')) return 'has a fragment, which browsers keep to themselves or carry along (RFC 6749 section 3.1.2)'
  const url = URL.parse(text)
  if (url === null) return 'is no absolute URL'
  if (dangerous.has(url.protocol)) return `has the scheme "${url.protocol}", which runs or reads something in the browser or is none that a browser is returned to`
  if (url.username !== '' || url.password !== '') return 'has a user or a password in it'
  if (url.href !== text && url.href !== `${text}/`) return `is not written as browsers compare it: ${url.href}`
  const twice = answered.find((name) => url.searchParams.has(name))
  if (twice !== undefined) return `has the parameter "${twice}" in its query, which the answer will have`
  return url.protocol === 'https:' || url.protocol === 'http:' ? whyNoWebUrl(url, type) : whyNoScheme(url, type)
}

function whyNoWebUrl ({ protocol, hostname }: URL, type: ClientType): string | null {
  const isLoopback = isLoopbackHost(hostname)
  if (protocol === 'http:' && !isLoopback) return 'uses http, which is for loopback hosts only: whoever is on the way reads the code'
  // Any program on the machine may take a loopback port, and none has a certificate for it that is worth anything (RFC 8252 section 7.3).
  if (protocol === 'https:' && isLoopback && type === 'native') return 'uses https with a loopback host: native apps listen by http there'
  return null
}

/** RFC 8252 section 7.1: a scheme that the app's maker can claim, by the name of a domain of theirs. */
function whyNoScheme ({ protocol }: URL, type: ClientType): string | null {
  if (type !== 'native') return `has the scheme "${protocol}": ${type === 'web' ? 'web apps' : 'single-page apps'} are returned to by https`
  if (/^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:$/.test(protocol)) return null
  return `has the scheme "${protocol}", which any app could take: use a domain of yours in reverse order, as in com.example.app:/callback (RFC 8252 section 7.1)`
}

/** Whether a URL is fit to be told that a session ended; `null`, or why not. */
export function whyNoBackchannel (text: string): string | null {
  const url = new URL(text)
  if (url.hash !== '' || text.includes('#')) return 'has a fragment (OpenID Connect Back-Channel Logout section 2.2)'
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) return 'uses http, which is for loopback hosts only'
  return null
}

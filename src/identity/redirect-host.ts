import { isLoopbackHost } from '../core/loopback.ts'

/**
 * Whether anybody on the person's device could be who waits at a redirect URL: a loopback port, and a scheme of an
 * app's own, belong to whatever claims them (RFC 8252 section 8.6). So a person is asked each time.
 */
export function isClaimable (redirectUrl: string): boolean {
  const { protocol, hostname } = new URL(redirectUrl)
  return protocol !== 'https:' || isLoopbackHost(hostname)
}

/** Where a redirect URL leads, as people know it: a host, or the scheme of an app on their own device. */
export type Place = { readonly host: string } | { readonly scheme: string }

/** Where a redirect URL leads. */
export function placeOf (redirectUrl: string): Place {
  const { protocol, host } = new URL(redirectUrl)
  return host === '' || !/^https?:$/.test(protocol) ? { scheme: protocol } : { host }
}

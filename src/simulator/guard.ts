import { Socket } from 'node:net'
import { isLoopbackAddress, isLoopbackHost } from '../core/loopback.ts'

/** Why the simulator does not answer a request. */
export type GuardReason = 'remote_address' | 'local_address' | 'forwarded' | 'host' | 'origin'

/** What is looked at of a request: the socket itself, never what a proxy setting makes of it. */
export interface GuardedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined, readonly localAddress?: string | undefined }
  readonly headers: Readonly<Record<string, unknown>>
  readonly httpVersion: string
}

/**
 * Finds out whether a request comes from this machine, and nowhere else.
 *
 * The simulator is a way in for anybody, so it answers only sockets whose both
 * ends are loopback (a server on all interfaces has others), requests that no
 * proxy has passed on (it would make the whole world look local), hosts that
 * can only be this machine (else a page elsewhere could rebind its name to
 * 127.0.0.1 and read the answers), and pages of this machine.
 *
 * @returns why not, or `null` where the request may pass.
 */
export function findIntruder (request: GuardedRequest): GuardReason | null {
  const { socket, headers, httpVersion } = request
  if (!isLoopbackAddress(socket.remoteAddress)) return 'remote_address'
  // A request that was injected into the server has no real socket, and only one end.
  if (socket instanceof Socket && !isLoopbackAddress(socket.localAddress)) return 'local_address'
  // No browser speaks HTTP/1.0, but nginx does to what it stands in front of, and adds no header by itself.
  if (httpVersion === '1.0' || Object.keys(headers).some(isForwardingHeader)) return 'forwarded'
  if (!isLoopbackName(headers.host ?? headers[':authority'])) return 'host'
  return headers.origin === undefined || isLoopbackOrigin(headers.origin) ? null : 'origin'
}

const forwardingHeaders = new Set([
  'via', 'cdn-loop', 'cf-ray', 'cf-visitor', 'cf-ipcountry', 'x-host', 'x-rewrite-url', 'x-amzn-trace-id', 'x-amz-cf-id',
  'x-cloud-trace-context', 'x-envoy-external-address', 'x-envoy-original-path', 'x-azure-ref', 'x-azure-fdid',
  'x-arr-log-id', 'x-arr-ssl', 'x-vercel-id', 'x-nf-request-id'
])

/** Whether a header is one that proxies, tunnels and content networks put on what they pass on. Names are in lower case. */
export function isForwardingHeader (name: string): boolean {
  return forwardingHeaders.has(name) || name.includes('forwarded') || name.startsWith('x-original-') ||
    /(?:-|client|socket)ip(?:v6)?$/.test(name)
}

/** Whether a `Host` header names this machine: `localhost:3000`, `127.0.0.1`, `[::1]:3000`. */
function isLoopbackName (host: unknown): boolean {
  const name = typeof host === 'string' ? /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host)?.[1] : undefined
  return name !== undefined && isLoopbackHost(name.toLowerCase())
}

/** Whether an `Origin` header names this machine. A proxy that hides all else lets it through as the browser sent it. */
function isLoopbackOrigin (origin: unknown): boolean {
  const url = typeof origin === 'string' ? URL.parse(origin) : null
  return url !== null && isLoopbackHost(url.hostname)
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Fault } from './failing-microsoft.ts'

/** How Microsoft fails, and what a person is told. */
export interface Failure {
  readonly title: string
  readonly fault: Fault
  readonly status: 502 | 503 | 504
  readonly code: 'provider_error' | 'provider_unavailable' | 'provider_timeout'
  /** What the header `Retry-After` says. */
  readonly retryAfter?: string
  /** What the log says; by default a reason that starts with the name of the endpoint. */
  readonly reason?: RegExp
}

const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }
/** Answers of every endpoint, good ones but for the form in which they come. */
const usable = '{"keys":[],"issuer":"x","id_token":"a.b.c","access_token":"a","token_type":"Bearer"}'

function answering (status: number, headers: Record<string, string>, body: string | Buffer = ''): Fault {
  return (_request, response) => { response.writeHead(status, headers).end(body) }
}

/** Writes until nobody reads any more, 100 MB at most. */
export function endless (headers: Record<string, string> = json, part: Buffer = Buffer.alloc(65_536, ' ')): Fault {
  return (_request, response) => {
    response.writeHead(200, headers)
    let left = 100_000_000
    response.on('drain', write)
    write()
    function write (): void {
      while (left > 0 && response.write(part)) left -= part.length
      if (left <= 0) response.end()
    }
  }
}

function drip (_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, json).write('{')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

function breakOff (request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...json, 'content-length': '100' }).write('{"a":', () => request.socket.destroy())
}

/** A hundred megabytes in as many kilobytes. */
export function gzipBomb (): Fault {
  const bomb = gzipSync(Buffer.alloc(100_000_000, ' '))
  return answering(200, { ...json, 'content-encoding': 'gzip' }, bomb)
}

const unavailable = { status: 503, code: 'provider_unavailable' } as const
const unusable = { status: 502, code: 'provider_error' } as const
const late = { status: 504, code: 'provider_timeout' } as const

/** What comes of itself: no limit of time has to pass. */
export const failures: readonly Failure[] = [
  { title: 'nobody listens', fault: 'down', ...unavailable },
  { title: 'the connection breaks', fault: (request) => { request.socket.destroy() }, ...unavailable },
  { title: 'the answer breaks off', fault: breakOff, ...unavailable },
  { title: 'it does not speak HTTP', fault: (request) => { request.socket.end('SSH-2.0-OpenSSH_9.2\r\n') }, ...unavailable },
  { title: 'a header without end', fault: answering(200, { ...json, 'x-long': 'x'.repeat(1_000_000) }, usable), ...unavailable },
  { title: '429 with Retry-After', fault: answering(429, { ...json, 'retry-after': '7' }, '{"error":"too_many"}'), ...unavailable, retryAfter: '7' },
  { title: '429 without', fault: answering(429, json, '{}'), ...unavailable },
  ...[500, 502, 503, 504].map((status): Failure => ({ title: `${status} with HTML`, fault: answering(status, html, '<h1>Sorry'), ...unavailable })),
  { title: '503 with Retry-After', fault: answering(503, { ...json, 'retry-after': '11' }, '{}'), ...unavailable, retryAfter: '11' },
  { title: 'HTML', fault: answering(200, html, '<!doctype html><h1>Log in to the Wi-Fi'), ...unusable },
  { title: '403 with HTML, as a proxy answers', fault: answering(403, html, '<h1>Blocked'), ...unusable },
  { title: 'nothing', fault: answering(200, json), ...unusable },
  { title: 'JSON that breaks off', fault: answering(200, json, usable.slice(0, -1)), ...unusable },
  { title: 'JSON that is no object', fault: answering(200, json, '[]'), ...unusable, reason: /_json"|"no_id_token"/ },
  ...[301, 302, 303, 307, 308].map((status): Failure => ({ title: `a redirect, ${status}`, fault: answering(status, { ...json, location: '/elsewhere' }, usable), ...unusable })),
  { title: '100 MB', fault: endless(), ...unusable },
  { title: '100 MB that say so first', fault: endless({ ...json, 'content-length': '100000000' }), ...unusable }
]

/** What passes only with the time-out. */
export const slowFailures: readonly Failure[] = [
  { title: 'no answer', fault: () => {}, ...late },
  { title: 'an answer that drips', fault: drip, ...late }
]

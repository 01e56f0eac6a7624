import type { Environment } from '../core/environment.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { errorBody, type Fault, statusOf } from './errors.ts'
import type { EndpointAnswer } from './types.ts'

const json = { 'content-type': 'application/json; charset=utf-8' }
const neverStored = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache', expires: '-1' }

/**
 * A document that anybody may read: discovery and keys, with the headers that were recorded at Microsoft.
 * HSTS is left out on this machine: a browser would remember it for every project on localhost.
 *
 * @param now - By its own clock, in milliseconds since 1970: what the header `Date` says.
 */
export function documentAnswer (document: object, base: string, now: number): EndpointAnswer {
  const hsts = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
  return {
    status: 200,
    headers: {
      ...json,
      date: new Date(now).toUTCString(),
      ...(isLoopbackHost(new URL(base).hostname) ? {} : hsts),
      'cache-control': 'max-age=86400, private',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, OPTIONS'
    },
    body: JSON.stringify(document)
  }
}

/** A successful answer of the token endpoint. */
export function tokenAnswer (body: object): EndpointAnswer {
  return { status: 200, headers: { ...json, ...neverStored }, body: JSON.stringify(body) }
}

/**
 * A fault in JSON.
 *
 * @param error - Another OAuth error than the one that goes with the number.
 */
export function faultAnswer (
  fault: Fault, environment: Pick<Environment, 'now' | 'randomBytes'>, error?: string
): EndpointAnswer {
  const body = errorBody(fault, environment)
  return {
    status: statusOf(fault.number),
    headers: { ...json, ...neverStored, date: new Date(environment.now()).toUTCString() },
    body: JSON.stringify(error === undefined ? body : { ...body, error })
  }
}

/** Sends the browser on. After a POST with 303, so that it never posts again (RFC 9110 section 15.4.4). */
export function redirectAnswer (location: string, method: string): EndpointAnswer {
  return {
    status: method === 'POST' ? 303 : 302,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' },
    body: ''
  }
}

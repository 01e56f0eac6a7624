import type { FastifyRequest } from 'fastify'
import { findIntruder, type GuardReason } from '../src/simulator/guard.ts'

/**
 * Why a request does not come straight from this machine; `null` where it does. It is looked at as it came: request.ip and
 * request.host are what `trustProxy` makes of headers.
 */
export function intruderOf ({ raw, headers }: FastifyRequest): GuardReason | null {
  return findIntruder({ socket: raw.socket, headers, httpVersion: raw.httpVersion })
}

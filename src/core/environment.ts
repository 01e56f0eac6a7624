import type { Agent } from 'node:http'
import { randomBytes } from './random-bytes.ts'

/** How long an answer of the authority may take and how large it may be. */
export interface FetchLimits {
  /** Milliseconds for the whole exchange, the body included: a body that drips is no answer (abuse case D04). Default: 10 s. */
  readonly timeout: number
  /** Octets of the body after decompression. Default: 1 MiB. */
  readonly size: number
}

/** The limits of every answer (Microsoft's own are some kilobytes). */
export const fetchLimits: FetchLimits = Object.freeze({ timeout: 10_000, size: 1_048_576 })

/**
 * What a sign-in takes from the outside world. Passed in everywhere, so that
 * a test owns time, chance and the network, and none of them is read behind
 * a caller's back.
 */
export interface Environment {
  /** The time now, in milliseconds since 1970. Default: `Date.now`. */
  now: () => number
  /** `size` bytes that nobody can predict. Default: the system's, as `crypto.randomBytes` gives them. */
  randomBytes: (size: number) => Buffer
  /** Fetches key sets and tenant metadata. Default: the global `fetch`. */
  fetch: typeof globalThis.fetch
  /** Agent of the token request. Default: none, that is Node's own. */
  agent?: Agent | undefined
  /** What each answer of the authority may cost. Default: {@link fetchLimits}. */
  limits?: FetchLimits | undefined
}

/** The real world. */
export const realEnvironment: Environment = {
  now: Date.now,
  randomBytes,
  // Looked up at each call: a process may replace the global (instrumentation does).
  fetch: (...request) => globalThis.fetch(...request)
}

/** Milliseconds between now and then. Never negative: a clock that was set back must not make anything immortal (abuse case D22). */
export function elapsed (environment: Pick<Environment, 'now'>, then: number): number {
  return Math.abs(environment.now() - then)
}

/** A random string of `bytes` bytes, base64url, fit for cookies and URLs. */
export function randomToken (environment: Pick<Environment, 'randomBytes'>, bytes = 32): string {
  return environment.randomBytes(bytes).toString('base64url')
}

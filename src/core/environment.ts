import { randomBytes } from 'node:crypto'
import type { Agent } from 'node:http'

/**
 * What a sign-in takes from the outside world. Passed in everywhere, so that
 * a test owns time, chance and the network, and none of them is read behind
 * a caller's back.
 */
export interface Environment {
  /** The time now, in milliseconds since 1970. Default: `Date.now`. */
  now: () => number
  /** `size` bytes that nobody can predict. Default: `crypto.randomBytes`. */
  randomBytes: (size: number) => Buffer
  /** Fetches key sets and tenant metadata. Default: the global `fetch`. */
  fetch: typeof globalThis.fetch
  /** Agent of the token request. Default: none, that is Node's own. */
  agent?: Agent | undefined
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

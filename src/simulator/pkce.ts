import { createHash } from 'node:crypto'
import { Fault } from './errors.ts'
import type { Parameters } from './parameters.ts'
import type { Challenge } from './types.ts'

const unreserved = /^[\w.~-]{43,128}$/

/**
 * Reads PKCE's parameters of an authorization request. Without a method the
 * challenge is `plain` (RFC 7636 section 4.3).
 *
 * @throws Fault 50147, 50149 or 501491.
 */
export function readChallenge (parameters: Parameters): Challenge | null {
  const value = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method')
  if (value === undefined) {
    if (method !== undefined) throw new Fault(50147)
    return null
  }
  if (method !== undefined && method !== 'S256' && method !== 'plain') throw new Fault(50149)
  if (!unreserved.test(value)) throw new Fault(501491)
  return { value, method: method ?? 'plain' }
}

/**
 * Compares a verifier with the challenge of its code (RFC 7636 section 4.6).
 * A verifier that nobody asked for is refused as well: it is the mark of a
 * code from another attempt, or of PKCE that was stripped on the way
 * (RFC 9700 section 2.1.1).
 *
 * @throws Fault 50148 where the verifier is missing, 501481 where it is wrong.
 */
export function checkVerifier (challenge: Challenge | null, verifier: string | undefined): void {
  if (challenge === null) {
    if (verifier !== undefined) throw new Fault(501481)
    return
  }
  if (verifier === undefined) throw new Fault(50148)
  if (!unreserved.test(verifier) || transform(verifier, challenge.method) !== challenge.value) throw new Fault(501481)
}

function transform (verifier: string, method: Challenge['method']): string {
  return method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')
}

import type { FastifyRequest } from 'fastify'
import { type EntraError, refuse } from '../../src/core/errors.ts'
import { isRecent, recent } from '../../src/session/recent.ts'
import type { SignIn } from '../sign-in.ts'
import type { Visitors } from './visitors.ts'

/** Tells who may go on: who is signed in, and who signed in a short while ago. */
export interface Recency extends Pick<SignIn, 'requireRecent'> {
  readonly authenticatedAtOf: (request: FastifyRequest) => number | null
  /**
   * The refusal of a request; `null` where it may go on.
   *
   * @param maxAge - In milliseconds; `null` where a sign-in of any age will do.
   */
  readonly check: (request: FastifyRequest, maxAge: number | null) => EntraError | null
}

/** Whether a value can be somebody: whatever goes wrong on the way, nobody is not somebody (abuse case S20). */
function isUser (value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/**
 * Recency is the session's, never that of whatever stands on the request: an
 * application may put somebody there, and nobody signed in for that.
 */
export function createRecency (
  visitors: Visitors, { userOf, config: { environment } }: Pick<SignIn, 'userOf' | 'config'>
): Recency {
  return { check, authenticatedAtOf, requireRecent }

  function authenticatedAtOf (request: FastifyRequest): number | null {
    return visitors.recordOf(request)?.authenticatedAt ?? null
  }

  function check (request: FastifyRequest, maxAge: number | null): EntraError | null {
    if (!isUser(userOf!(request))) {
      return visitors.heldOf(request) === null ? refuse('unauthenticated', 'no_session') : refuse('interaction_required', 'session_not_confirmed')
    }
    if (maxAge === null) return null
    const authenticatedAt = authenticatedAtOf(request)
    if (authenticatedAt !== null && isRecent(authenticatedAt, maxAge, environment)) return null
    return refuse('reauth_required', 'sign_in_too_old')
  }

  function requireRecent (request: FastifyRequest, maxAge: number = recent): void {
    const refusal = check(request, maxAge)
    if (refusal !== null) throw refusal
  }
}

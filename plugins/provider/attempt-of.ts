import type { FastifyRequest } from 'fastify'
import type { Attempt } from '../../src/provider/types.ts'

// Beside the request, not on it: nobody else reads it, or prints it.
const attempts = new WeakMap<FastifyRequest, Attempt>()

/** Notes the attempt that a callback finishes, for whoever has to know when it is refused. */
export function noteAttempt (request: FastifyRequest, attempt: Attempt): void {
  attempts.set(request, attempt)
}

/** The attempt that a request has finished; `undefined` where it finished none. */
export function attemptOf (request: FastifyRequest): Attempt | undefined {
  return attempts.get(request)
}

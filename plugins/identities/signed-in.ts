import type { FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import type { SessionUser } from '../../src/session/types.ts'
import { requireOwnRequest } from '../own-posts.ts'
import { signInOf } from '../sign-in.ts'

/**
 * Whose session a request has, whoever an application has put on it: an
 * administrator who looks at the site as somebody else links nothing to that person.
 *
 * @throws unauthenticated
 */
export function requireSignedIn (request: FastifyRequest): SessionUser {
  const user = signInOf(request.server).sessionUserOf!(request)
  if (user === null) throw refuse('unauthenticated', 'no_session')
  return user
}

/**
 * Who asks for a change of the ways in: signed in, a short while ago, and on our own pages (abuse cases L18, L21 and S10).
 *
 * @throws cross_site_request, unauthenticated, reauth_required
 */
export function requireOwner (request: FastifyRequest): SessionUser {
  const { isCsrfToken, requireRecent } = signInOf(request.server)
  requireOwnRequest(request, (token) => isCsrfToken!(request, token))
  const user = requireSignedIn(request)
  requireRecent(request)
  return user
}

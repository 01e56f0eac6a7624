import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { mayBeNavigation, wantsPage } from '../../src/core/request-origin.ts'
import { type SignIn, signInOf } from '../sign-in.ts'

/**
 * The hook behind `app.requireUser`. Who opens a page is sent to sign in and
 * comes back; every other client gets 401 `unauthenticated`.
 */
export function requireUser (userOf: NonNullable<SignIn['userOf']>): onRequestAsyncHookHandler {
  return async function requireUserHook (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    if (userOf(request) !== null) return
    reply.header('cache-control', 'no-store')
    const isPage = request.method === 'GET' && wantsPage(request.headers) && mayBeNavigation(request.headers)
    if (!isPage) throw refuse('unauthenticated', 'no_session')
    return reply.redirect(signInUrlFor(request), 303)
  }
}

/** A page whose address cannot be returned to is left out: the sign-in ends at the default. */
function signInUrlFor (request: FastifyRequest): string {
  const { signInUrl, allowedReturnTarget } = signInOf(request.server)
  const returnTo = allowedReturnTarget(request.url)
  return returnTo === null ? signInUrl : `${signInUrl}?return_to=${encodeURIComponent(returnTo)}`
}

import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { mayBeNavigation, wantsPage } from '../../src/core/request-origin.ts'
import type { SessionUser } from '../../src/session/types.ts'
import { type SignIn, signInOf } from '../sign-in.ts'

/** Whether a value can be somebody: whatever goes wrong on the way, nobody is not somebody (abuse case S20). */
function isUser (value: unknown): value is SessionUser {
  return typeof value === 'object' && value !== null
}

/**
 * The hook behind `app.requireUser`. Who opens a page is sent to sign in and
 * comes back; every other client gets 401 `unauthenticated`.
 */
export function createRequireUser (userOf: NonNullable<SignIn['userOf']>): onRequestAsyncHookHandler {
  return async function requireUserHook (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    if (isUser(userOf(request))) return
    reply.header('cache-control', 'no-store')
    const isPage = request.method === 'GET' && wantsPage(request.headers) && mayBeNavigation(request.headers)
    if (!isPage) throw refuse('unauthenticated', 'no_session')
    return reply.redirect(signInUrlFor(request), 303)
  }
}

/** Browsers send some characters as they are that a return target has percent-encoded. */
function encodeStray (url: string): string {
  return url.replace(/["<>^`{|}]/g, encodeURIComponent)
}

/** A page whose address cannot be returned to is left out: the sign-in ends at the default. */
function signInUrlFor (request: FastifyRequest): string {
  const { signInUrl, allowedReturnTarget } = signInOf(request.server)
  const returnTo = allowedReturnTarget(encodeStray(request.url))
  return returnTo === null ? signInUrl : `${signInUrl}?return_to=${encodeURIComponent(returnTo)}`
}

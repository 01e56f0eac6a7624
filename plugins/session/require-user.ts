import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { type EntraError, refuse } from '../../src/core/errors.ts'
import { readOptions } from '../../src/core/options.ts'
import { type RequireUserOptions, requireUserRules } from '../../src/session/recent.ts'
import { isPage, returnTargetOf } from '../page-request.ts'
import { withQuery } from '../query.ts'
import { signInOf } from '../sign-in.ts'
import type { RequireUser } from './types.ts'

/** Refuses a request; `maxAge` in milliseconds, or `null` where a sign-in of any age will do. */
type Check = (request: FastifyRequest, maxAge: number | null) => EntraError | null

/**
 * Makes both forms of the hook. Fastify calls a hook with a request and a
 * reply, an application calls it with options and nothing else. Without a
 * reply it never is a hook: a mistake throws, and lets nobody in.
 *
 * @param hookFor - Makes the hook; `null` where a sign-in of any age will do.
 */
export function createRequireUser (hookFor: (maxAge: number | null) => onRequestAsyncHookHandler): RequireUser {
  const hook = hookFor(null)
  function requireUser (this: unknown, first: FastifyRequest | RequireUserOptions, reply?: FastifyReply): unknown {
    if (reply !== undefined) return hook.call((first as FastifyRequest).server, first as FastifyRequest, reply)
    return hookFor(readOptions<RequireUserOptions>('fastify-entra/session requireUser', requireUserRules, Object(first)).maxAge)
  }
  return requireUser as RequireUser
}

/**
 * The hook behind `app.requireUser`. Who opens a page is sent to sign in and
 * comes back; every other client gets 401 `unauthenticated`, or 403
 * `reauth_required` where only a recent sign-in is missing.
 */
export function guard (check: Check) {
  return function guardFor (maxAge: number | null): onRequestAsyncHookHandler {
    return async function requireUserHook (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
      const refusal = check(request, maxAge)
      if (refusal === null) return
      reply.header('cache-control', 'no-store')
      if (!isPage(request)) throw refusal
      return reply.redirect(signInUrlFor(request, refusal.code === 'reauth_required'), 303)
    }
  }
}

/** Finds the plugin when a request comes. Where there is none, nobody gets in. */
export function guardLater (maxAge: number | null): onRequestAsyncHookHandler {
  return async function requireUserHook (request, reply) {
    const requireUser = signInOf(request.server)?.requireUser ?? null
    if (requireUser === null) throw refuse('server_error', 'session_plugin_missing')
    const hook = maxAge === null ? requireUser : requireUser({ maxAge })
    return await hook.call(request.server, request, reply)
  }
}

/** A page whose address cannot be returned to is left out: the sign-in ends at the default. */
function signInUrlFor (request: FastifyRequest, afresh: boolean): string {
  // Understood by the sign-in page and by the start route alike: Microsoft asks for credentials again.
  return withQuery(signInOf(request.server).signInUrl, { return_to: returnTargetOf(request), prompt: afresh ? 'login' : null })
}

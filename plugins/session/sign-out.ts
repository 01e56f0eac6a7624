import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { isOwnRequest, wantsPage } from '../../src/core/request-origin.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import { signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import type { CsrfTokens } from './csrf.ts'
import type { SetUser } from './identify-user.ts'

/** The sign-out route. Ends the session in the store first: from then on the cookie is worth nothing. */
export function signOut (carrier: Carrier, sessions: Sessions, csrf: CsrfTokens, setUser: SetUser) {
  return async function signOutHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { config, signedOutUrl } = signInOf(request.server)
    const id = carrier.idOf(request)
    const isOwn = isOwnRequest(request.headers, config.origin, () => id !== null && csrf.isTokenOf(id, tokenIn(request.body)))
    if (!isOwn) throw refuse('cross_site_request', 'sign_out')
    if (id !== null) {
      await sessions.end(id)
      await carrier.drop(request, reply)
      setUser(request, null)
    }
    return wantsPage(request.headers) ? reply.redirect(signedOutUrl, 303) : reply.code(204).send()
  }
}

function tokenIn (body: unknown): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>).csrf_token : undefined
}

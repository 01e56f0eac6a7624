import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../../src/core/request-origin.ts'
import { requireOwnRequest } from '../own-posts.ts'
import { withQuery } from '../query.ts'
import { signInOf } from '../sign-in.ts'
import { csrfSubjectOf } from './cookie.ts'
import type { CodeParts } from './parts.ts'

/** The person has changed their mind: nothing was created, and nothing is left. */
export function cancelCode ({ challenges, cookie, csrf }: CodeParts) {
  return async function cancelCodeHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const id = cookie.idOf(request)
    requireOwnRequest(request, (token) => id !== null && csrf.isTokenOf(csrfSubjectOf(id), token))
    const returnTo = id === null ? null : (await challenges.view(id))?.returnTo ?? null
    if (id !== null) await challenges.cancel(id)
    cookie.clear(reply)
    return wantsPage(request.headers) ? reply.redirect(signInUrlFor(request, returnTo), 303) : reply.code(204).send()
  }
}

/** Back to where an account is chosen, for the same target. */
function signInUrlFor (request: FastifyRequest, target: string | null): string {
  const { signInUrl, allowedReturnTarget } = signInOf(request.server)
  return withQuery(signInUrl, { return_to: allowedReturnTarget(target) })
}

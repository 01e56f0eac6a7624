import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../../src/core/request-origin.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import { requireOwnRequest } from '../own-posts.ts'
import { reportSignedOut } from '../reports.ts'
import { signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import type { Visitors } from './visitors.ts'

/** The sign-out route. Ends the session in the store first: from then on the cookie is worth nothing. */
export function signOut (carrier: Carrier, sessions: Sessions, visitors: Visitors) {
  return async function signOutHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { isCsrfToken, signedOutUrl } = signInOf(request.server)
    const id = carrier.idOf(request)
    requireOwnRequest(request, (token) => isCsrfToken!(request, token))
    const record = visitors.recordOf(request)
    if (id !== null) {
      await sessions.end(id)
      await carrier.drop(request, reply)
      visitors.set(request, null)
    }
    if (record !== null) await reportSignedOut(request, { userId: record.user.id, identity: record.user.identity })
    return wantsPage(request.headers) ? reply.redirect(signedOutUrl, 303) : reply.code(204).send()
  }
}

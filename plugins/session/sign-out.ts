import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../../src/session/sessions.ts'
import { requireOwnRequest } from '../own-posts.ts'
import { reportSignedOut } from '../reports.ts'
import { signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import type { Visitors } from './visitors.ts'
import { goesToMicrosoft, sendOut } from './way-out.ts'

/**
 * The sign-out route. Ends the session in the store first: from then on the
 * cookie is worth nothing, whatever becomes of the way to Microsoft.
 */
export function signOut (carrier: Carrier, sessions: Sessions, visitors: Visitors) {
  return async function signOutHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { isCsrfToken } = signInOf(request.server)
    const id = carrier.idOf(request)
    requireOwnRequest(request, (token) => isCsrfToken!(request, token))
    const toMicrosoft = goesToMicrosoft(request)
    const record = visitors.anyOf(request)
    if (id !== null) {
      await sessions.end(id)
      await carrier.drop(request)
      visitors.set(request, null)
    }
    if (record !== null) await reportSignedOut(request, { userId: record.user.id, identity: record.user.identity })
    return await sendOut(request, reply, record, toMicrosoft)
  }
}

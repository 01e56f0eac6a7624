import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../../src/session/sessions.ts'
import { type SessionInfo, sessionInfoOf } from '../../src/session/session-info.ts'
import { signInOf } from '../sign-in.ts'
import type { Visitors } from './visitors.ts'

/** The route that says who is signed in: nobody is an answer, and no refusal. */
export function showSession (sessions: Sessions, visitors: Visitors) {
  return async function showSessionHandler (request: FastifyRequest, reply: FastifyReply): Promise<SessionInfo> {
    // There is a token in it: no page of another origin may load it as a script or an image would be.
    reply.headers({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
    const record = visitors.recordOf(request)
    const mustConfirm = visitors.heldOf(request) !== null
    if (record === null) return { user: null, csrfToken: null, authenticatedAt: null, expiresAt: null, mustConfirm }
    return sessionInfoOf(record, signInOf(request.server).csrfTokenOf!(request), sessions.expiryOf(record))
  }
}

import type { FastifyRequest } from 'fastify'
import type { LinkedUser } from '../../src/linking/types.ts'
import { sessionUserOf } from '../../src/session/session-user.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import { signInOf } from '../sign-in.ts'
import { type Carrier, newSessionId } from './carrier.ts'
import type { SetUser } from './identify-user.ts'

/**
 * The fourth step. The row comes first, then the cookie: there is no cookie
 * without a stored row. The session that the browser had ends last, so that a
 * failure leaves it as it was.
 */
export function startSession (carrier: Carrier, sessions: Sessions, setUser: SetUser) {
  return async function startSessionStep (request: FastifyRequest, linked: LinkedUser): Promise<void> {
    const { config, isActive } = signInOf(request.server)
    const user = sessionUserOf(linked)
    const previous = carrier.idOf(request)
    const id = newSessionId(config.environment)
    await sessions.begin(id, user, isActive!)
    await carrier.adopt(request, id)
    if (previous !== null) await sessions.end(previous)
    setUser(request, user)
  }
}

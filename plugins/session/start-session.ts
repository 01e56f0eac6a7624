import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LinkedUser } from '../../src/linking/types.ts'
import { deviceOf } from '../../src/session/device.ts'
import { sessionUserOf } from '../../src/session/session-user.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import { signInOf } from '../sign-in.ts'
import { type Carrier, newSessionId } from './carrier.ts'
import type { SetUser } from './identify-user.ts'

/**
 * The fourth step. The row comes first, then the cookie: there is no cookie
 * without a stored row. Where the session that the browser had cannot be
 * ended, there is no new one either.
 */
export function startSession (carrier: Carrier, sessions: Sessions, setUser: SetUser) {
  return async function startSessionStep (request: FastifyRequest, linked: LinkedUser): Promise<void> {
    const { config, isActive } = signInOf(request.server)
    const user = sessionUserOf(linked)
    const previous = carrier.idOf(request)
    const id = newSessionId(config.environment)
    await sessions.begin(id, user, isActive!, deviceOf(request.headers['user-agent']))
    if (previous !== null) await sessions.end(previous)
    await carrier.adopt(request, id)
    setUser(request, user)
  }
}

/** Takes a session back that was begun a moment ago, cookie and all. */
export function cancelSession (carrier: Carrier, sessions: Sessions, setUser: SetUser) {
  return async function cancelSessionStep (request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = carrier.idOf(request)
    setUser(request, null)
    await carrier.drop(request, reply)
    if (id !== null) await sessions.end(id)
  }
}

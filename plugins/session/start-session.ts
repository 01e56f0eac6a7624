import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LinkedUser } from '../../src/linking/types.ts'
import { deviceOf } from '../../src/session/device.ts'
import { keptRoles, sessionUserOf } from '../../src/session/session-user.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import { signInOf, type VerifiedSignIn } from '../sign-in.ts'
import { type Carrier, newSessionId } from './carrier.ts'
import { reportEnded } from './report-ended.ts'
import type { Visitors } from './visitors.ts'

/**
 * The fourth step. The row comes first, then the cookie: there is no cookie
 * without a stored row. Where the session that the browser had cannot be
 * ended, there is no new one either.
 */
export function startSession (carrier: Carrier, sessions: Sessions, visitors: Visitors) {
  return async function startSessionStep (
    request: FastifyRequest, linked: LinkedUser, { token }: VerifiedSignIn, verifiedAt: number
  ): Promise<void> {
    const signIn = signInOf(request.server)
    const { config, isActive } = signIn
    // This plugin depends on the verification's, so there is a token.
    const { roles } = token!
    if (keptRoles(roles) === null) {
      request.log.warn({ tid: linked.identity.tid, roles: roles.length }, 'the roles of this person do not fit into a session: request.user.roles is empty; give people fewer app roles, or take them from the token in option "onSignIn"')
    }
    const user = sessionUserOf(linked, roles)
    const id = newSessionId(config.environment)
    const { record, ended } = await sessions.begin(id, user, async () => await isActive!(user), {
      device: deviceOf(request.headers['user-agent']),
      replaces: carrier.idOf(request) ?? undefined,
      authenticatedAt: verifiedAt
    })
    if (ended > 0) await reportEnded(signIn, request.log, user.id, 'too_many_sessions', String(request.id))
    try {
      await carrier.adopt(request, id)
    } catch (error) {
      // No browser has its id: it would only stand in the person's list.
      await sessions.end(id).catch(() => {})
      throw error
    }
    visitors.set(request, record)
  }
}

/** Takes a session back that was begun a moment ago, cookie and all. */
export function cancelSession (carrier: Carrier, sessions: Sessions, visitors: Visitors) {
  return async function cancelSessionStep (request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = carrier.idOf(request)
    visitors.set(request, null)
    await carrier.drop(request, reply)
    if (id !== null) await sessions.end(id)
  }
}

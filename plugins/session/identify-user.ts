import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../../src/session/sessions.ts'
import { signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import type { Visitors } from './visitors.ts'

/**
 * The hook that puts the user on a request. Fails closed: where the store
 * does not answer, the request gets `store_unavailable` and no user (abuse cases S18, S20).
 */
export function identifyUser (carrier: Carrier, sessions: Sessions, visitors: Visitors) {
  return async function identifyUserHook (request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = carrier.idOf(request)
    if (id === null) return
    const record = await sessions.find(id)
    if (record === null) return await carrier.drop(request, reply)
    const { mayStay, rolesThatStay, scoredEmailDecorator } = signInOf(request.server)
    if (!await mayStay!(record.user.identity)) {
      await sessions.end(id)
      return await carrier.drop(request, reply)
    }
    await carrier.renew(request)
    const { user } = record
    visitors.set(request, { ...record, user: Object.freeze({ ...user, roles: rolesThatStay!(user) }) })
    if (scoredEmailDecorator !== null) Object.assign(request, { [scoredEmailDecorator]: user.email })
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Revalidation } from '../../src/session/revalidation.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import type { SessionRecord } from '../../src/session/types.ts'
import { isPage, returnTargetOf } from '../page-request.ts'
import { withQuery } from '../query.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import type { Visitors } from './visitors.ts'

/** What knows who a request comes from. */
export interface IdentifyParts {
  readonly carrier: Carrier
  readonly sessions: Sessions
  readonly visitors: Visitors
  /** `null` where Microsoft is not asked again. */
  readonly revalidation: Revalidation | null
}

/**
 * The hook that puts the user on a request. Fails closed: where the store
 * does not answer, the request gets `store_unavailable` and no user (abuse cases S18, S20).
 */
export function identifyUser ({ carrier, sessions, visitors, revalidation }: IdentifyParts) {
  // What is read from the store is believed for a second, and so is what is made of it.
  const shown = new WeakMap<SessionRecord, SessionRecord>()
  return async function identifyUserHook (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const id = carrier.idOf(request)
    if (id === null) return
    const record = await sessions.find(id)
    if (record === null) return await drop(request)
    const signIn = signInOf(request.server)
    const { mayStay, scoredEmailDecorator } = signIn
    if (!await mayStay!(record.user.identity)) {
      await sessions.end(id)
      return await drop(request)
    }
    const verdict = revalidation === null ? 'yes' : await revalidation.check(id, record)
    if (verdict === 'over') return await drop(request)
    await carrier.renew(request)
    if (verdict === 'ask') return askByBrowser(request, reply, id, record)
    visitors.set(request, shownOf(record, signIn))
    if (scoredEmailDecorator !== null) Object.assign(request, { [scoredEmailDecorator]: record.user.email })
  }

  function shownOf (record: SessionRecord, { rolesThatStay }: SignIn): SessionRecord {
    let found = shown.get(record)
    if (found === undefined) {
      const { user } = record
      found = { ...record, user: Object.freeze({ ...user, roles: rolesThatStay!(user) }) }
      shown.set(record, found)
    }
    return found
  }

  async function drop (request: FastifyRequest): Promise<undefined> {
    await carrier.drop(request)
  }

  /**
   * Who opens a page goes by Microsoft, silently, and comes back to it. For every other request nobody is there until
   * then. A page of ours leads nowhere: signing in and out works for everybody.
   */
  function askByBrowser (request: FastifyRequest, reply: FastifyReply, id: string, record: SessionRecord): FastifyReply | undefined {
    visitors.hold(request, record)
    const returnTo = isPage(request) ? returnTargetOf(request) : null
    if (returnTo === null) return
    revalidation!.noteAsked(id)
    const { config: { loginPath } } = signInOf(request.server)
    return reply.header('cache-control', 'no-store').redirect(withQuery(loginPath, { return_to: returnTo, prompt: 'none' }), 303)
  }
}

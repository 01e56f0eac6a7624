import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { wantsPage } from '../../src/core/request-origin.ts'
import { handleOf } from '../../src/session/handle.ts'
import { bodyLimit, fieldOf, requireOwnRequest } from '../own-posts.ts'
import { refuseOtherMethods } from '../own-routes.ts'
import { endAllSessionsSchema, endOtherSessionsSchema, endSessionSchema, listSessionsSchema } from '../schemas/session.ts'
import { signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import type { SessionPaths } from './types.ts'
import type { Visitors } from './visitors.ts'
import { goesToMicrosoft, sendOut } from './way-out.ts'

/** @param prefix - What the paths of ours start with. */
export function sessionPaths (prefix: string): SessionPaths {
  const list = `${prefix}/sessions`
  return { list, end: `${list}/end`, endOthers: `${list}/end-others`, endAll: `${list}/end-all` }
}

/** What the routes are made of. */
interface Parts {
  readonly paths: SessionPaths
  readonly carrier: Carrier
  readonly visitors: Visitors
}

/**
 * The routes by which people look after their own sessions. To end those of
 * other browsers a recent sign-in is needed (OWASP ASVS 7.5.2): so whoever has
 * stolen a session cannot put its owner out, and the owner can always put out
 * the thief. Ending one's own, or all at once, costs whoever asks as much as
 * everybody else, and needs none.
 */
export function registerSessionRoutes (scope: FastifyInstance, { paths, carrier, visitors }: Parts): void {
  const signIn = signInOf(scope)
  const sessions = signIn.sessions!
  const onRequest = signIn.requireUser!

  scope.get(paths.list, { exposeHeadRoute: false, schema: listSessionsSchema(), onRequest }, async (request) => await sessions.list(ownerOf(request), request))

  refuseOtherMethods(scope, paths.list)

  post(paths.end, endSessionSchema(), async (owner, request) => {
    const handle = fieldOf(request, 'session')
    if (typeof handle !== 'string') throw refuse('invalid_request', 'session_missing')
    const isOwn = handle === handleOf(signIn.sessionOf!(request)!)
    if (!isOwn) signIn.requireRecent(request)
    const wasThere = await sessions.end(owner, handle)
    // A page shows the list again, and that says what there is. Somebody else's is as unknown as one that is over.
    if (!wasThere && !wantsPage(request.headers)) throw refuse('invalid_request', 'unknown_session')
    if (isOwn) await leave(request)
    return isOwn
  })

  post(paths.endOthers, endOtherSessionsSchema(), async (_owner, request) => {
    signIn.requireRecent(request)
    await sessions.endOthers(request)
    return false
  })

  post(paths.endAll, endAllSessionsSchema(), async (owner, request) => {
    await sessions.signOutEverywhere(owner)
    await leave(request)
    return true
  })

  /** @param change - Says whether the browser that asked is signed out as well. */
  function post (path: string, schema: FastifySchema, change: (owner: string, request: FastifyRequest) => Promise<boolean>): void {
    scope.post(path, { bodyLimit, schema, onRequest }, async (request, reply) => {
      requireOwnRequest(request, (token) => signIn.isCsrfToken!(request, token))
      const toMicrosoft = goesToMicrosoft(request)
      const record = visitors.recordOf(request)
      const isOut = await change(ownerOf(request), request)
      if (isOut) return await sendOut(request, reply, record, toMicrosoft)
      return wantsPage(request.headers) ? reply.redirect(signIn.landingUrl, 303) : reply.code(204).send()
    })
    refuseOtherMethods(scope, path, 'POST')
  }

  async function leave (request: FastifyRequest): Promise<void> {
    await carrier.drop(request)
    visitors.set(request, null)
  }

  /** Whose session it is, whoever an application has put on the request. */
  function ownerOf (request: FastifyRequest): string {
    const record = visitors.recordOf(request)
    if (record === null) throw refuse('unauthenticated', 'no_session')
    return record.user.id
  }
}

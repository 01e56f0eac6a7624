import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { issuerOf } from '../../src/core/authority.ts'
import { isEntraError } from '../../src/core/errors.ts'
import { signInOrigins } from '../../src/pages/form-targets.ts'
import { type FrontChannelLogout, readFrontChannelLogout } from '../../src/session/front-channel-logout.ts'
import { microsoftSessionKey } from '../../src/session/microsoft-session.ts'
import { refuseOtherMethods } from '../own-routes.ts'
import { frontChannelLogoutSchema } from '../schemas/microsoft.ts'
import { reportEnded } from '../session/report-ended.ts'
import { signInOf } from '../sign-in.ts'

/**
 * The front-channel logout route (OpenID Connect Front-Channel Logout 1.0):
 * Microsoft opens it in a frame of its sign-out page, so that a browser brings
 * no cookie along, and the `sid` alone says which sessions end. Whoever asks
 * learns nothing: the answer is always the same.
 */
export function registerFrontChannelLogout (scope: FastifyInstance, path: string): void {
  scope.addHook('onSend', frameable(signInOrigins(signInOf(scope).config.authority.base)))
  scope.get(path, { exposeHeadRoute: false, schema: frontChannelLogoutSchema(), errorHandler: sayNothing }, async (request, reply) => {
    const logout = readFrontChannelLogout(request.query as Record<string, unknown>)
    if (logout !== null) await endSessions(request, logout)
    return nothing(reply)
  })
  refuseOtherMethods(scope, path)
}

/**
 * A `sid` means something at its own authority, and an issuer, where it is sent, is that of the session's own tenant.
 * Microsoft sends none.
 */
async function endSessions (request: FastifyRequest, { sid, iss }: FrontChannelLogout): Promise<void> {
  const signIn = signInOf(request.server)
  const { config: { authority }, endSessionsAt } = signIn
  const ended = await endSessionsAt!(microsoftSessionKey(authority.base, sid), ({ user: { identity: { tid } } }) => iss === null || iss === issuerOf(authority, tid))
  if (ended.length === 0) return
  request.log.info({ sessions: ended.length }, 'somebody signed out at Microsoft, and so here')
  const users = new Set(ended.map(({ user }) => user.id))
  for (const userId of users) await reportEnded(signIn, request.log, userId, 'ended_at_microsoft', String(request.id))
}

/** Microsoft makes nothing of another answer, and a failure says nothing about anybody. Only who asks too often is told so. */
function sayNothing (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (isEntraError(error) && error.code === 'too_many_requests') {
    reply.code(429).header('retry-after', error.detail.retryAfter).send()
    return
  }
  request.log.error({ reason: isEntraError(error) ? error.detail.reason : 'unexpected' }, 'a front-channel logout of Microsoft could not be carried out: the sessions go on')
  nothing(reply)
}

function nothing (reply: FastifyReply): FastifyReply {
  return reply.code(200).type('text/html; charset=utf-8').send('')
}

/**
 * Lets the authority's pages, and no others, show the answer in a frame,
 * whatever the application forbids for the rest (with Helmet for example,
 * which writes past Fastify), and sets no cookie.
 */
function frameable (origins: readonly string[]) {
  const policy = `default-src 'none'; frame-ancestors ${origins.join(' ')}`
  return async function frameableHook (_request: FastifyRequest, reply: FastifyReply): Promise<void> {
    for (const name of ['x-frame-options', 'set-cookie']) {
      reply.removeHeader(name)
      reply.raw.removeHeader(name)
    }
    reply.header('content-security-policy', policy).header('cross-origin-resource-policy', 'cross-origin').header('x-content-type-options', 'nosniff')
  }
}

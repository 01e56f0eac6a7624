import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../../src/core/request-origin.ts'
import { type AllowedHints, readHints, type SignInHints } from '../../src/provider/authorization-request.ts'
import { requireSecureTransport } from '../cookies.ts'
import { fieldOf } from '../own-posts.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import { requireOwner } from './signed-in.ts'

const hintNames = ['provider', 'login_hint', 'domain_hint', 'prompt', 'max_age', 'ui_locales', 'provider_scopes']

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/**
 * The link route: starts a sign-in at Microsoft that is bound to this user and
 * this session. Pages are sent there; programs get the address to go to.
 */
export function startLink (beginAttempt: SignIn['beginAttempt'] & {}): Handler {
  return async function startLinkHandler (request, reply) {
    const { config, checkReturnTarget, landingUrl, sessionOf } = signInOf(request.server)
    requireSecureTransport(request, config)
    const user = requireOwner(request)
    const hints = readLinkHints(request, config)
    const returnTo = checkReturnTarget(fieldOf(request, 'return_to') ?? landingUrl)
    const intent = { action: 'link' as const, userId: user.id, session: sessionOf!(request)! }
    const url = await beginAttempt(request, reply, { returnTo, intent }, hints)
    return wantsPage(request.headers) ? reply.redirect(url, 303) : reply.send({ url })
  }
}

/** Unless it is said otherwise, Microsoft asks which account: the one that is signed in there is mostly the one that is linked already. */
function readLinkHints (request: FastifyRequest, allowed: AllowedHints): SignInHints {
  const fields = Object.fromEntries(hintNames.map((name) => [name, fieldOf(request, name)]))
  return { prompt: 'select_account', ...readHints(fields, allowed) }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { mayBeNavigation } from '../../src/core/request-origin.ts'
import { readHints } from '../../src/provider/authorization-request.ts'
import { scopesOf } from '../../src/provider/scopes.ts'
import { requireSecureTransport } from '../cookies.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import type { BrowserAttempts } from './attempts.ts'
import type { OAuthClient } from './oauth-client.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** The start route: checks what was asked for, hands the browser its attempt and sends it to Microsoft. */
export function startSignIn (beginAttempt: SignIn['beginAttempt'] & {}): Handler {
  return async function startSignInHandler (request, reply) {
    const { config, checkReturnTarget, confirmationFor, defaultReturnTo } = signInOf(request.server)
    if (!mayBeNavigation(request.headers)) throw refuse('invalid_request', 'not_a_navigation')
    requireSecureTransport(request, config)
    warnOfOtherHost(request, config.origin)

    const query = (request.query ?? {}) as Record<string, unknown>
    const hints = readHints(query, config)
    const returnTo = checkReturnTarget(query.return_to ?? defaultReturnTo())
    const confirmation = hints.prompt === 'none' ? await confirmationFor?.(request) : null
    const plan = { returnTo, intent: 'sign-in' as const, confirms: confirmation?.confirms }
    return reply.redirect(await beginAttempt(request, reply, plan, { ...hints, ...confirmation?.hints }), 303)
  }
}

/** Hands the browser an attempt of its own, and gives the address at Microsoft where it goes on. */
export function attemptBeginner (client: OAuthClient, attempts: BrowserAttempts): SignIn['beginAttempt'] & {} {
  return async function beginAttempt (request, reply, plan, hints) {
    const { provider_scopes: scopes, max_age: maxAge } = hints
    const attempt = await attempts.start(request, reply, { ...plan, scopes, maxAge })
    return client.authorizationUrl(attempt, hints, scopesOf(signInOf(request.server), attempt))
  }
}

/** Cookies belong to a host: a sign-in that starts at 127.0.0.1 cannot end at localhost. */
export function warnOfOtherHost (request: FastifyRequest, origin: string): void {
  const { protocol, host } = new URL(origin)
  if (protocol === 'http:' && request.headers.host !== host) {
    request.log.warn(`the sign-in was started at another host or port than that of "baseUrl", and ends there: open ${origin}`)
  }
}

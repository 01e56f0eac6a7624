import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { type AuthorizationResponse, codeOf, readAuthorizationResponse } from '../../src/provider/authorization-response.ts'
import { scopesOf } from '../../src/provider/scopes.ts'
import type { Attempt, Authorization, Intent, SignInIntent } from '../../src/provider/types.ts'
import { requireSecureTransport } from '../cookies.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import { noteAttempt } from './attempt-of.ts'
import type { BrowserAttempts } from './attempts.ts'
import type { OAuthClient } from './oauth-client.ts'

/** Redeems the code of a callback. */
export type Redeem = (request: FastifyRequest, reply: FastifyReply) => Promise<Authorization>

/** Finds Microsoft's answer in what the browser brings. */
export type ReadResponse = (request: FastifyRequest, reply: FastifyReply) => Promise<AuthorizationResponse>

/** The answer where it stands in the address: response mode `query`. */
export const responseInQuery: ReadResponse = async (request) => readAuthorizationResponse((request.query ?? {}) as Record<string, unknown>)

/** The first step: the attempt that this browser started is used up, and then its code is redeemed. */
export function redeemAuthorization (client: OAuthClient, attempts: BrowserAttempts, readResponse: ReadResponse): Redeem {
  return async function redeem (request, reply) {
    const signIn = signInOf(request.server)
    const { config } = signIn
    requireSecureTransport(request, config)
    const response = await readResponse(request, reply)
    // The mark comes before the token request: of many callbacks at once, one reaches Microsoft.
    const attempt = await attempts.take(request, reply, response.state, signInIntentsOf(request))
    noteAttempt(request, attempt)
    await requireSessionOf(attempt, request, signIn)

    const code = codeOf(response, config.authority)
    const tokens = await client.redeem(code, attempt, scopesOf(signIn, attempt))
    return Object.freeze({ attempt, code, tokens, issuer: response.issuer ?? undefined })
  }
}

/** What a sign-in can end in here: a link by hand needs the plugins that make one. */
function signInIntentsOf (request: FastifyRequest) {
  const { link, sessionOf } = signInOf(request.server)
  return function isSignInIntent (intent: Intent): intent is SignInIntent {
    if (intent === 'sign-in') return true
    return link !== null && sessionOf !== null && intent?.action === 'link'
  }
}

/**
 * A silent sign-in confirms the session that it was started for. Whoever has
 * signed out meanwhile, here or elsewhere, is not signed in again by it (abuse case S07).
 *
 * @throws session_mismatch
 */
async function requireSessionOf ({ confirms }: Attempt, request: FastifyRequest, { sessionOf, sessionIsAlive }: SignIn): Promise<void> {
  if (confirms === undefined) return
  if (sessionOf?.(request) !== confirms) throw refuse('session_mismatch', 'session_changed')
  if (!await sessionIsAlive!(request)) throw refuse('session_mismatch', 'session_ended')
}

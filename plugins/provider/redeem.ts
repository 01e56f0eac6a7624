import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { attemptLifetime, type Attempts, hashState } from '../../src/provider/attempt.ts'
import { codeOf, readAuthorizationResponse } from '../../src/provider/authorization-response.ts'
import type { Attempt, Authorization, UsedAttempts } from '../../src/provider/types.ts'
import { clearCookie, cookiesOf, requireSecureTransport } from '../cookies.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import { noteAttempt } from './attempt-of.ts'
import type { OAuthClient } from './oauth-client.ts'

/** Redeems the code of a callback. */
export type Redeem = (request: FastifyRequest, reply: FastifyReply) => Promise<Authorization>

/** The first step: the attempt that this browser started is used up, and then its code is redeemed. */
export function redeemAuthorization (client: OAuthClient, attempts: Attempts, usedAttempts: UsedAttempts): Redeem {
  return async function redeem (request, reply) {
    const signIn = signInOf(request.server)
    const { config, link, sessionOf } = signIn
    requireSecureTransport(request, config)
    const response = readAuthorizationResponse((request.query ?? {}) as Record<string, unknown>)

    const found = await attempts.find(response.state, cookiesOf(request))
    if (found === null) throw refuse('invalid_state', 'unknown_attempt')
    const { attempt, cookieName } = found
    // A server of another version, or with other plugins, may have started it for something that this one cannot do.
    const canLink = link !== null && sessionOf !== null
    if (attempt.intent !== 'sign-in' && !(canLink && attempt.intent?.action === 'link')) throw refuse('invalid_state', 'unknown_intent')
    // The mark comes before the token request: of many callbacks at once, one reaches Microsoft.
    const isFirst = await usedAttempts.use(hashState(attempt.state), attempt.startedAt + 2 * attemptLifetime)
    if (!isFirst) throw refuse('invalid_state', 'used_attempt')
    clearCookie(reply, cookieName, config)
    noteAttempt(request, attempt)
    await requireSessionOf(attempt, request, signIn)

    const code = codeOf(response, config.authority)
    const tokens = await client.redeem(code, attempt)
    return Object.freeze({ attempt, code, tokens, issuer: response.issuer ?? undefined })
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

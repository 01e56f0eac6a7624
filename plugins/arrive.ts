import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../src/core/request-origin.ts'
import type { LinkedUser } from '../src/linking/types.ts'
import type { TokenSet } from '../src/provider/types.ts'
import { reportLinked, reportSignedIn } from './reports.ts'
import { signInOf } from './sign-in.ts'
import type { ReturnedTokens, SignInResult, VerifiedSignIn } from './sign-in-result.ts'

/** All that the steps of a sign-in gave. */
interface Arrival extends VerifiedSignIn {
  readonly linked: LinkedUser | null
}

/**
 * The end of a sign-in: the application's own, or the address that it was started for.
 *
 * @param verifiedAt - When the first two steps were done, in milliseconds since 1970.
 */
export async function arrive (request: FastifyRequest, reply: FastifyReply, arrival: Arrival, verifiedAt: number): Promise<FastifyReply> {
  const { allowedReturnTarget, cancelSession, defaultReturnTo, onSignIn } = signInOf(request.server)
  // What was allowed when the sign-in started may not be any more.
  const returnTo = allowedReturnTarget(arrival.authorization.attempt.returnTo) ?? defaultReturnTo()
  let takeBackTokens = async (): Promise<void> => {}
  try {
    takeBackTokens = await keepTokens(request, arrival, verifiedAt)
    await reportSignedIn(request)
    await onSignIn?.(request, reply, resultOf(request, arrival, verifiedAt, returnTo))
  } catch (error) {
    // Whoever refuses a sign-in does not sign anybody in, and nobody is signed in whose sign-in cannot be kept.
    await cancelSession?.(request)
    await takeBackTokens()
    throw error
  }
  return reply.sent ? reply : sendOn(request, reply, returnTo)
}

async function keepTokens (request: FastifyRequest, { linked, ...verified }: Arrival, verifiedAt: number): Promise<() => Promise<void>> {
  const { keepTokens } = signInOf(request.server)
  return linked === null || keepTokens === null ? async () => {} : await keepTokens(linked, verified, verifiedAt)
}

/** The code is worth nothing any more, and tokens are for those who asked for them: whatever is printed or kept by a hook holds neither. */
function resultOf (request: FastifyRequest, { authorization, token, linked }: Arrival, verifiedAt: number, returnTo: string): SignInResult {
  const { attempt, issuer, tokens } = authorization
  // Where nobody has verified them, the tokens are all that there is.
  const areWanted = signInOf(request.server).returnTokens || token === null
  return Object.freeze({
    authorization: Object.freeze({ attempt, issuer }),
    tokens: areWanted ? returnedTokens(tokens, verifiedAt) : null,
    token,
    linked,
    returnTo
  })
}

function returnedTokens (tokens: TokenSet, verifiedAt: number): ReturnedTokens {
  return Object.freeze({ ...tokens, expiresAt: tokens.expiresIn === undefined ? null : verifiedAt + tokens.expiresIn * 1_000 })
}

/** A page of the application's own that has posted a one-time code by script is told where to go: it would follow a redirect unseen. */
function sendOn (request: FastifyRequest, reply: FastifyReply, returnTo: string): FastifyReply {
  const isScript = request.method === 'POST' && !wantsPage(request.headers)
  return isScript ? reply.code(200).send({ returnTo }) : reply.redirect(returnTo, 303)
}

/** The end of a sign-in that linked by hand: back to where it was asked for, or to the account page. */
export async function returnLinked (request: FastifyRequest, reply: FastifyReply, arrival: Arrival, verifiedAt: number): Promise<FastifyReply> {
  const { allowedReturnTarget, landingUrl } = signInOf(request.server)
  await reportLinked(request)
  // After the report: the link stands, whether its tokens can be kept or not.
  await keepTokens(request, arrival, verifiedAt)
  return reply.redirect(allowedReturnTarget(arrival.authorization.attempt.returnTo) ?? landingUrl, 303)
}

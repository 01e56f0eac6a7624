import type { FastifyReply, FastifyRequest } from 'fastify'
import { arrive, returnLinked } from './arrive.ts'
import type { Redeem } from './provider/redeem.ts'
import { noteVerified } from './reports.ts'
import { signInOf } from './sign-in.ts'
import type { VerifiedSignIn } from './sign-in-result.ts'

/** The callback: the four steps of a sign-in, in order. Each throws its own refusal, and what follows does not happen. */
export function finishSignIn (redeem: Redeem) {
  return async function finishSignInHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { verify, config: { environment } } = signInOf(request.server)

    const authorization = await redeem(request, reply)
    const token = verify && await verify(request, authorization)

    return await enter(request, reply, { authorization, token }, environment.now())
  }
}

/**
 * The third and the fourth step: also where a one-time code has proven the address meanwhile.
 *
 * @param verifiedAt - When the first two steps were done, in milliseconds since 1970: that long ago the person signed in at Microsoft.
 */
export async function enter (request: FastifyRequest, reply: FastifyReply, verified: VerifiedSignIn, verifiedAt: number): Promise<FastifyReply> {
  const { link, askForCode, startSession } = signInOf(request.server)
  noteVerified(request, verified)

  const linked = link && await link(request, verified)
  if (linked?.row === 'C1') return await askForCode!(request, reply, verified, verifiedAt)
  // By hand, nobody signs in: the session stays as it is.
  if (verified.authorization.attempt.intent !== 'sign-in') return await returnLinked(request, reply, { ...verified, linked }, verifiedAt)
  const session = linked && startSession && await startSession(request, linked, verified, verifiedAt)
  if (session === 'confirmed') return await returnLinked(request, reply, { ...verified, linked }, verifiedAt)

  return await arrive(request, reply, { ...verified, linked }, verifiedAt)
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { arrive } from './arrive.ts'
import type { Redeem } from './provider/redeem.ts'
import { signInOf } from './sign-in.ts'

/** The callback: the four steps of a sign-in, in order. Each throws its own refusal, and what follows does not happen. */
export function finishSignIn (redeem: Redeem) {
  return async function finishSignInHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { verify, link, startSession } = signInOf(request.server)

    const authorization = await redeem(request, reply)
    const token = verify && await verify(request, authorization)
    const linked = token && link && await link(token)
    if (linked && startSession) await startSession(request, linked)

    return await arrive(request, reply, { authorization, token, linked })
  }
}

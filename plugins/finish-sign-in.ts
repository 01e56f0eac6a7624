import type { FastifyReply, FastifyRequest } from 'fastify'
import { signInOf } from './sign-in.ts'

/** The callback: the four steps of a sign-in, in order. Each throws its own refusal, and what follows does not happen. */
export async function finishSignIn (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const steps = signInOf(request.server)

  const authorization = await steps.redeem(request, reply)
  const token = steps.verify === null ? null : await steps.verify(request, authorization)
  const linked = token === null || steps.link === null ? null : await steps.link(token)
  if (linked !== null && steps.startSession !== null) await steps.startSession(request, reply, linked)

  // What was allowed when the sign-in started may not be any more.
  const returnTo = steps.allowedReturnTarget(authorization.attempt.returnTo) ?? steps.defaultReturnTo ?? '/'
  if (steps.onSignIn !== null) {
    await steps.onSignIn(request, reply, Object.freeze({ authorization, token, linked, returnTo }))
    if (reply.sent) return reply
  }
  return reply.redirect(returnTo, 303)
}

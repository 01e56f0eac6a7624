import type { FastifyReply, FastifyRequest } from 'fastify'
import { type SignInResult, signInOf } from './sign-in.ts'

/** The end of a sign-in: the application's own, or the address that it was started for. */
export async function arrive (
  request: FastifyRequest, reply: FastifyReply, result: Omit<SignInResult, 'returnTo'>
): Promise<FastifyReply> {
  const { allowedReturnTarget, cancelSession, defaultReturnTo, onSignIn } = signInOf(request.server)
  // What was allowed when the sign-in started may not be any more.
  const returnTo = allowedReturnTarget(result.authorization.attempt.returnTo) ?? defaultReturnTo()
  try {
    await onSignIn?.(request, reply, Object.freeze({ ...result, returnTo }))
  } catch (error) {
    // Who refuses a sign-in does not sign anybody in.
    await cancelSession?.(request, reply)
    throw error
  }
  return reply.sent ? reply : reply.redirect(returnTo, 303)
}

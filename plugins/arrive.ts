import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../src/core/request-origin.ts'
import { reportLinked, reportSignedIn } from './reports.ts'
import { type SignInResult, signInOf, type VerifiedSignIn } from './sign-in.ts'

/** The end of a sign-in: the application's own, or the address that it was started for. */
export async function arrive (
  request: FastifyRequest, reply: FastifyReply, result: Omit<SignInResult, 'returnTo'>
): Promise<FastifyReply> {
  const { allowedReturnTarget, cancelSession, defaultReturnTo, onSignIn } = signInOf(request.server)
  // What was allowed when the sign-in started may not be any more.
  const returnTo = allowedReturnTarget(result.authorization.attempt.returnTo) ?? defaultReturnTo()
  try {
    await reportSignedIn(request)
    await onSignIn?.(request, reply, Object.freeze({ ...result, returnTo }))
  } catch (error) {
    // Whoever refuses a sign-in does not sign anybody in, and nobody is signed in whose sign-in cannot be kept.
    await cancelSession?.(request, reply)
    throw error
  }
  return reply.sent ? reply : sendOn(request, reply, returnTo)
}

/** A page of the application's own that has posted a one-time code by script is told where to go: it would follow a redirect unseen. */
function sendOn (request: FastifyRequest, reply: FastifyReply, returnTo: string): FastifyReply {
  const isScript = request.method === 'POST' && !wantsPage(request.headers)
  return isScript ? reply.code(200).send({ returnTo }) : reply.redirect(returnTo, 303)
}

/** The end of a sign-in that linked by hand: back to where it was asked for, or to the account page. */
export async function returnLinked (
  request: FastifyRequest, reply: FastifyReply, { authorization }: VerifiedSignIn
): Promise<FastifyReply> {
  const { allowedReturnTarget, landingUrl } = signInOf(request.server)
  await reportLinked(request)
  return reply.redirect(allowedReturnTarget(authorization.attempt.returnTo) ?? landingUrl, 303)
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChallengeView } from '../../src/challenges/types.ts'
import { type ErrorCode, refuse, statusOf } from '../../src/core/errors.ts'
import { wantsPage } from '../../src/core/request-origin.ts'
import type { CodePageView } from '../../src/pages/code.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import { csrfSubjectOf } from './cookie.ts'
import { codeRefusals } from './own-challenge.ts'
import type { CodeParts } from './parts.ts'

/** What there is to enter, as a page or as JSON. Changes nothing: mail readers open addresses by themselves (abuse case L40). */
export function showCode (parts: CodeParts) {
  return async function showCodeHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const signIn = signInOf(request.server)
    const id = parts.cookie.idOf(request)
    const challenge = id === null ? null : await parts.challenges.view(id)
    const csrfToken = challenge === null ? '' : parts.csrf.tokenOf(csrfSubjectOf(id!))

    if (wantsPage(request.headers) && signIn.sendCodePage !== null) {
      const error = errorIn(request)
      const view = pageView(signIn, parts.codePath, error, challenge, csrfToken)
      return signIn.sendCodePage(reply.code(error === null ? 200 : statusOf(error)), view)
    }
    if (challenge === null) throw refuse('otp_expired', 'no_challenge')
    const { address, expiresAt, triesLeft, mayResend } = challenge
    return reply.send({ address, expiresAt, triesLeft, mayResend, csrfToken })
  }
}

/** Only what this page can say; anybody can write an address. */
function errorIn (request: FastifyRequest): ErrorCode | null {
  const { error } = request.query as Record<string, unknown>
  return codeRefusals.find((code) => code === error) ?? null
}

/** There are pages, so that there is an error page as well: the form may end there, or where the sign-in ends. */
function pageView (
  signIn: SignIn, codePath: string, error: ErrorCode | null, challenge: ChallengeView | null, csrfToken: string
): CodePageView {
  const { config: { origin, environment }, signInUrl, mail, errorUrl, allowedReturnTarget, defaultReturnTo } = signIn
  const ends = challenge === null ? [] : [allowedReturnTarget(challenge.returnTo) ?? defaultReturnTo(), errorUrl!]
  const origins = ends.map((end) => new URL(end, origin).origin).filter((end) => end !== origin)
  return {
    code: challenge && { ...challenge, csrfToken, minutesLeft: challenge.isExpired ? 0 : Math.max(1, Math.ceil((challenge.expiresAt - environment.now()) / 60_000)) },
    error,
    codePath,
    signInUrl,
    mailboxPath: mail!.mailboxPath,
    formTargets: [...new Set(origins)]
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../../src/core/request-origin.ts'
import { orBackToPage, requireOwnChallenge } from './own-challenge.ts'
import type { CodeParts } from './parts.ts'

/** Mails another code in place of the one that was. */
export function resendCode (parts: CodeParts) {
  return async function resendCodeHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const isSent = await orBackToPage(request, reply, parts.codePageUrl, async () => {
      await parts.challenges.resend(requireOwnChallenge(request, parts), String(request.id))
      return true
    })
    if (isSent === null) return reply
    return wantsPage(request.headers) ? reply.redirect(parts.codePageUrl, 303) : reply.code(204).send()
  }
}

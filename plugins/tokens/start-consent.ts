import type { FastifyReply, FastifyRequest } from 'fastify'
import { isInteractionRequired } from '../../src/tokens/interaction-required.ts'
import { isPage } from '../page-request.ts'
import { sendRefusal } from '../send-refusal.ts'

/**
 * An error handler, for `app.setErrorHandler` or for a route: where the
 * person has to come to Microsoft first, whoever opens a page is sent there
 * and comes back to it; a script gets 401 with the address as `url`. Every
 * other error is thrown on, to the handler of the scope around.
 */
export function startConsent (error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (!isInteractionRequired(error)) throw error
  const { code, scopes, url, detail: { reason, aadsts, correlationId } } = error
  request.log.info({ code, reason, aadsts, correlationId }, 'the person has to come to Microsoft before there is a token')
  reply.header('cache-control', 'no-store')
  if (isPage(request)) reply.redirect(url, 303)
  else sendRefusal(error, reply, { scopes, url })
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import type { InteractionResults } from 'oidc-provider'

/** One question of the provider's to a person. */
export interface Question {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly interaction: Awaited<ReturnType<Provider['interactionDetails']>>
  readonly provider: Provider
}

/**
 * Hands an answer to the provider, and the browser on to it.
 *
 * @param merge - Whether what was answered before in the same sign-in to an app still holds.
 */
export async function finish ({ request, reply, provider }: Question, result: InteractionResults, merge = true): Promise<FastifyReply> {
  const url = await provider.interactionResult(request.raw, reply.raw, result, { mergeWithLastSubmission: merge })
  return reply.redirect(url, 303)
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import type { InteractionResults } from 'oidc-provider'
import { sendPage } from '../send-page.ts'

/** One question of the provider's to a person. */
export interface Question {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly interaction: Awaited<ReturnType<Provider['interactionDetails']>>
  readonly provider: Provider
}

/** Hands an answer to the provider, and the browser on to it. What was answered before in the same sign-in to an app still holds, unless this is a no. */
export async function finish (question: Question, result: InteractionResults): Promise<FastifyReply> {
  return question.reply.redirect(await hand(question, result), 303)
}

/** The same after a sign-in, by a page that goes on by itself. */
export async function goOn (question: Question, result: InteractionResults): Promise<FastifyReply> {
  const url = await hand(question, result)
  return sendPage(question.reply.header('refresh', `0; url=${url}`), 'goOn', { url }, { uiLocales: question.interaction.params.ui_locales })
}

async function hand ({ request, reply, provider }: Question, result: InteractionResults): Promise<string> {
  return await provider.interactionResult(request.raw, reply.raw, result, { mergeWithLastSubmission: !('error' in result) })
}

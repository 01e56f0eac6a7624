import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { referenceOf } from '../../src/pages/reference.ts'
import { requireSecureTransport } from '../cookies.ts'
import { acceptForms, bodyLimit } from '../own-posts.ts'
import { refuseOtherMethods, registerOwnRoutes } from '../own-routes.ts'
import { sendPage } from '../send-page.ts'
import { answerInteractionSchema, showInteractionSchema } from '../schemas/own-apps.ts'
import { answerConsent, askConsent } from './consent.ts'
import { askSignIn } from './sign-in.ts'
import type { Parts } from './parts.ts'
import type { Running } from './providers.ts'
import type { Question } from './question.ts'

/** The routes on which a person answers what the provider asks: sign in, and consent. */
export async function registerInteractions (app: FastifyInstance, parts: Parts, currentProvider: () => Promise<Running>): Promise<void> {
  const url = `${parts.path}/interaction/:uid`
  await registerOwnRoutes(app, (scope) => {
    scope.get(url, { exposeHeadRoute: false, schema: showInteractionSchema(parts.project.name) }, async (request, reply) => {
      const question = await findQuestion(request, reply)
      if (question === null) return sendPage(reply.code(400), 'appError', { error: 'invalid_request', reference: referenceOf(request.id) })
      return question.interaction.prompt.name === 'consent' ? await askConsent(parts, question) : await askSignIn(parts, question)
    })
    refuseOtherMethods(scope, url, 'GET, POST')
  }, 'sign-in')
  await registerOwnRoutes(app, async (scope) => {
    await acceptForms(scope)
    scope.post(url, { bodyLimit, schema: answerInteractionSchema(parts.project.name) }, async (request, reply) => {
      const question = await findQuestion(request, reply)
      if (question === null || question.interaction.prompt.name !== 'consent') throw refuse('invalid_request', 'unknown_interaction')
      return await answerConsent(parts, question)
    })
  }, 'change')

  /** Of this browser alone: a cookie for just this path names it (abuse case P15); `null` where there is none. */
  async function findQuestion (request: FastifyRequest, reply: FastifyReply): Promise<Question | null> {
    requireSecureTransport(request, parts.signIn.config)
    const { provider } = await currentProvider()
    try {
      const interaction = await provider.interactionDetails(request.raw, reply.raw)
      return interaction.uid === (request.params as { uid: string }).uid ? { request, reply, interaction, provider } : null
    } catch (error) {
      if (error instanceof parts.oidc.errors.SessionNotFound) return null
      throw error
    }
  }
}

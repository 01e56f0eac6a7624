import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answerLifetime, type Answers } from '../../src/provider/answer.ts'
import { readAuthorizationResponse } from '../../src/provider/authorization-response.ts'
import { refuseLost } from '../../src/provider/attempt-loss.ts'
import { clearCookie, cookieAttributes, cookiesOf, requireSecureTransport } from '../cookies.ts'
import { finishSignIn } from '../finish-sign-in.ts'
import { acceptForms, bodyLimit } from '../own-posts.ts'
import { refuseOtherMethods } from '../own-routes.ts'
import { finishSchema, postedCallbackSchema } from '../schemas/sign-in.ts'
import { withQuery } from '../query.ts'
import { signInOf } from '../sign-in.ts'
import type { BrowserAttempts } from './attempts.ts'
import type { OAuthClient } from './oauth-client.ts'
import { type ReadResponse, redeemAuthorization } from './redeem.ts'

const form = /^application\/x-www-form-urlencoded *(?:;|$)/i

/** Where the browser comes back with the answer that it posted. */
export function finishPathOf (callbackPath: string): string {
  return `${callbackPath}/finish`
}

/**
 * The callback of response mode `form_post`, in two requests. Microsoft's page posts the answer from its own site, so
 * that the browser leaves the session's cookie out (SameSite=Lax): whose session it is, and whether it is the one that
 * started a link (row A1), cannot be known then. So the answer is put away, sealed, in this browser, and the browser
 * asks again by itself: that request has the session's cookie, and finishes the sign-in like any other, refusals too.
 */
export async function registerFormPost (scope: FastifyInstance, client: OAuthClient, attempts: BrowserAttempts, answers: Answers): Promise<void> {
  const { callbackPath } = signInOf(scope).config
  const finishPath = finishPathOf(callbackPath)
  await scope.register(async (posts) => {
    await acceptForms(posts, form)
    posts.post(callbackPath, { bodyLimit, schema: postedCallbackSchema() }, receiveAnswer(attempts, answers))
  })
  refuseOtherMethods(scope, callbackPath, 'POST')
  scope.get(finishPath, { exposeHeadRoute: false, schema: finishSchema() }, finishSignIn(redeemAuthorization(client, attempts, keptResponse(answers))))
  refuseOtherMethods(scope, finishPath)
}

/** Takes the post. Only the browser that started the attempt gets anything, so that nobody else can fill its cookies. */
function receiveAnswer (attempts: BrowserAttempts, answers: Answers) {
  return async function receiveAnswerHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { config } = signInOf(request.server)
    requireSecureTransport(request, config)
    const response = readAuthorizationResponse((request.body ?? {}) as Record<string, unknown>)
    await attempts.find(request, reply, response.state)
    const { key, cookies } = await answers.keep(response, cookiesOf(request))
    for (const { name, value } of cookies) {
      if (value === '') clearCookie(reply, name, config)
      else reply.setCookie(name, value, { ...cookieAttributes(config), maxAge: answerLifetime / 1_000 })
    }
    return reply.redirect(withQuery(finishPathOf(config.callbackPath), { attempt: key }), 303)
  }
}

/** The answer that this browser has put away a moment ago. It is there once. */
function keptResponse (answers: Answers): ReadResponse {
  return async (request, reply) => {
    const { attempt } = (request.query ?? {}) as Record<string, unknown>
    const found = await answers.find(attempt, cookiesOf(request))
    if (found === null) throw refuseLost('attempt_cookie_absent')
    clearCookie(reply, found.cookieName, signInOf(request.server).config)
    return found.response
  }
}

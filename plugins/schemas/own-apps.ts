import type { FastifySchema } from 'fastify'
import { page, redirect, schemaOf } from './describe.ts'
import { text } from './shapes.ts'

const endpoint = { type: 'object', properties: { '*': { type: 'string', description: 'The endpoint, as the discovery document names it.' } } }

/** What these endpoints take and give the standards say, and the discovery document which of them are there. */
export function providerSchema (project: string): FastifySchema {
  return schemaOf({
    tag: 'Own apps',
    operationId: `openidProvider_${project}`,
    summary: 'The OpenID Connect provider of one\'s own apps: its discovery document is at /.well-known/openid-configuration below it.',
    params: endpoint,
    answers: {
      '2xx': { description: 'As OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0 and RFC 7009 say.' },
      '3xx': { description: 'On to the app, or to the person.' },
      '4xx': { description: 'An error of RFC 6749.' },
      '5xx': { description: 'Something failed here.' }
    }
  })
}

/** A form that another site has posted becomes a link. */
export function postedSchema (project: string, name: string): FastifySchema {
  return schemaOf({
    tag: 'Own apps',
    operationId: `openidPosted_${name}_${project}`,
    summary: `Takes the parameters of the ${name} endpoint from a form, and has the browser come back with them.`,
    body: { client_id: text },
    answers: { 303: redirect('To the endpoint itself.') }
  })
}

const question = { type: 'object', properties: { uid: text }, required: ['uid'] }

export function showInteractionSchema (project: string): FastifySchema {
  return schemaOf({
    tag: 'Own apps',
    operationId: `openidQuestion_${project}`,
    summary: 'Asks a person what an app needs to know: to sign in, or to consent.',
    params: question,
    answers: { 200: page('The question.'), 303: redirect('On to the app, or to the sign-in.'), 400: page('There is no such question in this browser.') },
    refusals: ['session_mismatch', 'insecure_transport']
  })
}

export function answerInteractionSchema (project: string): FastifySchema {
  return schemaOf({
    tag: 'Own apps',
    operationId: `openidAnswer_${project}`,
    summary: 'Takes a person\'s answer to the question for consent.',
    params: question,
    body: { answer: { type: 'string', enum: ['allow', 'deny'] }, csrf_token: text },
    required: ['answer'],
    answers: { 303: redirect('On to the app.') },
    refusals: ['cross_site_request', 'session_mismatch', 'insecure_transport']
  })
}

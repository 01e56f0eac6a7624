import type { FastifySchema } from 'fastify'
import { page, refusalOf, schemaOf } from './describe.ts'
import { text } from './shapes.ts'

/** Whoever does not ask straight from this machine. */
const elsewhere = refusalOf(403, ['invalid_request'])

export function setupPageSchema (): FastifySchema {
  return schemaOf({
    tag: 'Operating',
    operationId: 'setupAssistant',
    summary: 'The set-up assistant, in development only.',
    answers: { 200: page('The page.'), 403: elsewhere }
  })
}

export function explainPastedSchema (): FastifySchema {
  return schemaOf({
    tag: 'Operating',
    operationId: 'explainPasted',
    summary: 'Explains an ID token, or checks an app manifest, that somebody has pasted into the set-up assistant.',
    body: { token: { ...text, description: 'An ID token.' }, manifest: { ...text, description: 'An app manifest, as JSON.' } },
    formOnly: true,
    answers: { 200: page('The page, with the answer at its top.'), 403: elsewhere }
  })
}

import type { FastifySchema } from 'fastify'
import { errorCodes, statusOf } from '../../src/core/errors.ts'
import { page, redirect, refusedPage, schemaOf } from './describe.ts'
import { returnTo, text } from './shapes.ts'

export function signInPageSchema (): FastifySchema {
  return schemaOf({
    tag: 'Pages',
    operationId: 'signInPage',
    summary: 'The page with the button.',
    query: {
      return_to: returnTo,
      prompt: { type: 'string', enum: ['login', 'select_account'] },
      consented: { type: 'string', enum: ['1'], description: 'An administrator has allowed the application.' },
      signed_out: { type: 'string', enum: ['1', 'microsoft'], description: 'What the page says first.' }
    },
    answers: { 200: page('The page.'), 303: redirect('To the error page.') }
  })
}

export function accountPageSchema (): FastifySchema {
  return schemaOf({
    tag: 'Pages',
    operationId: 'accountPage',
    summary: 'What is known about the person who is signed in, and what they can change.',
    answers: { 200: page('The page.'), 303: redirect('To the sign-in page, where nobody is signed in.') }
  })
}

/** The page has the status of the code that it explains; where it fails itself, a program is told so in JSON. */
export function errorPageSchema (): FastifySchema {
  const statuses = [...new Set(errorCodes.map(statusOf))]
  return schemaOf({
    tag: 'Pages',
    operationId: 'errorPage',
    summary: 'Says what went wrong, and what to do now. Has the status of what it explains.',
    query: { error: text, help: text },
    answers: {
      ...Object.fromEntries(statuses.map((status) => [status, refusedPage(status, errorCodes.filter((code) => statusOf(code) === status))])),
      404: page('There is no such error.')
    }
  })
}

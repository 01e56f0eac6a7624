import type { FastifySchema } from 'fastify'
import { empty, json, objectOf, pageOrJson, redirect, refusedPage, schemaOf } from './describe.ts'
import { csrfToken, flag, time, url } from './shapes.ts'
import { linkingRefusals } from './sign-in.ts'

export function showCodeSchema (): FastifySchema {
  return schemaOf({
    tag: 'One-time codes',
    operationId: 'showCode',
    summary: 'Says which code this browser is asked for. Changes nothing.',
    query: { error: { type: 'string', description: 'The code of a refusal, which the page shows.' } },
    answers: {
      200: pageOrJson('A page, or for a program what it needs to make one.', objectOf({
        address: { type: 'string', description: 'Where the code was mailed to.' },
        expiresAt: time,
        triesLeft: { type: 'integer', minimum: 0 },
        mayResend: flag,
        csrfToken
      })),
      400: refusedPage(400, ['otp_expired', 'otp_invalid']),
      429: refusedPage(429, ['otp_locked', 'too_many_requests']),
      503: refusedPage(503, ['otp_unavailable', 'store_unavailable'])
    }
  })
}

export function takeCodeSchema (): FastifySchema {
  return schemaOf({
    tag: 'One-time codes',
    operationId: 'takeCode',
    summary: 'Takes the code, and finishes the sign-in that waits for it.',
    body: { code: { type: 'string', description: 'Six digits; spaces between them do not matter.' }, csrf_token: csrfToken },
    required: ['code'],
    answers: {
      200: json('Signed in, for a script.', objectOf({ returnTo: { ...url, description: 'Where the sign-in ends: the page sends its browser there.' } })),
      303: redirect('For a form: where the sign-in ends, or back to the page. Option `onSignIn` may answer otherwise.')
    },
    refusals: ['otp_invalid', 'otp_expired', 'otp_locked', 'otp_unavailable', 'cross_site_request', 'invalid_state', 'invalid_token', ...linkingRefusals],
    hasOwnCodes: true
  })
}

export function resendCodeSchema (): FastifySchema {
  return schemaOf({
    tag: 'One-time codes',
    operationId: 'resendCode',
    summary: 'Mails another code in place of the one that was.',
    body: { csrf_token: csrfToken },
    answers: { 204: empty('It is on its way.'), 303: redirect('For a form: back to the page.') },
    refusals: ['otp_expired', 'otp_locked', 'otp_unavailable', 'cross_site_request']
  })
}

export function cancelCodeSchema (): FastifySchema {
  return schemaOf({
    tag: 'One-time codes',
    operationId: 'cancelCode',
    summary: 'Gives up the sign-in that waits for a code.',
    body: { csrf_token: csrfToken },
    answers: { 204: empty('Nothing is left of it.'), 303: redirect('For a form: to the sign-in page.') },
    refusals: ['cross_site_request']
  })
}

import type { FastifySchema } from 'fastify'
import type { ErrorCode } from '../../src/core/errors.ts'
import { redirect, schemaOf } from './describe.ts'
import { hints, returnTo, text } from './shapes.ts'

/** What linking and the session say no with. */
export const linkingRefusals: readonly ErrorCode[] = [
  'unverified_email', 'signup_disabled', 'account_disabled', 'email_in_use', 'identity_in_use', 'session_mismatch', 'tenant_not_allowed', 'insecure_transport'
]

/** What can become of Microsoft's answer. */
export const callbackRefusals: readonly ErrorCode[] = [
  'access_denied', 'interaction_required', 'invalid_state', 'invalid_request', 'invalid_token', 'reauth_required', 'redirect_not_allowed',
  'provider_error', 'provider_unavailable', 'provider_timeout', 'otp_locked', 'otp_unavailable', ...linkingRefusals
]

const response = {
  state: text,
  code: text,
  error: text,
  error_description: text,
  iss: text
}

const arrived = redirect('Signed in, or asked for a one-time code, or refused (`?error=` on the error page). Option `onSignIn` may answer otherwise.')

export function startSchema (): FastifySchema {
  return schemaOf({
    tag: 'Sign in',
    operationId: 'startSignIn',
    summary: 'Starts a sign-in: sends the browser to Microsoft.',
    description: 'To be opened, not fetched: a browser that says that it does not navigate is refused.',
    query: { return_to: returnTo, ...hints },
    answers: { 303: redirect('To Microsoft; or to the error page.') },
    refusals: ['invalid_request', 'redirect_not_allowed', 'insecure_transport']
  })
}

export function callbackSchema (): FastifySchema {
  return schemaOf({
    tag: 'Sign in',
    operationId: 'finishSignIn',
    summary: 'Finishes a sign-in: Microsoft sends the browser here.',
    query: response,
    answers: { 303: arrived },
    refusals: callbackRefusals,
    hasOwnCodes: true
  })
}

export function postedCallbackSchema (): FastifySchema {
  return schemaOf({
    tag: 'Sign in',
    operationId: 'receiveSignIn',
    summary: 'Takes the answer that Microsoft\'s page posts (response mode form_post), and has the browser come back with it.',
    body: response,
    formOnly: true,
    answers: { 303: redirect('To the route that finishes the sign-in; or to the error page.') },
    refusals: callbackRefusals
  })
}

export function finishSchema (): FastifySchema {
  return schemaOf({
    tag: 'Sign in',
    operationId: 'finishSignIn',
    summary: 'Finishes a sign-in whose answer was posted: the browser comes here by itself.',
    query: { state: text },
    answers: { 303: arrived },
    refusals: callbackRefusals,
    hasOwnCodes: true
  })
}

import type { FastifySchema } from 'fastify'
import { empty, json, objectOf, page, redirect, schemaOf } from './describe.ts'
import { flag, guid, orNull, returnTo, text } from './shapes.ts'

export function startAdminConsentSchema (): FastifySchema {
  return schemaOf({
    tag: 'Microsoft',
    operationId: 'startAdminConsent',
    summary: 'Sends an administrator to Microsoft, to allow the application for a whole tenant.',
    query: { tenant: { type: 'string', description: 'GUID or domain name; left out, the administrator\'s own.' }, return_to: returnTo },
    answers: { 303: redirect('To Microsoft; or to the error page.') },
    refusals: ['invalid_request', 'redirect_not_allowed', 'tenant_not_allowed', 'insecure_transport']
  })
}

export function finishAdminConsentSchema (): FastifySchema {
  return schemaOf({
    tag: 'Microsoft',
    operationId: 'finishAdminConsent',
    summary: 'Microsoft sends the administrator\'s browser here. What it says is unproven.',
    query: { state: text, admin_consent: text, tenant: text, scope: text, error: text, error_description: text },
    answers: {
      200: json('What the browser says, for a program. Option `onAdminConsent` may answer otherwise.', objectOf({ tenant: orNull(guid), granted: flag, scopes: { type: 'array', items: text } })),
      303: redirect('On to the sign-in, or to the error page.')
    },
    refusals: ['access_denied', 'interaction_required', 'invalid_request', 'invalid_state', 'tenant_not_allowed', 'provider_error', 'provider_unavailable', 'insecure_transport']
  })
}

export function frontChannelLogoutSchema (): FastifySchema {
  return schemaOf({
    tag: 'Microsoft',
    operationId: 'frontChannelLogout',
    summary: 'Ends the sessions of who signs out at Microsoft, which opens this in a frame. The answer is always the same.',
    query: { sid: text, iss: text },
    answers: { 200: page('Empty, whatever was done.'), 429: empty('Too many requests.') }
  })
}

export function signedOutSchema (): FastifySchema {
  return schemaOf({
    tag: 'Microsoft',
    operationId: 'returnFromSignOut',
    summary: 'Microsoft sends browsers here that have signed out there.',
    answers: { 303: redirect('To the page after signing out.') }
  })
}

export function photoSchema (): FastifySchema {
  return schemaOf({
    tag: 'Microsoft',
    operationId: 'showPhoto',
    summary: 'Shows the photo of whoever is signed in.',
    answers: {
      200: { description: 'The photo, as Microsoft has it.', content: { 'image/*': { schema: { type: 'string', format: 'binary' } } } },
      303: redirect('For a page: to the error page.'),
      304: empty('It is the one that the browser has.'),
      404: empty('This person has none.')
    },
    refusals: ['unauthenticated', 'interaction_required', 'account_disabled', 'tenant_not_allowed', 'provider_error', 'provider_unavailable', 'provider_timeout']
  })
}

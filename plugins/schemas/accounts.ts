import type { FastifySchema } from 'fastify'
import { empty, json, objectOf, redirect, schemaOf } from './describe.ts'
import { csrfToken, email, flag, guid, hints, orNull, returnTo, text, time, url } from './shapes.ts'

export function listIdentitiesSchema (): FastifySchema {
  const identity = objectOf({
    tid: guid,
    oid: guid,
    displayName: orNull(text),
    preferredUsername: orNull(text),
    email: orNull(email),
    createdAt: time,
    lastSignInAt: orNull(time),
    current: flag
  })
  return schemaOf({
    tag: 'Accounts',
    operationId: 'listIdentities',
    summary: 'Lists one\'s own accounts at Microsoft, oldest first.',
    answers: { 200: json('The accounts by which this person can sign in.', { type: 'array', items: identity }), 303: redirect('For a page: to the error page.') },
    refusals: ['unauthenticated']
  })
}

export function linkSchema (): FastifySchema {
  return schemaOf({
    tag: 'Accounts',
    operationId: 'linkIdentity',
    summary: 'Starts to add an account at Microsoft to the person who is signed in.',
    body: { return_to: returnTo, ...hints, csrf_token: csrfToken },
    answers: { 200: json('The browser goes on to Microsoft.', objectOf({ url })), 303: redirect('For a form: to Microsoft.') },
    refusals: ['cross_site_request', 'unauthenticated', 'reauth_required', 'redirect_not_allowed', 'insecure_transport', 'interaction_required']
  })
}

export function unlinkSchema (): FastifySchema {
  return schemaOf({
    tag: 'Accounts',
    operationId: 'unlinkIdentity',
    summary: 'Takes an account at Microsoft from the person who is signed in; never the last way in.',
    body: { tid: guid, oid: guid, csrf_token: csrfToken },
    required: ['tid', 'oid'],
    answers: { 204: empty('It signs nobody in here any more; all other sessions have ended.'), 303: redirect('For a form: to the account page.') },
    refusals: ['cross_site_request', 'unauthenticated', 'reauth_required', 'last_identity', 'interaction_required']
  })
}

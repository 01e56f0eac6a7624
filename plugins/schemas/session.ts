import type { FastifySchema } from 'fastify'
import { empty, json, objectOf, redirect, type RouteDescription, schemaOf } from './describe.ts'
import { csrfToken, email, flag, guid, orNull, text, time, url } from './shapes.ts'

const at = { type: 'string', enum: ['here', 'microsoft'], description: 'Where to sign out; left out, option `signOutAtMicrosoft` says.' }
const signedOut = { 200: json('Signed out here; the browser goes on to Microsoft.', objectOf({ url })), 204: empty('Signed out.'), 303: redirect('For a form: to the page after signing out.') }

export function sessionSchema (): FastifySchema {
  const user = objectOf({
    id: text,
    displayName: orNull(text),
    email: orNull(email),
    identity: objectOf({ tid: guid, oid: guid }),
    roles: { type: 'array', items: text }
  })
  return schemaOf({
    tag: 'Session',
    operationId: 'showSession',
    summary: 'Says who is signed in; nobody is an answer, too.',
    answers: {
      200: json('The session of this browser.', objectOf({
        user: orNull(user),
        csrfToken: orNull(csrfToken),
        authenticatedAt: orNull(time),
        expiresAt: orNull(time),
        mustConfirm: { type: 'boolean', description: 'Whether a sign-in with `prompt=none` brings back a session that is there.' }
      }))
    }
  })
}

export function signOutSchema (): FastifySchema {
  return schemaOf({
    tag: 'Session',
    operationId: 'signOut',
    summary: 'Signs this browser out.',
    body: { csrf_token: csrfToken, at },
    answers: signedOut,
    refusals: ['cross_site_request', 'invalid_request']
  })
}

export function listSessionsSchema (): FastifySchema {
  const session = objectOf({ handle: text, createdAt: time, lastSeenAt: time, authenticatedAt: time, device: orNull(text), current: flag })
  return schemaOf({
    tag: 'Session',
    operationId: 'listSessions',
    summary: 'Lists one\'s own sessions, newest first.',
    answers: { 200: json('The sessions that are alive.', { type: 'array', items: session }), 303: redirect('For a page: to the sign-in.') },
    refusals: ['unauthenticated', 'interaction_required']
  })
}

function ending (own: Pick<RouteDescription, 'operationId' | 'summary' | 'answers'> & Partial<RouteDescription>): FastifySchema {
  return schemaOf({
    tag: 'Session',
    refusals: ['cross_site_request', 'invalid_request', 'unauthenticated', 'interaction_required', 'reauth_required'],
    ...own,
    body: { csrf_token: csrfToken, at, ...own.body }
  })
}

const changed = { 204: empty('Ended.'), 303: redirect('For a form: to the account page.') }

export function endSessionSchema (): FastifySchema {
  return ending({
    operationId: 'endSession',
    summary: 'Ends one of one\'s own sessions.',
    body: { session: { type: 'string', description: 'The handle that the list gives.' } },
    required: ['session'],
    answers: { ...signedOut, ...changed }
  })
}

export function endOtherSessionsSchema (): FastifySchema {
  return ending({ operationId: 'endOtherSessions', summary: 'Ends one\'s own sessions in all other browsers.', answers: changed })
}

export function endAllSessionsSchema (): FastifySchema {
  return ending({ operationId: 'endAllSessions', summary: 'Signs out everywhere.', answers: signedOut })
}

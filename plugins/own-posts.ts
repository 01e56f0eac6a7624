import fastifyFormbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refuse, withStatus } from '../src/core/errors.ts'
import { isOwnRequest } from '../src/core/request-origin.ts'
import { isFromFrontEnd } from './cross-origin.ts'
import { signInOf } from './sign-in.ts'

/** A form with a token, or JSON: nothing that is larger has business at routes of ours that change something. */
export const bodyLimit = 16_384

const formOrJson = /^application\/(?:json|x-www-form-urlencoded) *(?:;|$)/i

/**
 * Forms and JSON, whatever else the application can read: plain text is what another site's form may send without being asked.
 *
 * @param accepted - Which types are taken; anything else is answered with 415.
 */
export async function acceptForms (scope: FastifyInstance, accepted: RegExp = formOrJson): Promise<void> {
  scope.addHook('onRequest', async ({ headers: { 'content-type': type = 'application/json' } }) => {
    if (!accepted.test(type)) throw withStatus(refuse('invalid_request', 'content_type'), 415)
  })
  if (!scope.hasContentTypeParser('application/x-www-form-urlencoded')) await scope.register(fastifyFormbody)
}

/**
 * Refuses what another site sent: each route of ours that changes something asks this first.
 *
 * @param isToken - Whether a token, from the header `x-csrf-token` or from the form, is the one that our page was given.
 * @throws cross_site_request
 */
export function requireOwnRequest (request: FastifyRequest, isToken: (token: unknown) => boolean): void {
  const { config } = signInOf(request.server)
  const isOwn = isOwnRequest(request.headers, config.origin, () => isToken(request.headers['x-csrf-token'] ?? fieldOf(request, 'csrf_token')), isFromFrontEnd(request))
  if (!isOwn) throw refuse('cross_site_request', 'other_site')
}

/** A field of the form or of the JSON object that was sent; `undefined` where there is none. */
export function fieldOf ({ body }: Pick<FastifyRequest, 'body'>, name: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined
}

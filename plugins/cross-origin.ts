import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { signInOf } from './sign-in.ts'

const openScopes = new WeakSet<FastifyInstance>()

/** What a front end may send beside the headers that need no question: see `requireOwnRequest`. */
const allowedHeaders = 'content-type, x-csrf-token, x-requested-with'
/** Seconds for which a browser need not ask again. */
const preflightLifetime = 600

/**
 * Opens the routes of a scope to the front ends that option `allowedOrigins` names: to be read, and to be asked for
 * changes, with the cookies of whoever sits there (Fetch Standard section 3.2, the CORS protocol). All other origins are
 * answered as if there was no such thing. Each path needs a route for OPTIONS: `refuseOtherMethods` gives one.
 *
 * @fastify/cors would do for a whole server. It registers `OPTIONS *` wherever it is registered, in an inner scope as well, so
 * that an application with its own registration of it would not start; and it says `Access-Control-Allow-Credentials` to everybody.
 */
export function openToFrontEnds (scope: FastifyInstance): void {
  if (signInOf(scope).config.allowedOrigins.length === 0) return
  openScopes.add(scope)
  scope.addHook('onRequest', answerPreflight)
  // Not earlier: what fails before our hooks is to be read as well.
  scope.addHook('onSend', nameOrigin)
}

/** Whether a request comes from a page of a front end, and to a route that is open to it. */
export function isFromFrontEnd ({ server, headers: { origin } }: Pick<FastifyRequest, 'server' | 'headers'>): boolean {
  return origin !== undefined && openScopes.has(server) && signInOf(server).config.allowedOrigins.includes(origin)
}

/** A browser asks before it sends what no form could send. Nobody is signed in by such a question, and nothing happens. */
async function answerPreflight (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined || !isFromFrontEnd(request)) return undefined
  return reply.code(204).headers({
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': allowedHeaders,
    'access-control-max-age': preflightLifetime,
    // Safari waits for a body otherwise.
    'content-length': 0
  }).send()
}

async function nameOrigin (request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('vary', [reply.getHeader('vary') ?? [], 'origin'].flat().join(', '))
  if (!isFromFrontEnd(request)) return
  reply.headers({
    'access-control-allow-origin': request.headers.origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after'
  })
}

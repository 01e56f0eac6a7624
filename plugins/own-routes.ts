import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type EntraError, isEntraError, refuse } from '../src/core/errors.ts'
import { wantsPage } from '../src/core/request-origin.ts'
import { signInOf } from './sign-in.ts'

/**
 * Registers routes of ours in a scope of their own: answers that nobody
 * keeps, refusals in our form, and log lines without query strings, since
 * those hold codes, states and login hints.
 */
export async function registerOwnRoutes (
  app: FastifyInstance, routes: (scope: FastifyInstance) => void | Promise<void>
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRequest', forbidStoring)
    scope.setErrorHandler(answerRefusal)
    await routes(scope)
  }, { logSerializers })
}

// Fastify's types say that a serializer gives a string; its own give objects.
const logSerializers = { req: describeRequest } as unknown as Record<string, (value: unknown) => string>

async function forbidStoring (_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('cache-control', 'no-store').header('referrer-policy', 'same-origin')
}

/** Fastify's own description of a request, but for the query. */
function describeRequest (request: FastifyRequest): Record<string, unknown> {
  return {
    method: request.method,
    url: request.url.split('?', 1)[0],
    host: request.host,
    remoteAddress: request.ip,
    remotePort: request.socket?.remotePort
  }
}

/** Browsers go to the error page; other clients get JSON. Nothing of the request is reflected. */
async function answerRefusal (error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const refusal = isEntraError(error) ? error : unexpected(error, request)
  logRefusal(refusal, request)
  const { retryAfter } = refusal.detail
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  const { errorUrl } = signInOf(request.server)
  if (errorUrl !== null && wantsPage(request.headers)) {
    const page = new URL(errorUrl, signInOf(request.server).config.origin)
    page.searchParams.set('error', refusal.code)
    return reply.redirect(errorUrl.startsWith('/') ? page.pathname + page.search : page.href, 303)
  }
  const { statusCode, code, message } = refusal
  // A plain object: sent as an error it would go on to the application's own error handler.
  return reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}

/**
 * What Fastify itself refuses (a body too large, a wrong content type) keeps
 * its status. Anything else is a fault: its message may hold anything, so only
 * where it happened is logged.
 */
function unexpected (error: FastifyError, request: FastifyRequest): EntraError {
  const status = error.statusCode ?? 500
  if (status < 500) return Object.assign(refuse('invalid_request', String(error.code)), { statusCode: status })
  const frames = String(error.stack).split('\n').filter((line) => /^\s+at /.test(line))
  request.log.error({ fault: error.name, code: error.code, frames }, 'a sign-in route failed')
  return refuse('server_error', 'unexpected')
}

function logRefusal (refusal: EntraError, request: FastifyRequest): void {
  const { code, detail: { reason, aadsts, correlationId, remedy } } = refusal
  const entry = { code, reason, aadsts, correlationId, remedy }
  if (refusal.statusCode >= 500) request.log.error(entry, 'sign-in refused')
  else request.log.info(entry, 'sign-in refused')
}

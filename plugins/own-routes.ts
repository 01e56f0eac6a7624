import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type EntraError, isEntraError, isErrorCode, refuse, statusOf, withStatus } from '../src/core/errors.ts'
import { helpFor } from '../src/core/help.ts'
import { wantsPage } from '../src/core/request-origin.ts'
import { referenceOf } from '../src/pages/reference.ts'
import { framesOf } from './failure-frames.ts'
import { describeOnly, refusalSchemaOf } from './schemas/describe.ts'
import { reportRefusal } from './reports.ts'
import type { RouteKind } from './rate-limits.ts'
import { sendRefusal } from './send-refusal.ts'
import { signInOf } from './sign-in.ts'
import { limitBodyTime } from './slow-bodies.ts'

/**
 * Registers routes of ours in a scope of their own: answers that nobody
 * keeps, bodies that come in time, refusals in our form, schemas that describe, and log lines without
 * query strings, since those hold codes, states and login hints.
 *
 * @param kind - Which rate limit holds for them; none where it is left out.
 */
export async function registerOwnRoutes (
  app: FastifyInstance, routes: (scope: FastifyInstance) => void | Promise<void>, kind?: RouteKind
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRequest', forbidStoring)
    scope.addHook('onRequest', limitBodyTime)
    scope.setErrorHandler(answerRefusal)
    describeOnly(scope)
    if (kind !== undefined) await signInOf(app).limitRoutes?.(scope, kind)
    await routes(scope)
  }, { logSerializers })
}

// Fastify's types say that a serializer gives a string; its own give objects.
const logSerializers = { req: describeRequest } as unknown as Record<string, (value: unknown) => string>

async function forbidStoring (_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('cache-control', 'no-store').header('referrer-policy', 'same-origin')
}

function pathOf (request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!
}

/** Fastify's own description of a request, but for the query. */
function describeRequest (request: FastifyRequest): Record<string, unknown> {
  return {
    method: request.method,
    url: pathOf(request),
    host: request.host,
    remoteAddress: request.ip,
    remotePort: request.socket?.remotePort
  }
}

/** The methods that Fastify knows by itself. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/**
 * Answers all methods but those that are allowed with 405: else the application's 404 would log and
 * reflect the query, and a HEAD would run the handler of a GET (abuse case O20).
 */
export function refuseOtherMethods (scope: FastifyInstance, path: string, allowed: 'GET' | 'POST' | 'GET, POST' = 'GET'): void {
  const refuseMethod = async (_request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    reply.header('allow', allowed)
    throw withStatus(refuse('invalid_request', 'method'), 405)
  }
  scope.route({
    method: methods.filter((method) => !allowed.split(', ').includes(method)),
    url: path,
    exposeHeadRoute: false,
    schema: refusalSchemaOf('Refuses other methods.', 405),
    // Before the body is looked at: else a form would be answered with 415, where nothing takes forms.
    onRequest: refuseMethod,
    handler: refuseMethod
  })
}

/** Answers a path of ours that is switched off with 404, and keeps its query out of the log. */
export function answerNotFound (scope: FastifyInstance, path: string): void {
  const refuseAll = async (): Promise<never> => { throw withStatus(refuse('invalid_request', 'switched_off'), 404) }
  scope.all(path, { schema: refusalSchemaOf('Is switched off.', 404), onRequest: refuseAll }, refuseAll)
}

/** Browsers go to the error page; other clients get JSON. Nothing of the request is reflected. */
async function answerRefusal (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const refusal = isEntraError(error) ? error : foreignRefusal(asFailure(error), request)
  logRefusal(refusal, request)
  if (await signInOf(request.server).settleConfirmation?.(request, reply, refusal) === true) return reply
  await reportRefusal(request, refusal)
  // A hook of the application's may have failed before ours had run.
  await forbidStoring(request, reply)
  const { retryAfter } = refusal.detail
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (wantsPage(request.headers) && hasOwnStatus(refusal)) return sendToErrorPage(refusal, request, reply)
  return sendRefusal(refusal, reply)
}

/** A wrong method, type or size is answered with its own status; there is nothing for a person to read. */
function hasOwnStatus ({ code, statusCode }: EntraError): boolean {
  return !isErrorCode(code) || statusCode === statusOf(code)
}

/** A refusal on the error page itself is shown in place: a redirect would come back for ever. */
function sendToErrorPage (refusal: EntraError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { errorUrl, sendErrorPage, noteRefusal, config: { origin } } = signInOf(request.server)
  if (errorUrl === null) return sendRefusal(refusal, reply)
  const page = new URL(errorUrl, origin)
  const help = helpFor(refusal.code, refusal.detail.help)
  if (page.origin === origin && page.pathname === pathOf(request)) {
    return sendErrorPage === null ? sendRefusal(refusal, reply) : sendErrorPage(reply.code(refusal.statusCode), { code: refusal.code, help, reference: referenceOf(request.id) })
  }
  noteRefusal?.(reply, refusal.code, String(request.id))
  page.searchParams.set('error', refusal.code)
  if (help !== undefined) page.searchParams.set('help', help)
  return reply.redirect(errorUrl.startsWith('/') ? page.pathname + page.search : page.href, 303)
}

/** Hooks may throw anything. */
function asFailure (error: unknown): Partial<FastifyError> {
  return typeof error === 'object' && error !== null ? error : {}
}

/**
 * What Fastify or the application refuses (a body too large, too many
 * requests) keeps its status. Anything else is a fault: its message may hold
 * anything, so only where it happened is logged.
 */
function foreignRefusal (failure: Partial<FastifyError>, request: FastifyRequest): EntraError {
  const { statusCode = 500 } = failure
  const code = codeOf(failure)
  if (statusCode >= 400 && statusCode < 500) {
    return withStatus(refuse(statusCode === 429 ? 'too_many_requests' : 'invalid_request', code), statusCode)
  }
  request.log.error({ code, frames: framesOf(failure) }, 'a sign-in route failed')
  return withStatus(refuse('server_error', 'unexpected'), statusCode > 500 && statusCode < 600 ? statusCode : 500)
}

function codeOf ({ code }: Partial<FastifyError>): string {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : 'foreign'
}

/** Says why in the log, and nothing that the client sent. */
export function logRefusal (refusal: EntraError, request: FastifyRequest): void {
  const { code, detail: { reason, aadsts, correlationId, actor, remedy } } = refusal
  const entry = { code, reason, aadsts, correlationId, actor, remedy }
  if (refusal.statusCode >= 500) request.log.error(entry, 'sign-in refused')
  else request.log.info(entry, 'sign-in refused')
}

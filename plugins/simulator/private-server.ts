import createServer, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type EndpointName, endpointRoutes, type Engine } from '../../src/simulator/engine.ts'
import { type GraphResource, graphRoutes } from '../../src/simulator/graph.ts'
import type { Mailbox } from '../../src/simulator/mailbox.ts'
import type { EndpointAnswer, EndpointRequest } from '../../src/simulator/types.ts'

/** Bytes that a body may have. A request of the code flow has a few hundred. */
export const bodyLimit: number = 64 * 1024

/** Where Microsoft Graph is, below the base. At Microsoft it is a host of its own. */
export const graphPrefix = '/graph'

/**
 * A server of the simulator's own that listens nowhere: it is reached by
 * `inject` and through streams in memory, and by nothing from outside.
 */
export function createPrivateServer (engine: Engine, mailbox: Mailbox): FastifyInstance {
  const server = createServer({ logger: false, exposeHeadRoutes: false, bodyLimit })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  server.setNotFoundHandler(answerNotFound)
  const { pathname } = new URL(engine.base)
  const root = pathname === '/' ? '' : pathname
  for (const [endpoint, { path, methods }] of Object.entries(endpointRoutes)) {
    server.route({ method: [...methods], url: `${root}/:tenant${path}`, handler: serve(engine, endpoint as EndpointName) })
  }
  for (const [resource, path] of Object.entries(graphRoutes)) {
    server.get(`${root}${graphPrefix}${path}`, async ({ headers: { authorization } }, reply) => {
      const { status, headers, body } = engine.answerGraph({ resource: resource as GraphResource, authorization })
      return reply.code(status).headers(headers).send(body)
    })
  }
  server.get(`${root}/mailbox`, async (_request, reply) => send(reply, mailbox.page()))
  return server
}

async function answerNotFound (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(404).type('text/plain; charset=utf-8').send('Microsoft has no such endpoint, or the simulator leaves it out.\n')
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

function serve (engine: Engine, endpoint: EndpointName): Handler {
  return async (request, reply) => {
    return send(reply, await engine.answer(endpoint, describe(request)))
  }
}

function send (reply: FastifyReply, { status, headers, body }: EndpointAnswer): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}

function describe (request: FastifyRequest): EndpointRequest {
  const { headers, method, body } = request
  const [, query = ''] = request.raw.url!.split(/\?(.*)/s)
  return {
    method,
    query,
    tenant: (request.params as { tenant: string }).tenant,
    body: typeof body === 'string' ? body : '',
    contentType: headers['content-type'],
    authorization: headers.authorization,
    origin: headers.origin,
    fetchSite: headers['sec-fetch-site'] as string | undefined,
    cookie: headers.cookie
  }
}

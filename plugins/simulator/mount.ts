import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { describeOnly } from '../schemas/describe.ts'
import { simulatorSchema } from '../schemas/simulator.ts'
import { intruderOf } from '../local-only.ts'
import { bodyLimit } from './private-server.ts'

/**
 * Puts the private server's endpoints below a prefix of an application, in a
 * scope of its own: the application's parsers stay as they are, and the
 * simulator's never see another route.
 */
export async function mount (app: FastifyInstance, prefix: string, server: FastifyInstance): Promise<void> {
  // Requests are logged from "warn" on: their URLs hold states and nonces.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
    describeOnly(scope)
    scope.addHook('onRequest', refuseIntruders)
    scope.route({ method: ['GET', 'POST'], url: '/*', exposeHeadRoute: false, schema: simulatorSchema(), handler: forwardTo(server) })
  }, { prefix, logLevel: 'warn' })
}

/** Nobody but this machine is let in, and no option lifts that. */
async function refuseIntruders (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const reason = intruderOf(request)
  if (reason === null) return undefined
  request.log.warn({ reason }, 'the simulator of Microsoft refused a request that does not come straight from this machine')
  return reply.code(403).header('cache-control', 'no-store').send({
    statusCode: 403,
    code: 'simulator_local_only',
    error: 'Forbidden',
    message: 'The simulator of Microsoft answers this machine only.'
  })
}

const passedOn = ['content-type', 'authorization', 'origin', 'sec-fetch-site', 'cookie']
const keptBack = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date'])

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

function forwardTo (server: FastifyInstance): Handler {
  return async (request, reply) => {
    const answer = await server.inject({
      method: request.method as Extract<HTTPMethods, 'GET' | 'POST'>,
      url: request.raw.url!,
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => passedOn.includes(name))),
      ...(Buffer.isBuffer(request.body) ? { payload: request.body } : {})
    })
    const headers = Object.entries(answer.headers).filter(([name]) => !keptBack.has(name))
    return reply.code(answer.statusCode).headers(Object.fromEntries(headers)).send(answer.rawPayload)
  }
}

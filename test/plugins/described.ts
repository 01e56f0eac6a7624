import { Ajv, type ValidateFunction } from 'ajv'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'

/** A response of a schema, as OpenAPI and Fastify write it. */
interface Described {
  readonly type?: string
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

const ajv = new Ajv({ strict: false, formats: { uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, binary: true } })
const compiled = new WeakMap<object, ValidateFunction>()

/**
 * Compares each answer of each route that has a schema with it: whatever a test asks, it also shows that the route answers
 * as its schema says. Gives what does not fit, so far.
 */
export function watchAnswers (app: FastifyInstance): () => readonly string[] {
  const complaints: string[] = []
  app.addHook('onSend', async (request, reply, payload) => {
    const complaint = complaintOf(request, reply, payload)
    if (complaint !== null) complaints.push(`${request.method} ${request.routeOptions.url!} answered ${reply.statusCode}: ${complaint}`)
  })
  return () => [...new Set(complaints)]
}

function complaintOf (request: FastifyRequest, reply: FastifyReply, payload: unknown): string | null {
  const { response } = (request.routeOptions.schema ?? {}) as FastifySchema & { response?: Record<string, Described> }
  // An application's own route, or what the browser asks before it asks.
  if (response === undefined || reply.getHeader('access-control-allow-methods') !== undefined) return null
  const described = response[reply.statusCode] ?? response[`${String(reply.statusCode)[0]!}xx`] ?? response.default
  if (described === undefined) return `a status that its schema does not name: ${String(payload).slice(0, 200)}`
  if (described.type === undefined && described.content === undefined) return null
  if (described.type === 'null') return isEmpty(payload) ? complaintOfLocation(reply) : 'something, where its schema says nothing'
  return complaintOfBody(described, String(reply.getHeader('content-type')).split(';', 1)[0]!, payload)
}

function isEmpty (payload: unknown): boolean {
  return payload === undefined || payload === null || payload === ''
}

function complaintOfLocation (reply: FastifyReply): string | null {
  return reply.statusCode !== 303 || typeof reply.getHeader('location') === 'string' ? null : 'no location'
}

function complaintOfBody (described: Described, type: string, payload: unknown): string | null {
  const schema = described.content === undefined ? described : (described.content[type] ?? described.content[`${type.split('/', 1)[0]!}/*`])?.schema
  if (schema === undefined) return `${type}, which its schema does not name`
  if (type !== 'application/json') return described.content === undefined ? `${type} where its schema says JSON` : null
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  return validate(JSON.parse(String(payload))) ? null : `${ajv.errorsText(validate.errors)}: ${String(payload).slice(0, 300)}`
}

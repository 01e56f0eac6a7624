import type { FastifyInstance, FastifySchema } from 'fastify'
import { type ErrorCode, statusOf } from '../../src/core/errors.ts'

/** A schema of JSON Schema (draft 7), as Fastify and @fastify/swagger read it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Headings under which the routes stand in an API document. */
export type Tag = 'Sign in' | 'Session' | 'Accounts' | 'One-time codes' | 'Pages' | 'Microsoft' | 'Own apps' | 'Operating'

/** What a route takes and gives. */
export interface RouteDescription {
  readonly tag: Tag
  /** Unique among all routes: generated clients call their functions by it. */
  readonly operationId: string
  /** One line. */
  readonly summary: string
  readonly description?: string
  readonly params?: JsonSchema
  /** Members of the query. All may be left out, and others are left alone. */
  readonly query?: Readonly<Record<string, JsonSchema>>
  /** Members of the form or of the JSON object. */
  readonly body?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** The body is a form, never JSON. */
  readonly formOnly?: boolean
  /** Answers by status, but for refusals; see `json`, `page`, `redirect` and `empty`. */
  readonly answers: Readonly<Record<string, JsonSchema>>
  /** Codes that a client can be refused with, beside those that any route has. */
  readonly refusals?: readonly ErrorCode[]
  /** Whether a 403 can have a code of the application's own (option `signUpRefusals`). */
  readonly hasOwnCodes?: boolean
}

/**
 * Gives the routes of a scope schemas that describe and nothing else. What a route takes is decided by its own checks:
 * the validator of an application may turn `["x"]` into `"x"` and 1 into "1", or drop members, as Fastify's does by default,
 * and would refuse before anybody has asked where the request comes from. And what a route gives goes out whole.
 */
export function describeOnly (scope: FastifyInstance): void {
  scope.setValidatorCompiler(() => () => true)
  scope.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}

/** The schema of a route: complete, for API documents. */
export function schemaOf (description: RouteDescription): FastifySchema {
  const { tag, operationId, summary, description: text, params, query, body, required = [], formOnly = false, answers } = description
  return {
    tags: [tag],
    operationId,
    summary,
    ...(text !== undefined && { description: text }),
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: { type: 'object', properties: query } }),
    ...(body !== undefined && { body: { type: 'object', properties: body, required }, consumes: [...(formOnly ? [] : ['application/json']), 'application/x-www-form-urlencoded'] }),
    response: { ...refusalsOf(description), ...answers }
  } as FastifySchema
}

/** The schema of a route that only refuses: no document shows it. */
export function refusalSchemaOf (summary: string, status: number): FastifySchema {
  return { hide: true, tags: ['Sign in'], summary, response: { [status]: refusalOf(status, ['invalid_request']) } } as FastifySchema
}

/** An answer in JSON. */
export function json (description: string, schema: JsonSchema): JsonSchema {
  return { description, ...schema }
}

/** A page for people. */
export function page (description: string): JsonSchema {
  return { description, content: { 'text/html': { schema: { type: 'string' } } } }
}

/** A page for people, or JSON for a program: what `Accept` asks for. */
export function pageOrJson (description: string, schema: JsonSchema): JsonSchema {
  return { description, content: { 'text/html': { schema: { type: 'string' } }, 'application/json': { schema } } }
}

/** A refusal that is explained by a page of its own, with the status of the code. */
export function refusedPage (status: number, codes: readonly ErrorCode[]): JsonSchema {
  const { description, ...refusal } = refusalOf(status, codes)
  return pageOrJson(String(description), refusal)
}

/** A browser is sent on. */
export function redirect (description: string): JsonSchema {
  return { description, type: 'null', headers: { location: { type: 'string', description: 'Where the browser goes on.' } } }
}

export function empty (description: string): JsonSchema {
  return { description, type: 'null' }
}

/** An object whose members are all there, and no others. */
export function objectOf (properties: Readonly<Record<string, JsonSchema>>, also: JsonSchema = {}): JsonSchema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties, ...also }
}

/** Any route can fail like this: nobody can be identified without the store. */
const anyRoute: readonly ErrorCode[] = ['server_error', 'store_unavailable', 'too_many_requests']
/** A body is refused before it is read. */
const anyBody: ReadonlyArray<readonly [status: number, code: ErrorCode]> = [[400, 'invalid_request'], [413, 'invalid_request'], [415, 'invalid_request']]

function refusalsOf ({ refusals = [], hasOwnCodes = false, body }: RouteDescription): Record<string, JsonSchema> {
  const pairs = [...refusals, ...anyRoute].map((code): readonly [number, ErrorCode] => [statusOf(code), code])
  const all = body === undefined ? pairs : [...pairs, ...anyBody]
  const byStatus = [...new Set(all.map(([status]) => status))].map((status) => {
    const codes = [...all.filter(([one]) => one === status).map(([, code]) => code), foreignCodeOf(status)]
    return [status, refusalOf(status, [...new Set(codes)], hasOwnCodes && status === 403)]
  })
  return { ...Object.fromEntries(byStatus), '4xx': foreignRefusal('invalid_request'), '5xx': foreignRefusal('server_error') }
}

/** What a hook of the application's refuses or breaks keeps its status, and gets this code: see `answerRefusal`. */
function foreignCodeOf (status: number): ErrorCode {
  return status < 500 ? 'invalid_request' : 'server_error'
}

function foreignRefusal (code: ErrorCode): JsonSchema {
  return json(`A hook of the application's own has refused it or failed: ${code}.`, refusalBody({ type: 'integer' }, [code]))
}

/** A refusal as programs get it. Browsers go to the error page instead, where there is one. */
export function refusalOf (status: number, codes: readonly ErrorCode[], hasOwnCodes: boolean = false): JsonSchema {
  const named = hasOwnCodes ? [...codes, 'or a code of the application\'s own'] : codes
  return json(`Refused: ${named.join(', ')}.`, refusalBody({ type: 'integer', enum: [status] }, hasOwnCodes ? null : codes))
}

function refusalBody (statusCode: JsonSchema, codes: readonly ErrorCode[] | null): JsonSchema {
  return objectOf({
    statusCode,
    code: { type: 'string', ...(codes !== null && { enum: codes }) },
    error: { type: 'string', description: 'The reason phrase of the status.' },
    message: { type: 'string', description: 'A fixed text for the code, for people to read.' }
  })
}

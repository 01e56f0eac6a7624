import fastifySwagger from '@fastify/swagger'
import { Ajv } from 'ajv'
import Fastify, { type FastifyInstance, type FastifySchema, type RouteOptions } from 'fastify'
import type { Test } from 'tap'
import t from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import identity from '../../plugins/identity.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program } from './app.ts'
import { codesApp } from './codes.ts'
import { watchAnswers } from './described.ts'

takesLong()

type Schema = FastifySchema & { readonly hide?: boolean, readonly tags?: string[], readonly summary?: string, readonly operationId?: string, readonly response?: Record<string, Record<string, unknown>> }

interface Route {
  readonly methods: string[]
  readonly url: string
  readonly schema: Schema
}

interface Documented {
  readonly routes: Route[]
  readonly document: { paths: Record<string, Record<string, { operationId: string, responses: Record<string, unknown>, requestBody?: { content: object } }>> }
  readonly app: FastifyInstance
}

/** A complete application, with all that can be there. */
async function fullApp (t: Pick<Test, 'teardown'>, options: Partial<EntraOptions> = {}): Promise<Documented> {
  const app = Fastify()
  t.teardown(async () => await app.close())
  const routes: Route[] = []
  app.addHook('onRoute', ({ method, url, schema = {} }: RouteOptions) => { routes.push({ methods: [method].flat(), url, schema: schema as Schema }) })
  await app.register(fastifySwagger, { openapi: { info: { title: 'test', version: '1' } } })
  await app.register(entra, {
    baseUrl: 'http://localhost:3000',
    database: ':memory:',
    use_email_as_identifier: true,
    verify_email: true,
    keepTokens: true,
    photo: true,
    allowedScopes: ['User.Read'],
    health: true,
    ...options
  })
  await app.register(identity, { clients: [] })
  await app.ready()
  return { routes, app, document: app.swagger() as unknown as Documented['document'] }
}

/** Each way to set it up that changes which routes there are. */
const setUps: Record<string, Partial<EntraOptions>> = {
  'in development': {},
  'with form_post': { responseMode: 'form_post' },
  'switched off': { enabled: false },
  'with rate limits and front ends': { rateLimit: true, allowedOrigins: ['http://localhost:5173'] }
}

for (const [name, options] of Object.entries(setUps)) {
  t.test(`${name}: every route has a full schema`, async (t) => {
    const { routes } = await fullApp(t, options)
    t.ok(routes.length > 30, `${routes.length} routes`)
    for (const { methods, url, schema } of routes) {
      const route = `${methods.join()} ${url}`
      t.equal(schema.tags?.length, 1, `${route} has a tag`)
      t.match(schema.summary, /^[A-Z].*\.$/, `${route} has a summary`)
      t.ok(Object.keys(schema.response ?? {}).length > 0, `${route} says what it answers`)
      for (const [status, answer] of Object.entries(schema.response ?? {})) t.type(answer.description, 'string', `${route} says what ${status} is`)
      if (schema.hide === true) continue
      if (/[:*]/.test(url)) t.ok(schema.params, `${route} names its parameters`)
      t.match(schema.operationId, /^[a-z]\w+$/, `${route} has an id`)
      if (methods.includes('POST') && !methods.includes('GET')) t.ok(schema.body, `${route} says what it takes`)
    }
  })

  t.test(`${name}: the schemas make an API document, with each operation once`, async (t) => {
    const { routes, document } = await fullApp(t, options)
    const shown = routes.filter(({ schema, methods }) => schema.hide !== true && !methods.includes('HEAD'))
    t.same(Object.keys(document.paths).sort(), [...new Set(shown.map(({ url }) => url.replace(/:(\w+)/g, '{$1}').replace('*', '{*}')))].sort())
    const operations = Object.entries(document.paths).filter(([path]) => !path.endsWith('{*}')).flatMap(([, path]) => Object.values(path))
    const ids = operations.map(({ operationId }) => operationId)
    t.same([...new Set(ids)], ids)
    for (const operation of operations) t.ok(Object.keys(operation.responses).length > 1, operation.operationId)
    t.notMatch(JSON.stringify(document), /"null"|nullable":false/, 'in the words of OpenAPI 3.0')
  })
}

t.test('what a document says of the session route is what a client needs', async (t) => {
  const { document } = await fullApp(t)
  t.match(document.paths['/auth/session']!.get, {
    tags: ['Session'],
    responses: { 200: { content: { 'application/json': { schema: { required: ['user', 'csrfToken', 'authenticatedAt', 'expiresAt', 'mustConfirm'] } } } }, 503: {} }
  })
  t.match(Object.keys(document.paths['/auth/logout']!.post!.requestBody!.content), ['application/json', 'application/x-www-form-urlencoded'])
})

t.test('the schemas of routes are good JSON Schema, and none is shared between routes', async (t) => {
  const { routes } = await fullApp(t)
  const ajv = new Ajv({ strictTypes: false, allowUnionTypes: true, keywords: ['content', 'headers'], formats: { uuid: true, binary: true } })
  const seen = new Set<object>()
  for (const { schema, url, methods } of routes.filter(({ methods }) => !methods.includes('HEAD'))) {
    t.notOk(seen.has(schema), `${methods.join()} ${url} has a schema of its own`)
    seen.add(schema)
    const all = [schema.body, schema.querystring, schema.params, ...Object.values(schema.response ?? {})].filter((one) => one !== undefined)
    for (const one of all) t.doesNotThrow(() => ajv.compile(one as object), `${methods.join()} ${url}`)
  }
})

t.test('what answers do not fit their schemas is noticed: this is no test that cannot fail', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  const complaints = watchAnswers(app)
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  const response = {
    200: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false },
    201: { content: { 'text/html': { schema: { type: 'string' } } } },
    204: { type: 'null' },
    303: { type: 'null' }
  }
  app.get<{ Querystring: { status: number, body?: string, type?: string } }>('/', { schema: { response } }, async ({ query: { status, body, type = 'application/json' } }, reply) =>
    reply.code(status).type(type).send(body === undefined ? undefined : type === 'application/json' ? JSON.parse(body) : body))
  for (const query of [{ status: '200', body: '{"a":1}' }, { status: '201', body: 'x', type: 'text/html' }, { status: '204' }]) await app.inject({ url: '/', query })
  t.same(complaints(), [])
  const wrong = [{ status: '200', body: '{"a":"1"}' }, { status: '200', body: '{"a":1,"secret":2}' }, { status: '201', body: '{}' }, { status: '303' }, { status: '418' }, { status: '200', body: 'x', type: 'text/html' }]
  for (const query of wrong) await app.inject({ url: '/', query })
  t.equal(complaints().length, wrong.length, complaints().join('\n'))
})

t.test('a schema changes nothing: what is of the wrong type is refused by the route itself, and never mended', async (t) => {
  const test = await codesApp(t, { allowedOrigins: [] })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { json: [identity] } = { json: (await test.app.inject({ url: '/auth/identities', headers: { ...program, cookie } })).json() as Array<{ tid: string, oid: string }> }
  const before = await test.rows()
  const own = { ...program, cookie, 'sec-fetch-site': 'same-origin' }
  const bodies: Array<[url: string, body: object]> = [
    ['/auth/sessions/end', { session: ['x'] }],
    ['/auth/sessions/end', { session: 1 }],
    ['/auth/sessions/end', {}],
    ['/auth/logout', { at: ['here'] }],
    ['/auth/logout', { at: null }],
    ['/auth/sessions/end-all', { at: ['here'] }],
    ['/auth/microsoft/link', { return_to: ['/a'] }],
    ['/auth/microsoft/link', { prompt: ['login'] }],
    ['/auth/microsoft/unlink', { tid: [identity!.tid], oid: [identity!.oid] }],
    ['/auth/microsoft/unlink', { tid: identity!.tid }]
  ]
  for (const [url, payload] of bodies) {
    const answer = await test.app.inject({ method: 'POST', url, headers: own, payload })
    t.equal(answer.statusCode, 400, `${url} ${JSON.stringify(payload)} ${answer.body}`)
  }
  for (const query of ['return_to=/a&return_to=/b', 'prompt=login&prompt=none', 'prompt=other', 'max_age=-1', 'max_age=1.5', 'provider=Other']) {
    t.equal((await test.app.inject({ url: `/auth/microsoft/login?${query}`, headers: program })).statusCode, 400, query)
  }
  t.equal(await test.rows(), before)
  const begun = await test.begin('grace')
  for (const code of [[test.code()], Number(test.code()), { code: test.code() }, null]) t.match((await test.json(begun.cookie, { code })).json(), { statusCode: 400, code: 'otp_invalid' }, JSON.stringify(code))
})

t.test('whatever the application\'s own compilers do, routes of ours take and give the same', async (t) => {
  const test = await httpsApp(t, {}, {
    before: (app) => {
      app.setValidatorCompiler(() => () => { throw new Error('the application\'s own') })
      app.setSerializerCompiler(() => () => '{}')
    }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.match((await test.app.inject({ url: '/auth/session', headers: { ...program, cookie } })).json(), { user: { displayName: 'Ada Lovelace' } })
  t.equal((await test.app.inject({ url: '/auth/sign-in', headers: navigation })).statusCode, 200)
})

import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import createApp, { type FastifyInstance, type FastifyServerOptions, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import simulator, { linkAs, signInAs, simulatorKey, type SimulatorPluginOptions } from '../../plugins/simulator.ts'
import { createStandInApp } from './stand-in-app.ts'
import { setNodeEnv } from '../node-env.ts'

const baseUrl = 'http://localhost:3000'
const discovery = '/microsoft-simulator/common/v2.0/.well-known/openid-configuration'

async function simulated (
  t: Test, options: Partial<SimulatorPluginOptions> = {}, server: FastifyServerOptions = {}
): Promise<FastifyInstance> {
  const app = createApp(server)
  t.teardown(async () => await app.close())
  await app.register(simulator, { baseUrl, ...options })
  return app
}

function collectLog (): { entries: Array<Record<string, unknown>>, logger: { level: string, stream: { write: (line: string) => void } } } {
  const entries: Array<Record<string, unknown>> = []
  return { entries, logger: { level: 'trace', stream: { write: (line) => { entries.push(JSON.parse(line)) } } } }
}

interface Answer {
  status: number | undefined
  headers: IncomingHttpHeaders
  body: string
}

async function overSocket (url: string, options: RequestOptions = {}, body = ''): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    // No connection is kept: the next server may get the same port.
    httpRequest(url, { agent: false, ...options }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject)
    }).on('error', reject).end(body)
  })
}

function portOf (app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port
}

t.test('it never starts in production, and no option lifts that', async (t) => {
  setNodeEnv(t, 'production')
  const app = createApp()
  await t.rejects(async () => await app.register(simulator, { baseUrl }), { code: 'FST_ENTRA_CONFIGURATION', message: /NODE_ENV is "production"/ })
  await t.rejects(async () => await createApp().register(simulator, { baseUrl, production: false } as never), { message: /NODE_ENV is "production"/ })
  process.env.NODE_ENV = 'development'
  t.equal((await (await simulated(t)).inject(discovery)).statusCode, 200)
})

t.test('it never starts for a public base URL', async (t) => {
  for (const url of ['https://app.example', 'http://192.168.1.2:3000', 'http://localhost.evil.example']) {
    await t.rejects(async () => await createApp().register(simulator, { baseUrl: url }), {
      code: 'FST_ENTRA_CONFIGURATION',
      message: `fastify-entra/simulator: option "baseUrl" must be an origin on this machine such as "http://localhost:3000", but "${url}" was given. The simulator lets anybody in, so it runs on this machine only. Anywhere else leave it out and give the provider clientId and clientSecret from the Azure portal.`
    })
  }
})

t.test('at boot one line at level warn says where it stands in, and what that means', async (t) => {
  const { entries, logger } = collectLog()
  await simulated(t, {}, { logger })
  const warnings = entries.filter(({ level }) => level === 40)
  t.equal(warnings.length, 1)
  t.match(warnings[0], { base: 'http://localhost:3000/microsoft-simulator', msg: /whoever is on this machine can sign in as anybody/ })
})

t.test('it hands over what a provider needs', async (t) => {
  const app = await simulated(t)
  const { base, clientId, clientSecret, agent, fetch, environment, requests } = app[simulatorKey]
  t.equal(base, 'http://localhost:3000/microsoft-simulator')
  t.match(clientId, /^[0-9a-f-]{36}$/)
  t.ok(clientSecret.length >= 32)
  t.equal(environment.agent, agent)
  t.equal(environment.fetch, fetch)
  t.strictSame(requests, { discovery: 0, keys: 0, authorize: 0, token: 0, logout: 0, adminConsent: 0, refresh: 0, graph: 0 })
})

t.test('the endpoints stand below the prefix, and their URLs agree with it', async (t) => {
  for (const [options, scope] of [[{}, ''], [{ prefix: '/sim' }, ''], [{}, '/inner']] as const) {
    const app = createApp()
    t.teardown(async () => await app.close())
    let base = ''
    await app.register(async (inner) => {
      await inner.register(simulator, { baseUrl, ...options })
      base = inner[simulatorKey].base
    }, { prefix: scope })
    const { authorization_endpoint: authorize } = (await app.inject(`${base.slice(baseUrl.length)}/common/v2.0/.well-known/openid-configuration`)).json()
    t.equal(authorize, `${base}/common/oauth2/v2.0/authorize`)
    t.equal(base, `${baseUrl}${scope}${'prefix' in options ? options.prefix : '/microsoft-simulator'}`)
    t.equal((await app.inject(authorize.slice(baseUrl.length))).statusCode, 400, 'and there it is')
  }
})

t.test('answers come through as they are: status, headers, body', async (t) => {
  const app = await simulated(t)
  const found = await app.inject(discovery)
  t.match(found.headers, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'max-age=86400, private', 'content-length': String(found.rawPayload.length) })
  const token = await app.inject({ method: 'POST', url: '/microsoft-simulator/common/oauth2/v2.0/token', payload: 'grant_type=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  t.equal(token.statusCode, 400)
  t.strictSame(token.json().error_codes, [70003])
  const empty = await app.inject({ method: 'POST', url: '/microsoft-simulator/common/oauth2/v2.0/token' })
  t.strictSame(empty.json().error_codes, [900144])
  const unknown = await app.inject('/microsoft-simulator/common/kerberos')
  t.equal(unknown.statusCode, 404)
  t.match(unknown.headers['content-type'], 'text/plain')
})

t.test('HEAD and other methods find nothing', async (t) => {
  const app = await simulated(t, {}, { exposeHeadRoutes: true })
  for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const) {
    t.equal((await app.inject({ method, url: discovery })).statusCode, 404, method)
  }
})

t.test('a body of more than 64 KiB is refused, whether it says so or not', async (t) => {
  const app = await simulated(t)
  const post = async (size: number) => (await app.inject({
    method: 'POST', url: '/microsoft-simulator/common/oauth2/v2.0/token', payload: Buffer.alloc(size, 'a'), headers: { 'content-type': 'text/plain' }
  })).statusCode
  t.equal(await post(64 * 1024), 400)
  t.equal(await post(64 * 1024 + 1), 413)
})

t.test('the application\'s own parsers and routes are not touched', async (t) => {
  const app = await simulated(t)
  app.post('/own', async (request) => ({ got: request.body }))
  t.strictSame((await app.inject({ method: 'POST', url: '/own', payload: { a: 1 } })).json(), { got: { a: 1 } })
  t.equal((await app.inject({ method: 'POST', url: '/own', payload: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).statusCode, 415)
})

t.test('who comes by a proxy, from elsewhere or under another name gets 403 and a log line, whatever trustProxy says', async (t) => {
  for (const trustProxy of [false, true]) {
    const { entries, logger } = collectLog()
    const app = await simulated(t, {}, { logger, trustProxy })
    const cases: Array<[reason: string, InjectOptions]> = [
      ['forwarded', { url: discovery, headers: { 'x-forwarded-for': '127.0.0.1' } }],
      ['forwarded', { url: discovery, headers: { forwarded: 'for=127.0.0.1;host=localhost' } }],
      ['remote_address', { url: discovery, remoteAddress: '203.0.113.9' }],
      ['remote_address', { url: discovery, remoteAddress: '203.0.113.9', headers: { 'x-forwarded-for': '127.0.0.1' } }],
      ['host', { url: discovery, headers: { host: 'evil.example' } }],
      ['origin', { url: discovery, headers: { origin: 'https://evil.example' } }]
    ]
    for (const [reason, request] of cases) {
      entries.length = 0
      const answer = await app.inject(request)
      t.equal(answer.statusCode, 403, reason)
      t.strictSame(answer.json(), { statusCode: 403, code: 'simulator_local_only', error: 'Forbidden', message: 'The simulator of Microsoft answers this machine only.' })
      t.equal(answer.headers['cache-control'], 'no-store')
      t.match(entries, [{ level: 40, reason }])
      t.notMatch(JSON.stringify(entries), '203.0.113.9')
    }
    t.strictSame(app[simulatorKey].requests.discovery, 0, 'nothing reached it')
    t.equal((await app.inject(discovery)).statusCode, 200)
  }
})

t.test('URLs with states and nonces are not logged', async (t) => {
  const { entries, logger } = collectLog()
  const app = await simulated(t, {}, { logger })
  await app.inject('/microsoft-simulator/common/oauth2/v2.0/authorize?state=the-state')
  t.notMatch(JSON.stringify(entries), 'the-state')
})

t.test('over real sockets it answers loopback, and refuses what a proxy or another host name sends', async (t) => {
  const app = await simulated(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const port = portOf(app)
  const url = `http://127.0.0.1:${port}${discovery}`
  const answer = await overSocket(url)
  t.equal(answer.status, 200)
  t.equal(JSON.parse(answer.body).issuer, 'http://localhost:3000/microsoft-simulator/{tenantid}/v2.0')
  t.equal((await overSocket(url, { headers: { host: 'evil.example' } })).status, 403)
  t.equal((await overSocket(url, { headers: { 'x-forwarded-proto': 'https' } })).status, 403)
  const posted = await overSocket(url.replace(discovery, '/microsoft-simulator/common/oauth2/v2.0/token'), {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' }
  }, 'grant_type=x')
  t.strictSame(JSON.parse(posted.body).error_codes, [70003], 'a chunked body arrives')
})

t.test('a request without any host is refused', async (t) => {
  const app = await simulated(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect(portOf(app), '127.0.0.1')
  socket.end(`GET ${discovery} HTTP/1.0\r\n\r\n`)
  t.match(await text(socket), /^HTTP\/1\.1 403 /)
})

const other = Object.values(networkInterfaces()).flat().find((entry) => entry?.internal === false && entry.family === 'IPv4')?.address

t.test('a server that is open to the network refuses who comes by that address', { skip: other === undefined && 'this machine has no other address' }, async (t) => {
  const app = await simulated(t)
  await app.listen({ host: '0.0.0.0', port: 0 })
  const port = portOf(app)
  t.equal((await overSocket(`http://${other}:${port}${discovery}`, { headers: { host: 'localhost' } })).status, 403)
  t.equal((await overSocket(`http://127.0.0.1:${port}${discovery}`)).status, 200)
})

t.test('a Unix socket has no addresses, and so no way in', async (t) => {
  const app = await simulated(t)
  // Short on purpose: the path of a Unix socket has some hundred octets at most.
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'socket')
  await app.listen({ path })
  t.equal((await overSocket(`http://localhost${discovery}`, { socketPath: path })).status, 403)
})

t.test('a browser signs in over real sockets, with the account picker', async (t) => {
  const origin = 'http://localhost:3000'
  const app = await createStandInApp(async (app) => {
    await app.register(simulator, { baseUrl: origin, redirectUris: [`${origin}/auth/microsoft/callback`] })
    return app[simulatorKey]
  }, origin)
  t.teardown(async () => await app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const here = (url: string): string => url.replace(origin, `http://127.0.0.1:${portOf(app)}`)
  const started = await overSocket(here(`${origin}/auth/microsoft/login`))
  const picker = await overSocket(here(started.headers.location!))
  t.match(picker.body, 'Pick an account')
  const fields = [...picker.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [name!, value!] as [string, string])
  const picked = await overSocket(here(started.headers.location!).split('?')[0]!, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
  }, new URLSearchParams([...fields, ['simulator_account', 'ada']]).toString())
  t.equal(picked.status, 303)
  const cookie = started.headers['set-cookie']!.map((line) => line.split(';')[0]).join('; ')
  const finished = await overSocket(here(picked.headers.location!), { headers: { cookie } })
  t.equal(finished.headers.location, '/me')
  t.equal(app[simulatorKey].requests.token, 1)
})

t.test('signInAs signs somebody in without socket and browser', async (t) => {
  const app = await createStandInApp(async (app) => {
    await app.register(simulator, { baseUrl })
    return app[simulatorKey]
  }, baseUrl)
  t.teardown(async () => await app.close())
  await t.rejects(signInAs(app, 'ada'), { code: 'FST_ENTRA_CONFIGURATION', message: /AADSTS50011: .*'http:\/\/localhost:3000\/auth\/microsoft\/callback'. None is registered/ })
  app[simulatorKey].registerRedirectUri(`${baseUrl}/auth/microsoft/callback`)
  const { statusCode, location, cookie } = await signInAs(app, 'ada')
  t.equal(statusCode, 303)
  t.equal(location, '/me')
  t.match((await app.inject({ url: '/me', headers: { cookie } })).json(), { name: 'Ada Lovelace', xms_edov: true, iss: /^http:\/\/localhost:3000\/microsoft-simulator\// })
})

t.test('signInAs without a simulator says what is missing', async (t) => {
  const app = createApp()
  t.teardown(async () => await app.close())
  await t.rejects(signInAs(app, 'ada'), { code: 'FST_ENTRA_CONFIGURATION', message: /signInAs was given an application without the simulator.*use signIn of/ })
  await t.rejects(linkAs(app, 'ada', { cookie: '' }), { code: 'FST_ENTRA_CONFIGURATION', message: /linkAs was given an application without the simulator.*use link of/ })
})

t.test('it ends with its application', async (t) => {
  const app = await simulated(t)
  const { fetch, base } = app[simulatorKey]
  t.equal((await fetch(`${base}/common/discovery/v2.0/keys`)).status, 200)
  await app.close()
  await t.rejects(fetch(`${base}/common/discovery/v2.0/keys`))
})

t.test('linkAs links one more account, the way a form on a page of the application does', async (t) => {
  const { default: entra } = await import('../../plugins/fastify-entra.ts')
  const app = createApp()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:' })
  const { cookie } = await signInAs(app, 'ada')
  const { statusCode, location } = await linkAs(app, 'pat', { cookie, fields: { return_to: '/ways' } })
  t.match({ statusCode, location }, { statusCode: 303, location: '/ways' })
  const identities = (await app.inject({ url: '/auth/identities', headers: { cookie } })).json()
  t.same(identities.map(({ preferredUsername }: { preferredUsername: string }) => preferredUsername).sort(), ['ada@contoso.example', 'pat@outlook.example'])
  await t.rejects(linkAs(app, 'pat', { cookie: '' }), { message: /the link route \/auth\/microsoft\/link redirected to \/auth\/error, and not to the simulator/ })
  await t.rejects(linkAs(app, 'pat', { cookie, linkPath: '/nowhere' }), { message: /the link route \/nowhere answered 404 and no redirect.*Option "linkPath" of the link says/ })
  await t.rejects(linkAs(app, 'nobody', { cookie }), { message: /there is no account "nobody"/ })
})

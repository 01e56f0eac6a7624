import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { realEnvironment } from '../../src/core/environment.ts'
import { resolveProvider } from '../../src/provider/config.ts'
import { createInProcessAgent } from '../../src/simulator/in-process-agent.ts'
import { closedHelpers, createOAuthClient } from '../../plugins/provider/oauth-client.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program } from './app.ts'

takesLong()

const attempt = { state: 's', nonce: 'n', verifier: 'v'.repeat(43), returnTo: '/', intent: 'sign-in' as const, startedAt: 0 }
const secret = 'canary~client~secret'
/** Milliseconds: a time-out that must not come, however busy the machine is. */
const patient = 300_000

/** The client of the code flow, at a token endpoint that answers as a test wants. */
async function clientAt (t: Pick<Test, 'teardown'>, listener: RequestListener, timeout = patient) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const options = {
    baseUrl: 'https://app.example',
    clientId: '11111111-aaaa-bbbb-cccc-000000000001',
    clientSecret: secret,
    authority: `http://127.0.0.1:${port}`,
    tenant: 'common',
    scopes: ['openid', 'profile'],
    loginPath: '/l',
    callbackPath: '/c',
    environment: { ...realEnvironment, limits: { timeout, size: 4_096 } }
  }
  const app = Fastify()
  const client = await createOAuthClient(app, resolveProvider(options, null, false))
  t.teardown(async () => {
    await app.close()
    server.close()
    server.closeAllConnections()
  })
  return client
}

const json = (status: number, body: unknown, headers = {}) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

t.test('the code goes to the token endpoint once, in the body, with verifier and secret', async (t) => {
  const seen: string[] = []
  const client = await clientAt(t, (request, response) => {
    let body = ''
    request.on('data', (chunk) => { body += String(chunk) })
    request.on('end', () => {
      seen.push(`${request.method} ${request.headers.host}${request.url} ${request.headers.authorization ?? 'no header'} ${body}`)
      json(200, { id_token: 'i', access_token: 'a', token_type: 'Bearer', expires_in: 3599 })(request, response)
    })
  })
  t.same(await client.redeem('the-code', attempt), { idToken: 'i', accessToken: 'a', expiresIn: 3599 })
  t.equal(seen.length, 1)
  t.match(seen[0], /^POST 127\.0\.0\.1:\d+\/common\/oauth2\/v2\.0\/token no header /)
  const sent = Object.fromEntries(new URLSearchParams(seen[0]!.split('no header ')[1]))
  t.same(sent, {
    grant_type: 'authorization_code',
    code: 'the-code',
    code_verifier: attempt.verifier,
    redirect_uri: 'https://app.example/c',
    client_id: '11111111-aaaa-bbbb-cccc-000000000001',
    client_secret: secret
  })
})

t.test('a refresh token goes to the same endpoint, with the scopes of what is asked for', async (t) => {
  const bodies: string[] = []
  const client = await clientAt(t, (request, response) => {
    request.on('data', (chunk) => { bodies.push(String(chunk)) })
    request.on('end', () => json(200, { access_token: 'a', token_type: 'Bearer', expires_in: 3599, refresh_token: 'newer' })(request, response))
  })
  t.same(await client.refresh('the-refresh-token', ['User.Read', 'Mail.Read']), { accessToken: 'a', expiresIn: 3599, refreshToken: 'newer' })
  t.same(Object.fromEntries(new URLSearchParams(bodies.join(''))), {
    grant_type: 'refresh_token',
    refresh_token: 'the-refresh-token',
    scope: 'User.Read Mail.Read',
    client_id: '11111111-aaaa-bbbb-cccc-000000000001',
    client_secret: secret
  })
})

const failures: Array<[title: string, listener: RequestListener, expected: object]> = [
  ['an expired code', json(400, { error: 'invalid_grant', error_codes: [70008] }), { code: 'invalid_state', detail: { aadsts: 70008 } }],
  ['a wrong secret', json(401, { error: 'invalid_client', error_codes: [7000215] }), { code: 'provider_error', detail: { aadsts: 7000215 } }],
  ['429 with Retry-After', json(429, {}, { 'retry-after': '7' }), { code: 'provider_unavailable', detail: { retryAfter: 7 } }],
  ['500 with HTML', (_request, response) => { response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>') }, { code: 'provider_unavailable' }],
  ['200 with HTML', (_request, response) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>') }, { code: 'provider_error' }],
  ['200 with broken JSON', (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{') }, { code: 'provider_error' }],
  ['200 with nothing', (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end() }, { code: 'provider_error' }],
  ['200 with an error', json(200, { error: 'x' }), { code: 'provider_error' }],
  ['an answer that is too large', json(200, { id_token: 'x'.repeat(5_000) }), { code: 'provider_error' }],
  ['a prototype in the answer', (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"__proto__":{"id_token":"x"}}') }, { code: 'provider_error' }],
  ['no answer', () => {}, { code: 'provider_timeout' }],
  ['an answer that does not end', (_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).write('{') }, { code: 'provider_timeout' }],
  ['a connection that breaks', (request) => { request.socket.destroy() }, { code: 'provider_unavailable' }],
  ['an answer that breaks off', (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{', () => request.socket.destroy())
  }, { code: 'provider_unavailable' }],
  ...[301, 302, 303, 307, 308].map((status): [string, RequestListener, object] => [
    `a redirect (${status})`, json(status, { id_token: 'i', access_token: 'a', token_type: 'Bearer' }, { location: 'https://evil.example/token' }), { code: 'provider_error' }
  ])
]

/** On a busy machine a time-out may come before the request does: then a longer one is tried. */
async function failAt (t: Pick<Test, 'teardown'>, listener: RequestListener, [timeout, ...longer]: number[]): Promise<{ requests: number, failure: Error | null }> {
  let requests = 0
  const client = await clientAt(t, (request, response) => {
    requests += 1
    listener(request, response)
  }, timeout)
  const failure = await client.redeem('canary-code', attempt).then(() => null, (error: Error) => error)
  return requests === 0 && longer.length > 0 ? await failAt(t, listener, longer) : { requests, failure }
}

for (const [title, listener, expected] of failures) {
  t.test(`${title} is answered once, with its code, and nothing of the request in it`, async (t) => {
    const isLate = (expected as { code: string }).code === 'provider_timeout'
    const { requests, failure } = await failAt(t, listener, isLate ? [300, 3_000, 30_000] : [patient])
    t.match(failure, expected)
    t.equal(requests, 1, 'a code is never sent twice')
    const shown = JSON.stringify(failure, Object.getOwnPropertyNames(failure)) + String(failure?.cause)
    for (const canary of [secret, 'canary-code', attempt.verifier]) t.notMatch(shown, canary)
  })
}

t.test('an answer that drips is late, even if each part comes in time', async (t) => {
  const client = await clientAt(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(timer))
  }, 300)
  await t.rejects(client.redeem('c', attempt), { code: 'provider_timeout' })
})

t.test('the package\'s own callback helper and state function fail closed', async (t) => {
  const { fastifyOauth2 } = await import('@fastify/oauth2')
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(fastifyOauth2, { name: 'x', callbackUri: 'https://app.example/c', credentials: { client: { id: 'i', secret: 's' }, auth: { tokenHost: 'https://a.example' } }, ...closedHelpers })
  app.get('/start', async (request, reply) => await (app as never as { x: { generateAuthorizationUri: (...args: unknown[]) => Promise<string> } }).x.generateAuthorizationUri(request, reply))
  app.get('/callback', async (request) => await (app as never as { x: { getAccessTokenFromAuthorizationCodeFlow: (request: unknown) => Promise<unknown> } }).x.getAccessTokenFromAuthorizationCodeFlow(request))
  t.equal((await app.inject('/start')).statusCode, 500)
  t.equal((await app.inject('/callback?code=x&state=y')).statusCode, 500)
  t.ok(closedHelpers.generateStateFunction.length <= 1 && closedHelpers.checkStateFunction.length <= 1)
})

t.test('a person reads what went wrong, and the store is as it was', async (t) => {
  const test = await httpsApp(t)
  const shapes: Array<[object, number, string]> = [
    [{ id_token: undefined }, 502, 'provider_error'], [{ id_token: 5 }, 502, 'provider_error'], [{ token_type: 'mac' }, 502, 'provider_error'],
    [{ id_token: 'a.b.c' }, 401, 'invalid_token'], [{ id_token: `${'x'.repeat(70_000)}` }, 401, 'invalid_token'], [{ id_token: 'a.b.c.d.e' }, 401, 'invalid_token']
  ]
  for (const [change, status, code] of shapes) {
    test.simulator.setTokenResponseHook((response) => ({ ...response, ...change }))
    const before = await test.rows(['used_attempts'])
    const { response, cookie } = await test.simulator.signIn(test.app, 'ada', { headers: program })
    t.match(response.json(), { statusCode: status, code }, `D07, T08, T34 ${code}`)
    t.equal(await test.rows(['used_attempts']), before)
    t.equal(cookie, '')
  }
  test.simulator.setTokenResponseHook(null)
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, 'and it heals')
})

t.test('Retry-After of Microsoft\'s is passed on', async (t) => {
  const server = createServer(json(503, {}, { 'retry-after': '11' }))
  const agent = createInProcessAgent('https:', (socket) => server.emit('connection', socket))
  const test = await httpsApp(t)
  const busy = await httpsApp(t, { environment: { now: () => test.clock.now, fetch: test.simulator.fetch, agent }, clientId: test.simulator.clientId })
  const { response } = await test.simulator.signIn(busy.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 503, code: 'provider_unavailable' }, 'D05')
  t.equal(response.headers['retry-after'], '11')
})

t.test('while the keys cannot be had nobody signs in, and everybody can afterwards', async (t) => {
  let down = true
  const test = await httpsApp(t)
  const flaky = await httpsApp(t, {
    clientId: test.simulator.clientId,
    clientSecret: test.simulator.clientSecret,
    environment: {
      now: () => test.clock.now,
      agent: test.simulator.agent,
      fetch: async (...request) => down ? await Promise.reject(new TypeError('fetch failed')) : await test.simulator.fetch(...request)
    }
  })
  const failed = await test.simulator.signIn(flaky.app, 'ada', { headers: program })
  t.match(failed.response.json(), { statusCode: 503, code: 'provider_unavailable' }, 'D11')
  down = false
  test.clock.now += 10_000
  t.equal((await test.simulator.signIn(flaky.app, 'ada')).statusCode, 303)
})

t.test('an unexpected fault is a 500 that says nothing, and its message stays out of the log', async (t) => {
  const test = await httpsApp(t, { onSignIn: () => { throw Object.assign(new Error('canary\n    at ada@contoso.example'), { code: 'canary ada' }) } })
  const { response } = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 500, code: 'server_error' })
  t.notMatch(response.body + test.log(), 'canary')
  t.match(test.log(), /"frames":\[" {4}at onSignIn/)
})

t.test('an answer that is too large is none also where it comes at once (T34)', async (t) => {
  const test = await httpsApp(t)
  test.simulator.setTokenResponseHook((response) => ({ ...response, filler: 'x'.repeat(1_048_576) }))
  t.match((await test.simulator.signIn(test.app, 'ada', { headers: program })).response.json(), { statusCode: 502, code: 'provider_error' })
  test.simulator.setTokenResponseHook((response) => ({ ...response, filler: 'x'.repeat(900_000) }))
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, 'control: one that is not signs in')
})

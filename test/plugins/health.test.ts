import Fastify from 'fastify'
import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import health from '../../plugins/health.ts'
import provider from '../../plugins/provider.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { needsRedis } from '../services.ts'
import { startRedis } from '../redis.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

const token = 'health-token-of-at-least-32-characters'
const hour = 3_600_000

async function ask ({ app }: Pick<TestApp, 'app'>, headers: Record<string, string> = {}, url = '/auth/health'): Promise<LightMyRequestResponse> {
  return await app.inject({ url, headers: { ...program, ...headers } })
}

const withToken = { authorization: `Bearer ${token}` }

t.test('there is no health check unless it is asked for, and a token without one is told of', async (t) => {
  const test = await httpsApp(t, { healthToken: token })
  t.equal((await ask(test)).statusCode, 404)
  t.match(test.log(), 'option \\"healthToken\\" has nothing to do while \\"health\\" is off')
  t.notMatch(test.log(), token)
})

t.test('anybody is told the status and no more; whoever has the token, how each part does', async (t) => {
  const test = await httpsApp(t, { health: true, healthToken: token })
  const short = await ask(test)
  t.equal(short.statusCode, 200)
  t.same(short.json(), { status: 'ok', checkedAt: test.clock.now })
  t.equal(short.headers['cache-control'], 'no-store')
  const whole = (await ask(test, withToken)).json()
  t.same(whole, {
    status: 'ok',
    checkedAt: test.clock.now,
    signIns: 'on',
    simulated: false,
    database: { state: 'ok', reason: null },
    redis: null,
    keys: { state: 'ok', count: 0, asOf: null, failedAt: null, usable: false },
    credentials: { state: 'ok', list: [{ name: 'secret 1', kind: 'secret', state: 'ok', expiresAt: null, daysLeft: null, lastUsedAt: null, lastFailedAt: null }] }
  })
  t.notMatch(JSON.stringify(whole), test.simulator.clientSecret)
})

t.test('a wrong token is refused, by the plain text of nothing; so is any where none is set', async (t) => {
  const test = await httpsApp(t, { health: true, healthToken: token })
  for (const authorization of ['Bearer x', `bearer ${token}`, token, `Bearer ${token}x`, `Bearer  ${token}`, 'Basic x', '']) {
    const answer = await ask(test, { authorization })
    t.match(answer.json(), { statusCode: 401, code: 'unauthenticated' }, authorization)
    t.equal(answer.headers['www-authenticate'], 'Bearer')
  }
  t.notMatch(test.log(), token)
  const without = await httpsApp(t, { health: true })
  t.equal((await ask(without, withToken)).statusCode, 401)
  t.same(Object.keys((await ask(without)).json()), ['status', 'checkedAt'])
})

t.test('after a sign-in it says how old the keys are and when the credential was used', async (t) => {
  const test = await httpsApp(t, { health: true, healthToken: token })
  await test.simulator.signIn(test.app, 'ada')
  const at = test.clock.now
  test.clock.now += hour
  t.match((await ask(test, withToken)).json(), {
    status: 'ok',
    keys: { state: 'ok', count: 2, asOf: at, failedAt: null, usable: true },
    credentials: { list: [{ lastUsedAt: at }] }
  })
})

t.test('keys that could not be fetched, and no credential that works: nobody signs in, and the server stays in', async (t) => {
  let isDown = false
  const test = await httpsApp(t, { health: true, healthToken: token })
  const { environment } = signInOf(test.app).config
  const real = environment.fetch
  environment.fetch = async (...given) => isDown ? new Response('', { status: 503 }) : await real(...given)
  await test.simulator.signIn(test.app, 'ada')
  isDown = true
  test.clock.now += 2 * hour
  await test.simulator.signIn(test.app, 'ada')
  t.match((await ask(test, withToken)).json(), { status: 'ok', keys: { state: 'warning', failedAt: test.clock.now, usable: true } })
  test.clock.now += 24 * hour
  await test.simulator.signIn(test.app, 'ada')
  const answer = await ask(test, withToken)
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { status: 'degraded', keys: { state: 'failing', usable: false } })
  isDown = false
  test.clock.now += hour
  await test.simulator.signIn(test.app, 'ada')
  t.match((await ask(test, withToken)).json(), { status: 'ok', keys: { state: 'ok', failedAt: null, usable: true } })
})

t.test('a credential that has expired degrades the server, and its name says which', async (t) => {
  const test = await httpsApp(t, {
    clientSecret: undefined, credentials: [{ secret: 'a~secret~value', name: 'summer', expiresAt: '2021-11-20' }], health: true, healthToken: token
  })
  const answer = await ask(test, withToken)
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { status: 'degraded', credentials: { state: 'failing', list: [{ name: 'summer', state: 'expired' }] } })
  t.notMatch(answer.body, 'a~secret~value')
})

t.test('a database that does not answer takes the server out', async (t) => {
  const test = await httpsApp(t, { health: true, healthToken: token })
  t.equal((await ask(test)).statusCode, 200)
  await signInOf(test.app).database.close()
  test.clock.now += 1_000
  const short = await ask(test)
  t.equal(short.statusCode, 503)
  t.same(short.json(), { status: 'failing', checkedAt: test.clock.now })
  t.match((await ask(test, withToken)).json(), { status: 'failing', database: { state: 'failing', reason: 'closed' } })
})

t.test('it is a path of its own: other methods are refused, no sign-in ends there, and it fills no log', async (t) => {
  const test = await httpsApp(t, { health: true, healthPath: '/healthz', enabled: false, healthToken: token })
  for (const method of ['HEAD', 'POST', 'DELETE'] as const) t.equal((await test.app.inject({ method, url: '/healthz', headers: program })).statusCode, 405, method)
  t.equal(signInOf(test.app).allowedReturnTarget('/healthz'), null)
  const before = test.log().length
  t.equal((await ask(test, navigation, '/healthz')).statusCode, 200, 'for a browser as well')
  t.equal(test.log().length, before)
  t.match((await ask(test, withToken, '/healthz')).json(), { signIns: 'off' })
})

t.test('it works with the provider alone', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(provider, {
    baseUrl: 'https://app.example', clientId: '11111111-aaaa-bbbb-cccc-000000000001', clientSecret: 'a~secret~value', secrets: ['s'.repeat(32)], database: ':memory:', onSignIn: () => {}
  })
  await app.register(health, { healthToken: token })
  t.match((await app.inject({ url: '/auth/health', headers: withToken })).json(), { status: 'ok', keys: null })
})

t.test('a wrong option is refused at boot, and no message has the token', async (t) => {
  for (const healthToken of ['short', `${'x'.repeat(40)} `, 'ä'.repeat(40), 7 as never]) {
    await t.rejects(httpsApp(t, { health: true, healthToken }), { code: 'FST_ENTRA_CONFIGURATION', message: /option "healthToken" must be at least 32 characters .* openssl rand -hex 32/ })
  }
  await t.rejects(httpsApp(t, { health: true, healthPath: 'health' }), /option "healthPath" must be a plain path/)
  await t.rejects(httpsApp(t, { health: 'yes' as never }), /option "health" must be true or false/)
})

t.test('a Redis that does not answer takes the server out', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const test = await httpsApp(t, { redis: redis.url, health: true, healthToken: token })
  t.match((await ask(test, withToken)).json(), { status: 'ok', redis: { state: 'ok' } })
  await redis.stop()
  test.clock.now += 1_000
  const answer = await ask(test, withToken)
  t.equal(answer.statusCode, 503)
  t.match(answer.json(), { status: 'failing', database: { state: 'ok' }, redis: { state: 'failing' } })
})

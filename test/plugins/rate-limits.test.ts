import fastifyRateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { registerOwnRoutes } from '../../plugins/own-routes.ts'
import { createRateLimits } from '../../plugins/rate-limits.ts'
import { clientOf } from '../../plugins/rate-limits/client-address.ts'
import { createLocalCounter } from '../../plugins/rate-limits/local-counter.ts'
import { setNodeEnv } from '../node-env.ts'
import { startRedis, until } from '../redis.ts'
import { needsRedis } from '../services.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

/** Long, so that no limit ends while a test runs. */
const timeWindow = 3_600_000
const login = '/auth/microsoft/login'
const callback = '/auth/microsoft/callback?state=x&code=y'

async function ask ({ app }: Pick<TestApp, 'app'>, url: string, remoteAddress = '203.0.113.1', headers: Record<string, string> = program) {
  return await app.inject({ url, headers, remoteAddress })
}

async function statuses (test: Pick<TestApp, 'app'>, url: string, times: number, remoteAddress?: string, headers?: Record<string, string>): Promise<number[]> {
  const all: number[] = []
  for (let time = 0; time < times; time++) all.push((await ask(test, url, remoteAddress, headers)).statusCode)
  return all
}

t.test('a client is its address, and in IPv6 its network (D25, L41)', async (t) => {
  const same = [
    ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7', '::ffff:203.0.113.7%eth0', '203.0.113.7:51000', '[::ffff:203.0.113.7]:51000'],
    ['2001:db8:1:2::', '2001:DB8:1:2::1', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::1%eth0', '[2001:db8:1:2::9]:443', '2001:db8:1:2:3:4:1.2.3.4'],
    ['2001:db8:1:3::1', '2001:db8:1:3::2'], ['2001:db8::1', '2001:db8:0:0:1::'], ['::1', '::2'], ['::', '::1.2.3.4'], ['203.0.113.8'], ['fe80::1%eth0', 'fe80::2%eth1'],
    [undefined, '', 'unknown', 'x', '203.0.113.7, 203.0.113.8', '0203.0.113.7', '203.0.113', '1::2::3', '[', '[]:1', '_hidden', '203.0.113.7:x', 'x'.repeat(10_000)]
  ]
  const clients = same.map((group) => new Set(group.map(clientOf)))
  for (const [index, names] of clients.entries()) t.equal(names.size, 1, String(same[index]![0]))
  t.equal(new Set(clients.flatMap((names) => [...names])).size, clients.length - 1, 'and :: and ::1 are of one network')
  t.equal(clientOf('::ffff:203.0.113.7'), '203.0.113.7')
  t.equal(clientOf('2001:db8::5:1'), '2001:db8:0:0::/64')
})

t.test('who asks too often is told when to come again, and nobody else is', async (t) => {
  const test = await httpsApp(t, { rateLimit: { signIn: 3, timeWindow } }, { before: (app) => app.get('/own', () => ({})) })
  t.same(await statuses(test, login, 5), [303, 303, 303, 429, 429])
  const refusal = await ask(test, login)
  t.same(refusal.json(), { statusCode: 429, code: 'too_many_requests', error: 'Too Many Requests', message: 'Too many requests. Try again later.' })
  t.equal(refusal.headers['retry-after'], '3600')
  t.equal(refusal.headers['cache-control'], 'no-store')
  t.notOk(Object.keys(refusal.headers).some((name) => name.startsWith('x-ratelimit')), 'how near somebody is to a limit is nobody\'s business')
  const page = await ask(test, login, undefined, navigation)
  t.match({ statusCode: page.statusCode, ...page.headers }, { statusCode: 303, location: '/auth/error?error=too_many_requests', 'retry-after': refusal.headers['retry-after'] })
  t.equal((await ask(test, page.headers.location!, undefined, navigation)).statusCode, 429, 'the page itself is shown')
  t.match(test.log(), /"reason":"rate_limit"/)

  t.equal((await ask(test, login, '203.0.113.2')).statusCode, 303, 'another client')
  t.same(await statuses(test, callback, 4), [400, 400, 400, 429], 'each route counts for itself')
  t.same(await statuses(test, '/own', 5), [200, 200, 200, 200, 200], 'routes of the application are its own')
  t.same(await statuses(test, '/auth/sign-in', 5), [200, 200, 200, 200, 200], 'and pages only show something')

  test.clock.now += timeWindow - 1_500
  t.equal((await ask(test, login)).headers['retry-after'], '2')
  test.clock.now += 1_500
  t.same(await statuses(test, login, 4), [303, 303, 303, 429], 'then counting starts anew')
})

t.test('the numbers without numbers', async (t) => {
  const test = await httpsApp(t, { rateLimit: true })
  t.same((await statuses(test, login, 31)).filter((status) => status === 429).length, 1)
  const none = await httpsApp(t, { rateLimit: false })
  t.notOk((await statuses(none, login, 40)).includes(429))
})

t.test('what changes something is counted, and what only reads is not', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:', rateLimit: { change: 2, timeWindow } })
  await registerOwnRoutes(app, (scope) => {
    scope.get('/x', () => ({}))
    scope.post('/x', () => ({}))
    scope.delete('/x', () => ({}))
  }, 'change')
  const results = []
  for (const method of ['GET', 'POST', 'GET', 'HEAD', 'DELETE', 'POST', 'GET'] as const) results.push((await app.inject({ method, url: '/x' })).statusCode)
  t.same(results, [200, 200, 200, 200, 200, 429, 200])
})

t.test('addresses are read from headers of trusted proxies only (D25)', async (t) => {
  const limits = { rateLimit: { signIn: 2, timeWindow } }
  const forged = ['198.51.100.1', '198.51.100.2, 198.51.100.3', '::ffff:198.51.100.4', '2001:db8::1', 'unknown', '127.0.0.1']
  const spread = async (test: TestApp, headersOf: (address: string) => Record<string, string>): Promise<number[]> => {
    const all: number[] = []
    for (const address of forged) all.push((await ask(test, login, '203.0.113.1', { ...program, ...headersOf(address) })).statusCode)
    return all
  }
  const direct = await httpsApp(t, limits, { server: { trustProxy: false } })
  t.equal((await spread(direct, (address) => ({ 'x-forwarded-for': address, forwarded: `for=${address}`, 'x-real-ip': address }))).filter((status) => status === 429).length, 4)
  const proxied = await httpsApp(t, limits, { server: { trustProxy: '203.0.113.1' } })
  t.equal((await spread(proxied, (address) => ({ 'x-forwarded-for': `${address}, 192.0.2.7` }))).filter((status) => status === 429).length, 4, 'what the client wrote before the proxy\'s own word')
  t.notOk((await spread(proxied, (address) => ({ 'x-forwarded-for': `192.0.2.7, ${address.replace(/^198.*, /, '')}` }))).includes(429), 'and with the proxy\'s own word they are apart')
})

t.test('a network of IPv6 is one client', async (t) => {
  const test = await httpsApp(t, { rateLimit: { signIn: 2, timeWindow } }, { server: { trustProxy: false } })
  const statusOf = async (address: string): Promise<number> => (await ask(test, login, address)).statusCode
  t.not(await statusOf('2001:db8:1:2::1'), 429)
  t.not(await statusOf('2001:db8:1:2:aaaa::2'), 429)
  t.equal(await statusOf('2001:db8:1:2:bbbb::3'), 429)
  t.not(await statusOf('2001:db8:1:3::1'), 429)
})

t.test('an application\'s own @fastify/rate-limit stays as it is', async (t) => {
  const test = await httpsApp(t, { rateLimit: { signIn: 4, timeWindow } }, {
    before: async (app) => {
      await app.register(fastifyRateLimit, { max: 6, timeWindow, keyGenerator: () => 'everybody' })
      app.get('/own', () => ({}))
    }
  })
  const own = await ask(test, '/own')
  t.match(own.headers, { 'x-ratelimit-limit': '6', 'x-ratelimit-remaining': '5' })
  t.same(await statuses(test, login, 4), [303, 303, 303, 303])
  const ours = await ask(test, login)
  t.match(ours.json(), { code: 'too_many_requests' })
  const theirs = await ask(test, '/own', '203.0.113.9')
  t.match({ statusCode: theirs.statusCode, ...theirs.json() }, { statusCode: 429, message: /Rate limit exceeded/ }, 'theirs counts everybody everywhere')
  t.match((await ask(test, callback, '203.0.113.9')).json(), { statusCode: 429, code: 'too_many_requests' }, 'and is answered in our form on routes of ours')
})

t.test('hooks of an application that set limits of their own for routes do not break ours', needsRedis(), async (t) => {
  const { url } = await startRedis(t)
  for (const redis of [undefined, url]) {
    const test = await httpsApp(t, { rateLimit: { signIn: 4, timeWindow }, redis }, {
      before: (app) => app.addHook('onRoute', (route) => { route.config = { ...route.config, rateLimit: { max: 2 } } })
    })
    t.same(await statuses(test, login, 3), [303, 303, 429])
  }
})

t.test('servers with one Redis count together, and without it let nobody pass', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const options = { rateLimit: { signIn: 3, timeWindow }, redis: redis.url }
  const [here, there] = [await httpsApp(t, options), await httpsApp(t, options)]
  t.same([...await statuses(here, login, 2), ...await statuses(there, login, 2)], [303, 303, 303, 429])
  t.equal((await ask(here, login)).statusCode, 429)
  const [key] = await redis.keys()
  t.equal(key, 'fastify-entra:count:/auth/microsoft/login:203.0.113.1')
  const left = Number(await redis.command('PTTL', key!))
  t.ok(left > 0 && left <= timeWindow)
  const refused = Number((await ask(there, login)).headers['retry-after'])
  t.ok(refused > 0 && refused <= timeWindow / 1_000)

  for (const words of [['SET', key!, 'x'], ['RPUSH', key!, 'x']]) {
    await redis.command('DEL', key!)
    await redis.command(...words)
    t.equal((await ask(here, login)).statusCode, 303, 'a count that is none starts anew')
  }
  await redis.command('SET', key!, '1000')
  t.equal((await ask(here, login)).statusCode, 429)
  t.ok(Number(await redis.command('PTTL', key!)) > 0, 'a count without an end gets one')

  redis.cut()
  for (const url of [login, callback]) t.match((await ask(here, url, '203.0.113.2')).json(), { statusCode: 503, code: 'store_unavailable' })
  redis.mend()
  await until(async () => (await ask(here, login, '203.0.113.2')).statusCode === 303)
})

t.test('parallel requests are counted one by one', needsRedis(), async (t) => {
  const { url } = await startRedis(t)
  for (const redis of [undefined, url]) {
    const test = await httpsApp(t, { rateLimit: { signIn: 5, timeWindow }, redis })
    const answers = await Promise.all(Array.from({ length: 30 }, async () => (await ask(test, login)).statusCode))
    t.equal(answers.filter((status) => status === 303).length, 5)
  }
})

t.test('a package that is missing is named with the command that installs it', async (t) => {
  const load = async (): Promise<never> => { throw Object.assign(new Error(), { code: 'ERR_MODULE_NOT_FOUND' }) }
  await t.rejects(createRateLimits({}, createLocalCounter({ now: () => 0 }), load), { code: 'FST_ENTRA_CONFIGURATION', message: /"rateLimit" .*\(ERR_MODULE_NOT_FOUND\).*npm install @fastify\/rate-limit$/ })
})

t.test('in production somebody has to say that there shall be none', async (t) => {
  const logOf = async (options: object, before?: (app: FastifyInstance) => unknown): Promise<string> => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
    t.teardown(async () => await app.close())
    await before?.(app)
    await app.register(entra, {
      baseUrl: 'https://app.example',
      clientId: '2f1e9b6c-5b0f-4e6b-9d57-0c6a3c8f7a11',
      clientSecret: 'a-secret-of-the-portal',
      secrets: ['test-secret-of-at-least-32-characters'],
      database: `${folder}/x.sqlite`,
      ...options
    })
    await app.ready()
    return lines.join('')
  }
  const folder = t.testdir()
  const warning = /option \\"rateLimit\\" is not given.*rateLimit: true/
  t.notMatch(await logOf({}), warning)
  setNodeEnv(t, 'production')
  t.match(await logOf({}), warning)
  for (const rateLimit of [false, true]) t.notMatch(await logOf({ rateLimit }), warning)
  t.notMatch(await logOf({}, async (app) => await app.register(fastifyRateLimit, { global: false })), warning, 'who limits requests knows')
})

t.test('what is remembered has a bound, and clocks may go back', async (t) => {
  const clock = { now: 1_000 }
  const countUp = createLocalCounter({ now: () => clock.now }, 2)
  t.same(await countUp('a', 100), { count: 1, left: 100 })
  clock.now = 1_040
  t.same(await countUp('a', 100), { count: 2, left: 60 })
  await countUp('b', 100)
  await countUp('a', 100)
  await countUp('c', 100)
  t.match(await countUp('a', 100), { count: 4 }, 'who keeps asking is remembered')
  t.match(await countUp('b', 100), { count: 1 }, 'who asked longest ago is not')
  clock.now = 900
  t.match(await countUp('a', 100), { count: 1, left: 100 })
})

t.test('limits that cannot be meant are refused', async (t) => {
  for (const rateLimit of [1, 'true', null, { max: 5 }, { signIn: 0 }, { signIn: 1.5 }, { change: -1 }, { signIn: Infinity }, { timeWindow: 999 }, { timeWindow: '1 minute' }, { timeWindow: 86_400_001 }]) {
    await t.rejects(httpsApp(t, { rateLimit: rateLimit as unknown as boolean }), { code: 'FST_ENTRA_CONFIGURATION', message: /"rateLimit" must be true, false or an object/ }, JSON.stringify(rateLimit))
  }
  await httpsApp(t, { rateLimit: { signIn: undefined } })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { signInAs } from '../../plugins/simulator.ts'
import { startRedis, type TestRedis, until } from '../redis.ts'
import { needsRedis } from '../services.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

const name = '__Host-entra-session'

async function get ({ app }: TestApp, url: string, cookie: string, headers: Record<string, string> = program) {
  return await app.inject({ url, headers: { ...headers, cookie } })
}

async function signOut ({ app }: TestApp, cookie: string) {
  return await app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, cookie, origin: 'https://app.example' } })
}

t.test('sessions live in Redis, and a signed-in request costs one read, and once a minute one write', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const test = await httpsApp(t, { redis: redis.url, sessionCache: 0 })
  t.same(await redis.keys(), [], 'what was tried out at boot is gone')
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const keys = await redis.keys()
  t.equal(keys.length, 3)
  t.match(keys, [/^fastify-entra:session:[\w-]{43}$/, /^fastify-entra:sessions-at:[\w-]{43}$/, /^fastify-entra:sessions-of:/])
  t.match(await test.rows(), /"sessions",\n +\[\]/, 'none is in the database')
  t.notMatch(JSON.stringify(await redis.command('HGETALL', keys[0]!)), new RegExp(cookie.split('=')[1]!.split('.')[0]!), 'the id is nowhere in it')

  t.same(await redis.callsOf(async () => await get(test, '/me', cookie)), { hmget: 1 })
  test.clock.now += 60_000
  // In the list of its user, and in that of its session at Microsoft.
  const placed = { time: 2, type: 2, zremrangebyscore: 2, zscore: 2, zadd: 2, pttl: 2 }
  t.same(await redis.callsOf(async () => await get(test, '/me', cookie)), { hmget: 1, eval: 3, ...placed, hexists: 1, hset: 1, pexpire: 3 })
  t.same(await redis.callsOf(async () => await get(test, '/me', cookie)), { hmget: 1 }, 'and then a minute long none')
  t.same(await redis.callsOf(async () => await get(test, '/public', '')), {}, 'who is nobody costs nothing')

  const caching = await httpsApp(t, { redis: redis.url })
  caching.clock.now = test.clock.now
  t.same(await redis.callsOf(async () => {
    for (let round = 0; round < 5; round++) t.equal((await get(caching, '/me', cookie)).statusCode, 200)
  }), { hmget: 1 })
})

t.test('who signs out at one server is out at the other: at once, or within the time for which a server believes what it read', needsRedis(), async (t) => {
  const { url } = await startRedis(t)
  for (const sessionCache of [0, 1_000]) {
    const options = { redis: url, sessionCache }
    const [here, there] = [await httpsApp(t, options), await httpsApp(t, options)]
    const { cookie } = await here.simulator.signIn(here.app, 'ada')
    t.equal((await get(there, '/me', cookie)).statusCode, 200)
    t.equal((await signOut(here, cookie)).statusCode, 204)
    t.equal((await get(here, '/me', cookie)).statusCode, 401)
    t.equal((await get(there, '/me', cookie)).statusCode, sessionCache === 0 ? 401 : 200)
    there.clock.now += sessionCache
    t.equal((await get(there, '/me', cookie)).statusCode, 401)
  }
})

t.test('who signs out at Microsoft is out at every server, and no index is left behind', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const options = { redis: redis.url, sessionCache: 0 }
  const [here, there] = [await httpsApp(t, options), await httpsApp(t, options)]
  let sid = ''
  here.simulator.setTokenResponseHook((body) => {
    sid = JSON.parse(Buffer.from(String(body.id_token).split('.')[1]!, 'base64url').toString()).sid
    return body
  })
  const { cookie } = await here.simulator.signIn(here.app, 'ada')
  here.simulator.setTokenResponseHook(null)
  const { cookie: pat } = await there.simulator.signIn(there.app, 'pat')
  await there.app.inject(`/auth/microsoft/front-channel-logout?sid=${sid}x`)
  t.equal((await get(there, '/me', cookie)).statusCode, 200)
  t.equal((await there.app.inject(`/auth/microsoft/front-channel-logout?sid=${sid}`)).statusCode, 200)
  t.equal((await get(here, '/me', cookie)).statusCode, 401)
  t.equal((await get(here, '/me', pat)).statusCode, 200)
  t.equal((await redis.keys()).length, 3, 'those of the other session')
})

t.test('a user who is disabled at one server is out at the other, in all browsers', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const options = { redis: redis.url, sessionCache: 0 }
  const [here, there] = [await httpsApp(t, options), await httpsApp(t, options)]
  const cookies = [await here.simulator.signIn(here.app, 'ada'), await here.simulator.signIn(here.app, 'ada')].map(({ cookie }) => cookie)
  const pat = await here.simulator.signIn(here.app, 'pat')
  await here.app.accounts.disable((await get(there, '/me', cookies[0]!)).json().id)
  for (const cookie of cookies) t.equal((await get(there, '/me', cookie)).statusCode, 401)
  t.equal((await get(there, '/me', pat.cookie)).statusCode, 200)
  t.equal((await redis.keys()).filter((key) => key.includes(':session:')).length, 1)
})

t.test('while Redis is away nobody is anybody, and it heals by itself (S18, S20)', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  await redis.command('CONFIG', 'SET', 'requirepass', 'hunter2')
  const test = await httpsApp(t, { redis: redis.url.replace('//', '//:hunter2@'), sessionCache: 0 })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  redis.cut()
  for (const url of ['/me', '/public', '/auth/account']) {
    t.match((await get(test, url, cookie)).json(), { statusCode: 503, code: 'store_unavailable' }, url)
  }
  t.equal((await get(test, '/public', '')).statusCode, 200, 'who claims to be nobody needs no session')
  t.equal((await get(test, '/auth/account', cookie, navigation)).headers.location, '/auth/error?error=store_unavailable')
  t.match((await signOut(test, cookie)).json(), { code: 'store_unavailable' })
  const failed = await test.simulator.signIn(test.app, 'pat', { headers: program })
  t.match(failed.response.json(), { statusCode: 503, code: 'store_unavailable' })
  t.equal(failed.cookies[name], undefined, 'no cookie without a stored session')
  redis.mend()
  await until(async () => (await get(test, '/me', cookie)).statusCode === 200)

  await redis.stop()
  t.equal((await get(test, '/me', cookie)).statusCode, 503, 'killed')
  await redis.start()
  await redis.command('CONFIG', 'SET', 'requirepass', 'hunter2')
  await until(async () => (await get(test, '/me', cookie)).statusCode === 401)
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, 'what it had is gone, and who signs in again is in')
  t.equal(test.log().match(/the connection to Redis is lost/g)!.length, 2, 'one line for each outage')
  t.equal(test.log().match(/the connection to Redis is back/g)!.length, 2)
  t.notMatch(test.log(), /hunter2/)
})

t.test('a Redis that cannot be used ends the boot, and says why', needsRedis(), async (t) => {
  await t.rejects(httpsApp(t, { redis: 'redis://app:hunter2@127.0.0.1:1' }), { code: 'FST_ENTRA_CONFIGURATION', message: /^(?!.*hunter2).*"redis".*ECONNREFUSED/ })
  const redis = await startRedis(t)
  await redis.command('ACL', 'SETUSER', 'reader', 'on', 'nopass', '~*', '+ping', '+hmget', '+info')
  await t.rejects(httpsApp(t, { redis: redis.url.replace('//', '//reader:x@') }), { code: 'FST_ENTRA_CONFIGURATION', message: /\(NOPERM\)\. Give its user rights/ })
  await redis.command('REPLICAOF', '127.0.0.1', '1')
  await t.rejects(httpsApp(t, { redis: redis.url }), { code: 'FST_ENTRA_CONFIGURATION', message: /\(READONLY\)\. It is a replica/ })
  await redis.command('REPLICAOF', 'NO', 'ONE')
  await redis.command('SET', 'x', 'x'.repeat(1_000))
  await redis.command('CONFIG', 'SET', 'maxmemory', '1')
  await t.rejects(httpsApp(t, { redis: redis.url }), { message: /\(OOM\)\. Its memory is full/ })
  await redis.command('CONFIG', 'SET', 'maxmemory', '0')
  await t.rejects(httpsApp(t, { redis: redis.url, environment: { randomBytes: () => { throw new Error('no chance') } } }), { message: 'no chance' })
  const gone = await startRedis(t)
  await gone.command('ACL', 'SETUSER', 'x', 'on', 'nopass', '~*', '+ping', '+eval', '+exists', '+type', '+time')
  await t.rejects(httpsApp(t, { redis: gone.url.replace('//', '//x:x@') }), { code: 'FST_ENTRA_CONFIGURATION', message: /could not be written and read there \((?:ERR|NOPERM)\)/ })
})

t.test('a user of Redis with the commands of the documents is enough', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const documents = readFileSync(join(import.meta.dirname, '../../docs/redis.md'), 'utf8')
  const [, rule] = /^ACL SETUSER app on >PASSWORD (~shop:\* .*)$/m.exec(documents)!
  await redis.command('ACL', 'SETUSER', 'app', 'on', '>hunter2', ...rule!.split(' '))
  const test = await httpsApp(t, { redis: redis.url.replace('//', '//app:hunter2@'), redisPrefix: 'shop:', sessionCache: 0, rateLimit: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += 60_000
  t.equal((await get(test, '/me', cookie)).statusCode, 200)
  await test.app.accounts.disable((await get(test, '/me', cookie)).json().id)
  t.equal((await get(test, '/me', cookie)).statusCode, 401)
  t.equal((await signOut(test, (await test.simulator.signIn(test.app, 'pat')).cookie)).statusCode, 204)
  t.ok((await redis.keys()).every((key) => key.startsWith('shop:')))
  t.notMatch(test.log(), /NOPERM/)
})

t.test('applications with prefixes of their own share a Redis', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const secrets = ['one-secret-for-both-of-32-characters']
  const [shop, blog] = [await httpsApp(t, { redis: redis.url, redisPrefix: 'shop:', secrets }), await httpsApp(t, { redis: redis.url, redisPrefix: 'blog:', secrets })]
  const { cookie } = await shop.simulator.signIn(shop.app, 'ada')
  t.equal((await get(shop, '/me', cookie)).statusCode, 200)
  t.equal((await get(blog, '/me', cookie)).statusCode, 401)
})

t.test('who signed in at a simulator is nobody to a server with a real authority', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const secrets = ['one-secret-for-both-of-32-characters']
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:', redis: redis.url, secrets })
  await signInAs(app, 'ada')
  t.ok((await redis.keys()).every((key) => key.startsWith('fastify-entra:simulated:')))
})

t.test('a Redis that forgets is warned of', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  t.notMatch((await httpsApp(t, { redis: redis.url })).log(), /noeviction/)
  await redis.command('CONFIG', 'SET', 'maxmemory', '100mb')
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru')
  t.match((await httpsApp(t, { redis: redis.url })).log(), /maxmemory-policy volatile-lru.*Set maxmemory-policy noeviction/)
})

t.test('the connection ends with the application', needsRedis(), async (t) => {
  const redis = await startRedis(t)
  const test = await httpsApp(t, { redis: redis.url })
  t.ok(await connections(redis) > 1)
  await test.app.close()
  await until(async () => await connections(redis) === 1)
})

async function connections ({ command }: TestRedis): Promise<number> {
  return String(await command('CLIENT', 'LIST')).trim().split('\n').length
}

t.test('addresses and prefixes that cannot be meant are refused, and no password is shown', async (t) => {
  const wrong = [
    'localhost:6379', 'http://127.0.0.1:6379', 'redis://', 'redis://:hunter2@', 'redis://:hunter2@host/x', 'redis://:hunter2@host/0?tls=1', 'redis://:hunter2@host#x',
    'redis://:hunter%zz2@host', 'unix:///tmp/x', '', 5, ['redis://host']
  ]
  for (const redis of wrong) {
    await t.rejects(httpsApp(t, { redis: redis as string }), { code: 'FST_ENTRA_CONFIGURATION', message: /^(?!.*hunter)fastify-entra: option "redis" must be an address such as/ }, String(redis))
  }
  for (const redisPrefix of ['', ' ', 'a b', 'x'.repeat(65), '{x}', 'ä', 5]) {
    await t.rejects(httpsApp(t, { redis: 'redis://127.0.0.1:1', redisPrefix: redisPrefix as string }), { message: /"redisPrefix" must be/ })
  }
  await t.rejects(httpsApp(t, { redisPrefix: 'x:' }), { message: /"redisPrefix" was given without "redis"/ })
})

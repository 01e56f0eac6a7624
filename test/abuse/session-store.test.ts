import { takesLong } from '../patient.ts'
import { startRedis, until } from '../redis.ts'
import { needsRedis } from '../services.ts'
import { engines } from '../store/engines.ts'
import { program } from '../plugins/app.ts'
import { seen, sessionCookie } from '../plugins/session-cookie.ts'
import { keyOf, nameOf, post } from './session-helpers.ts'
import { isRefused, type Refusal, tries } from './trial.ts'
import { startWorld } from './world.ts'

takesLong()

// Sessions are in Redis here: which database keeps the accounts makes no difference.
const redisOnly = { ...needsRedis(), on: engines.slice(0, 1) }
const nobody: Refusal = { code: 'unauthenticated', attempt: 'kept' }

tries('S16', 'a value of Redis that is not as it was written is nobody\'s session, and goes', async (t, engine) => {
  const redis = await startRedis(t)
  const world = await startWorld(t, engine, { options: { redis: redis.url, sessionCache: 0 } })
  const good = { id: 'x', displayName: null, email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
  const key = (cookie: string) => `fastify-entra:session:${keyOf(cookie)}`
  const set = (text: string) => async (name: string) => {
    await redis.command('DEL', name)
    await redis.command('SET', name, text)
  }
  const field = (name: string, text: string) => async (session: string) => await redis.command('HSET', session, name, text)
  const poisons: Record<string, (name: string) => Promise<unknown>> = {
    'no JSON': set('{'),
    'a prototype': set('{"__proto__":{"user":{"id":"x"}}}'),
    'methods of the session': set('{"save":1,"destroy":1,"regenerate":1}'),
    '10 MB': set('x'.repeat(10_000_000)),
    'a user that is no JSON': field('user', '{'),
    'a user with a prototype': field('user', '{"__proto__":{"id":"x"}}'),
    'somebody else': field('user', JSON.stringify(good)),
    'a user of 10 MB': field('user', JSON.stringify({ ...good, displayName: 'x'.repeat(10_000_000) })),
    'the id of somebody else': field('user_id', world.victim.id),
    'a time that is none': field('expires_at', 'never'),
    'a list': async (name) => {
      await redis.command('DEL', name)
      await redis.command('RPUSH', name, '1')
    },
    'methods as fields': async (name) => {
      await redis.command('DEL', name)
      await redis.command('HSET', name, 'save', '1', 'destroy', '1')
    }
  }
  for (const [title, poison] of Object.entries(poisons)) {
    const { cookie } = await world.simulator.signIn(world.app, 'pat')
    t.equal(await nameOf(world, cookie), 'Pat Personal', 'control: before')
    await poison(key(cookie))
    t.match((await seen(world, cookie)).json(), { statusCode: 401, code: 'unauthenticated' }, title)
    t.equal(await redis.command('EXISTS', key(cookie)), 0, `${title}: it is gone`)
    await isRefused(t, world, `${title}, again`, nobody, async () => await seen(world, cookie))
  }
}, redisOnly)

tries('S18', 'while Redis is away or does not answer nobody is anybody, no session begins, and it heals by itself', async (t, engine) => {
  const redis = await startRedis(t)
  const world = await startWorld(t, engine, { options: { redis: redis.url, sessionCache: 0 } })
  const { cookie } = world.victim
  const waysOut: Record<string, { begin: () => void, end: () => void }> = { 'cut off': { begin: redis.cut, end: redis.mend }, frozen: { begin: redis.freeze, end: redis.thaw } }
  for (const [title, { begin, end }] of Object.entries(waysOut)) {
    const attempt = await world.begin('pat')
    begin()
    for (const url of ['/me', '/public', '/auth/sessions']) {
      const answer = await world.app.inject({ url, headers: { ...program, cookie } })
      t.match({ ...answer.json(), cookies: answer.headers['set-cookie'] }, { statusCode: 503, code: 'store_unavailable', cookies: undefined }, `${title}: ${url}`)
    }
    t.equal(await nameOf(world, ''), null, 'who claims to be nobody is nobody')
    t.match((await post(world, '/auth/logout', cookie)).json(), { code: 'store_unavailable' })
    const response = await attempt.finish()
    t.match(response.json(), { statusCode: 503, code: 'store_unavailable' }, `${title}: at the end of a sign-in`)
    t.notMatch(String(response.headers['set-cookie']), new RegExp(`${sessionCookie}=[^;]`), 'no cookie without a stored session')
    end()
    await until(async () => (await seen(world, cookie)).statusCode === 200)
    t.equal(await nameOf(world, cookie), 'Ada Lovelace', 'control: it is back')
    t.equal((await world.signIn('pat')).statusCode, 303)
  }
  t.equal(await redis.command('PING'), 'PONG')
}, redisOnly)

tries('S06', 'in Redis as well a session that was signed out of is gone, and its places in lists', async (t, engine) => {
  const redis = await startRedis(t)
  const world = await startWorld(t, engine, { options: { redis: redis.url, sessionCache: 0 } })
  const before = await redis.keys()
  const { cookie } = await world.simulator.signIn(world.app, 'pat')
  t.ok((await redis.keys()).length > before.length, 'control: it was there')
  t.equal((await post(world, '/auth/logout', cookie)).statusCode, 204)
  t.same(await redis.keys(), before)
  await isRefused(t, world, 'afterwards', nobody, async () => await seen(world, cookie))
}, redisOnly)

tries('S07', 'in Redis as well no request on its way brings a session back', async (t, engine) => {
  const redis = await startRedis(t)
  const world = await startWorld(t, engine, { options: { redis: redis.url, sessionCache: 0 } })
  const before = await redis.keys()
  for (let round = 0; round < 5; round++) {
    const { cookie } = await world.simulator.signIn(world.app, 'pat')
    world.clock.now += 120_000
    await seen(world, world.victim.cookie)
    const requests = Array.from({ length: 12 }, async (_, index) => await (index === 6 ? post(world, '/auth/logout', cookie) : seen(world, cookie)))
    for (const { statusCode } of await Promise.all(requests)) t.ok([200, 204, 401].includes(statusCode), String(statusCode))
    t.same(await redis.keys(), before)
  }
}, redisOnly)

tries('S13', 'in Redis as well there are never more sessions of a user than the limit', async (t, engine) => {
  const redis = await startRedis(t)
  const world = await startWorld(t, engine, { options: { redis: redis.url, maxSessionsPerUser: 3, sessionCache: 0 } })
  const cookies = await Promise.all(Array.from({ length: 10 }, async () => (await world.simulator.signIn(world.app, 'pat')).cookie))
  const alive = (await Promise.all(cookies.map(async (cookie) => (await seen(world, cookie)).statusCode))).filter((status) => status === 200)
  t.ok(alive.length > 0 && alive.length <= 3, `${alive.length} of ten at once`)
}, redisOnly)

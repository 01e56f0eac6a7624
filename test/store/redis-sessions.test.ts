import t, { type Test } from 'tap'
import { openRedis, type Redis } from '../../src/store/redis.ts'
import { createRedisCounter } from '../../src/store/redis-counter.ts'
import { createRedisSessionStore } from '../../src/store/redis-sessions.ts'
import { startRedis, type TestRedis, until } from '../redis.ts'
import { needsRedis } from '../services.ts'
import { sessionColumns, sessionRecord, testSessionContract } from './session-contract.ts'

const longest = 604_800_000
// The server ends sessions by a clock of its own, and a busy machine takes its time.
const later = 99_000_000

async function connect (t: Test, server: TestRedis): Promise<Redis> {
  const redis = await openRedis({ url: server.url, prefix: 'test:', onLost: () => {}, onBack: () => {} })
  t.teardown(() => redis.close())
  return redis
}

async function openStore (t: Test) {
  const server = await startRedis(t)
  return { server, store: createRedisSessionStore(await connect(t, server), longest) }
}

async function poison ({ command }: TestRedis, columns: Readonly<Record<string, unknown>>): Promise<void> {
  await command('DEL', 'test:session:k1')
  await command('HSET', 'test:session:k1', ...Object.entries({ ...sessionColumns, ...columns }).flat().map(String))
  await command('ZADD', 'test:sessions-of:u1', '99999999999999', 'k1')
}

testSessionContract('Redis', needsRedis(), async (t) => {
  const { server, store } = await openStore(t)
  return {
    store,
    count: async () => (await server.keys()).filter((key) => key.startsWith('test:session:')).length,
    poison: async (columns) => await poison(server, columns),
    breakDown: async () => {
      server.cut()
      return async () => server.mend()
    }
  }
})

t.test('a key of another type is nobody\'s session, and goes (S16)', needsRedis(), async (t) => {
  const { server: { command, keys }, store } = await openStore(t)
  for (const words of [['SET', 'test:session:k1', '{"save":1,"destroy":1}'], ['SET', 'test:session:k1', 'x'.repeat(10_000_000)], ['RPUSH', 'test:session:k1', 'x'], ['SADD', 'test:session:k1', 'x']]) {
    await command(...words)
    t.equal(await store.touch('k1', 1, later, 'u1'), false)
    t.equal(await store.find('k1'), null, words[0]!)
    t.same(await keys(), [])
  }
  await command('HSET', 'test:session:k1', 'save', '1', 'destroy', '1')
  t.equal(await store.touch('k1', 1, later, 'u1'), false)
  t.equal(await store.find('k1'), null)
  t.same(await keys(), [], 'nor does one with fields of others stay')
})

t.test('a time that is none is nobody\'s session', needsRedis(), async (t) => {
  const { server, store } = await openStore(t)
  for (const column of ['created_at', 'authenticated_at', 'last_seen_at', 'expires_at']) {
    for (const value of ['', 'soon', '-1', '1.5', '1e3', '0x10', ' 1', '9007199254740993', '9'.repeat(400)]) {
      await poison(server, { [column]: value })
      t.equal(await store.find('k1'), null, `${column} ${value.slice(0, 20)}`)
      t.same((await server.keys()), [], 'it goes, and from the list of its user as well')
    }
    await poison(server, {})
    await server.command('HDEL', 'test:session:k1', column)
    t.equal(await store.find('k1'), null)
  }
})

t.test('a list of another type is replaced, and locks nobody out', needsRedis(), async (t) => {
  const { server: { command }, store } = await openStore(t)
  await command('SET', 'test:sessions-of:u1', 'x')
  t.same(await store.listOf('u1', 0), [])
  await store.endAllOf('u1')
  await store.create('k1', sessionRecord, later)
  t.match(await store.listOf('u1', 0), [{ key: 'k1' }])
  await command('SET', 'test:sessions-of:u1', 'x')
  await store.end('k1')
  t.equal(await store.find('k1'), null)
})

t.test('a session in the list of another user is not shown to that one', needsRedis(), async (t) => {
  const { server: { command }, store } = await openStore(t)
  await store.create('k1', sessionRecord, later)
  await command('ZADD', 'test:sessions-of:u2', '99999999999999', 'k1')
  t.same(await store.listOf('u2', 0), [])
})

t.test('the server\'s own clock ends sessions and lists, whatever time it is for us', needsRedis(), async (t) => {
  const { server: { command }, store } = await openStore(t)
  await store.create('k1', sessionRecord, sessionRecord.lastSeenAt + 3_600_000)
  const left = async (key: string): Promise<number> => Number(await command('PTTL', key))
  const isAbout = (value: number, ms: number): boolean => value > ms - 600_000 && value <= ms
  t.ok(isAbout(await left('test:session:k1'), 3_600_000))
  t.ok(isAbout(await left('test:sessions-of:u1'), longest + 60_000), 'the list outlives every touch')
  await store.touch('k1', 5_000, 5_000 + 7_200_000, 'u1')
  t.ok(isAbout(await left('test:session:k1'), 7_200_000))
  await command('PEXPIRE', 'test:sessions-of:u1', String(2 * longest))
  await store.create('k2', sessionRecord, later)
  t.ok(await left('test:sessions-of:u1') > 2 * longest - 600_000, 'a list that shall live longer does')
  await store.touch('k2', 5_000, 4_000, 'u1')
  await until(async () => await command('EXISTS', 'test:session:k2') === 0)
  t.equal(await store.find('k2'), null, 'what has no time left is over')
})

t.test('what can live no more leaves the list, and what is about to begin stays', needsRedis(), async (t) => {
  const { server: { command }, store } = await openStore(t)
  await command('ZADD', 'test:sessions-of:u1', '1000', 'long-over', '99999999999999', 'about-to-begin')
  await store.create('k1', sessionRecord, later)
  await store.endAllOf('u1')
  t.same(await command('ZRANGE', 'test:sessions-of:u1', '0', '-1'), ['about-to-begin'])
  await store.create('about-to-begin', sessionRecord, later)
  await store.endAllOf('u1')
  t.equal(await store.find('about-to-begin'), null)
})

const list = 'test:sessions-of:u1'

/** Milliseconds for which a session, its place in the list of its user, and that list are left. */
async function livesOf ({ command }: TestRedis, key: string): Promise<{ session: number, place: number, list: number }> {
  const [seconds, micros] = await command('TIME') as [string, string]
  const place = Number(await command('ZSCORE', list, key)) - Number(seconds) * 1_000 - Number(micros) / 1_000
  return { session: Number(await command('PTTL', `test:session:${key}`)), place, list: Number(await command('PTTL', list)) }
}

t.test('a session that lives on never leaves the list of its user: whoever ends or counts them finds it', needsRedis(), async (t) => {
  const { server, store } = await openStore(t)
  const { lastSeenAt } = sessionRecord
  const before = createRedisSessionStore(await connect(t, server), 60_000)
  await before.create('k1', sessionRecord, lastSeenAt + 60_000)
  let lives = await livesOf(server, 'k1')
  t.ok(lives.place > lives.session && lives.list > lives.session)
  t.ok(lives.list < 180_000, 'what was known when it began')

  t.equal(await store.touch('k1', 2_000, 2_000 + 3_600_000, 'u1'), true, '"absoluteTimeout" was raised, and the person goes on')
  lives = await livesOf(server, 'k1')
  t.ok(lives.session > 3_000_000 && lives.place > lives.session && lives.list > lives.session)

  await server.command('ZADD', list, String(Date.now() + 1_000), 'k1')
  await server.command('PEXPIRE', list, '1000')
  await store.touch('k1', 3_000, 3_000 + 3_600_000, 'u1')
  lives = await livesOf(server, 'k1')
  t.ok(lives.place > lives.session && lives.list > lives.session, 'the clock was set back, and it lives on after its time')

  await before.touch('k1', 4_000, 4_000 + 60_000, 'u1')
  t.ok((await livesOf(server, 'k1')).place > 3_000_000, 'a server with other limits shortens no place: the next one may let the session live longer again')

  await server.command('DEL', list)
  await store.touch('k1', 5_000, later, 'u1')
  t.match(await store.listOf('u1', 0), [{ key: 'k1' }], 'a list that was lost has it again')
  await store.endAllOf('u1')
  t.equal(await store.find('k1'), null, 'signed out everywhere')
})

t.test('a server that dies while it notes that a session was seen leaves none that the list does not know', needsRedis(), async (t) => {
  const server = await startRedis(t)
  const redis = await connect(t, server)
  await createRedisSessionStore(redis, 60_000).create('k1', sessionRecord, sessionRecord.lastSeenAt + 60_000)
  for (const survives of [0, 1]) {
    let commands = 0
    const send: Redis['send'] = async (...words) => {
      if (commands++ === survives) throw new Error('died')
      return await redis.send(...words)
    }
    await t.rejects(createRedisSessionStore({ ...redis, send }, longest).touch('k1', 2_000, later, 'u1'), { message: 'died' })
    const lives = await livesOf(server, 'k1')
    t.ok(lives.session <= 60_000 && lives.place > lives.session && lives.list > lives.session, `after ${survives} commands`)
  }
  await createRedisSessionStore(redis, longest).touch('k1', 2_000, later, 'u1')
  const lives = await livesOf(server, 'k1')
  t.ok(lives.session > 60_000 && lives.place > lives.session && lives.list > lives.session, 'a server that does not die')
})

t.test('a session that ended is in no list again', needsRedis(), async (t) => {
  const { server, store } = await openStore(t)
  await store.create('k1', sessionRecord, later)
  await store.endAllOf('u1')
  t.equal(await store.touch('k1', 2_000, later, 'u1'), false)
  t.same(await server.keys(), [])
})

t.test('no command has two keys in two places, so that a Redis Cluster takes them all', needsRedis(), async (t) => {
  const server = await startRedis(t, 'cluster')
  await until(async () => String(await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'))
  await t.rejects(server.command('DEL', 'a', 'b'), { message: /CROSSSLOT/ }, 'what a cluster refuses')
  const redis = await connect(t, server)
  const store = createRedisSessionStore(redis, longest)
  await store.create('k1', sessionRecord, later)
  await store.create('k2', sessionRecord, later)
  t.same(await store.find('k1'), sessionRecord)
  t.equal(await store.touch('k1', 2_000, later, 'u1'), true)
  t.equal(await store.sweep(1, 1), 0)
  t.equal((await store.listOf('u1', 0)).length, 2)
  await store.endAllOf('u1', 'k2')
  await store.end('k2')
  t.same(await server.keys(), [])
  t.match(await createRedisCounter(redis)('x', 1_000), { count: 1 })
})

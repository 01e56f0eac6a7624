import { join } from 'node:path'
import t, { type Test } from 'tap'
import { beginningAfter, keysBeyond } from '../../src/session/cap.ts'
import { handleOf } from '../../src/session/handle.ts'
import { isRecent, recent } from '../../src/session/recent.ts'
import { createSessions, sessionKeyOf } from '../../src/session/sessions.ts'
import type { KeyedSession, SessionRecord, SessionStore, SessionUser } from '../../src/session/types.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { openTestDatabase, temporaryFolder } from '../store/database.ts'

const minute = 60_000
const hour = 60 * minute
const ada: SessionUser = { id: 'ada', displayName: 'Ada', email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
const bob: SessionUser = { ...ada, id: 'bob' }
const active = async () => true

/** Two processes on one file, the store of the first one, and what was asked of it. */
async function setUp (t: Test, limits = {}) {
  const calls: string[] = []
  const file = join(temporaryFolder(t), 'accounts.sqlite')
  const rows = createSessionStore(await openTestDatabase(t, file))
  const store = Object.fromEntries(Object.entries(rows).map(([name, method]) => [name, async (...args: unknown[]) => {
    calls.push(name)
    return await (method as (...args: unknown[]) => Promise<unknown>)(...args)
  }])) as unknown as SessionStore
  const clock = { now: 1_700_000_000_000 }
  const all = { idleTimeout: 12 * hour, absoluteTimeout: 168 * hour, sessionCache: 1_000, ...limits }
  const create = (of: SessionStore) => createSessions(of, all, { now: () => clock.now })
  return { calls, clock, store, sessions: create(store), other: create(createSessionStore(await openTestDatabase(t, file))) }
}

const handle = (id: string): string => handleOf(sessionKeyOf(id))

t.test('a handle names a session, and leads neither to its key nor to its id', async (t) => {
  t.match(handle('id'), /^[\w-]{22}$/)
  t.not(handle('id'), handle('other'))
  t.notOk(sessionKeyOf('id').startsWith(handle('id')))
  const { sessions } = await setUp(t)
  await sessions.begin('id', ada, active)
  for (const guess of [handle('id'), sessionKeyOf('id')]) t.equal(await sessions.find(guess), null, 'it signs nobody in')
  t.ok(await sessions.find('id'))
})

t.test('a user sees their sessions, the newest first, and nobody else\'s', async (t) => {
  const { sessions, clock } = await setUp(t)
  const start = clock.now
  await sessions.begin('a', ada, active, { device: 'Firefox on Windows' })
  clock.now += hour
  await sessions.begin('b', ada, active)
  await sessions.begin('c', bob, active)
  t.same(await sessions.listOf('ada', 'a'), [
    { handle: handle('b'), createdAt: clock.now, lastSeenAt: clock.now, authenticatedAt: clock.now, device: null, current: false },
    { handle: handle('a'), createdAt: start, lastSeenAt: start, authenticatedAt: start, device: 'Firefox on Windows', current: true }
  ])
  t.same((await sessions.listOf('ada')).map(({ current }) => current), [false, false])
  t.same(await sessions.listOf('nobody'), [])
})

t.test('what is over is on no list, also where a shorter time was set since', async (t) => {
  const { sessions, clock, store } = await setUp(t)
  await sessions.begin('a', ada, active)
  const strict = createSessions(store, { idleTimeout: hour, absoluteTimeout: hour, sessionCache: 0 }, { now: () => clock.now })
  clock.now += hour
  t.same(await strict.listOf('ada'), [])
  t.equal(await strict.endOf('ada', handle('a')), false)
  t.equal((await sessions.listOf('ada')).length, 1)
  clock.now += 11 * hour
  t.same(await sessions.listOf('ada'), [])
})

t.test('a session is ended by its handle, and only by its own user', async (t) => {
  const { sessions, calls } = await setUp(t)
  await sessions.begin('a', ada, active)
  await sessions.begin('b', bob, active)
  calls.length = 0
  for (const wrong of [handle('b'), handle('unknown'), sessionKeyOf('a'), 'a', '']) t.equal(await sessions.endOf('ada', wrong), false, wrong)
  t.notOk(calls.includes('end'), 'nothing is written for it')
  t.ok(await sessions.find('b'))
  t.ok(await sessions.find('a'))
  t.equal(await sessions.endOf('ada', handle('a')), true)
  t.equal(await sessions.find('a'), null)
  t.equal(await sessions.endOf('ada', handle('a')), false, 'once')
})

t.test('a session that is ended by handle leaves the cache at once, and is gone elsewhere within a second', async (t) => {
  const { sessions, other, clock } = await setUp(t)
  await sessions.begin('a', ada, active)
  await sessions.find('a')
  await other.find('a')
  t.equal(await sessions.endOf('ada', handle('a')), true)
  t.equal(await sessions.find('a'), null)
  t.ok(await other.find('a'), 'believed for a second')
  clock.now += 1_000
  t.equal(await other.find('a'), null)
})

t.test('what was read before an end is not written or believed after it', async (t) => {
  const { sessions, store, clock } = await setUp(t)
  await sessions.begin('a', ada, active)
  clock.now += minute
  const find = store.find
  store.find = async (key) => {
    const record = await find(key)
    store.find = find
    await sessions.endOf('ada', handle('a'))
    return record
  }
  t.equal(await sessions.find('a'), null, 'the request in flight is out')
  t.equal(await sessions.find('a'), null)
  t.equal(await store.find(sessionKeyOf('a')), null, 'no write after the end')
})

t.test('an end that the store failed at is not covered up by what was read before', async (t) => {
  for (const endIt of ['end', 'endAllOf'] as const) {
    const { sessions, store } = await setUp(t)
    await sessions.begin('a', ada, active)
    await sessions.find('a')
    const real = store[endIt]
    store[endIt] = async (name: string) => {
      await real(name)
      throw new Error('the answer was lost')
    }
    await t.rejects(sessions[endIt](endIt === 'end' ? 'a' : 'ada'), { message: 'the answer was lost' })
    t.equal(await sessions.find('a'), null, endIt)
  }
})

t.test('one browser has one session: a new one takes the place of the one before', async (t) => {
  const { sessions } = await setUp(t)
  await sessions.begin('a', ada, active)
  await sessions.begin('b', ada, active)
  await sessions.begin('c', ada, active, { replaces: 'a' })
  t.same((await sessions.listOf('ada')).map((session) => session.handle).sort(), [handle('b'), handle('c')].sort())
})

t.test('a session that could not begin is on no list', async (t) => {
  const { sessions, store } = await setUp(t)
  await t.rejects(sessions.begin('a', ada, async () => { throw new Error('down') }), { message: 'down' })
  t.same(await sessions.listOf('ada'), [])
  store.end = async () => { throw new Error('really down') }
  await t.rejects(sessions.begin('b', ada, async () => { throw new Error('down') }), { message: 'down' }, 'the first reason is told')
})

t.test('with a limit the oldest go, and the new one never does', async (t) => {
  const { sessions, clock } = await setUp(t, { maxSessionsPerUser: 2 })
  const alive = async (...ids: string[]) => await Promise.all(ids.map(async (id) => await sessions.find(id) !== null))
  await sessions.begin('other', bob, active)
  t.equal((await sessions.begin('a', ada, active)).ended, 0)
  t.equal((await sessions.begin('b', ada, active)).ended, 0, 'in the same millisecond')
  t.equal((await sessions.begin('c', ada, active)).ended, 1)
  t.same(await alive('a', 'b', 'c', 'other'), [false, true, true, true])
  clock.now -= 5 * hour
  await sessions.begin('d', ada, active)
  t.same(await alive('b', 'c', 'd'), [false, true, true], 'S13: also where the clock was set back')
  clock.now += 6 * hour
  await sessions.begin('e', ada, active)
  t.same(await alive('c', 'd', 'e'), [false, true, true])
})

t.test('a browser that signs in again takes nobody else\'s place', async (t) => {
  const { sessions } = await setUp(t, { maxSessionsPerUser: 2 })
  await sessions.begin('other', ada, active)
  await sessions.begin('mine', ada, active)
  t.equal((await sessions.begin('mine-again', ada, active, { replaces: 'mine' })).ended, 0)
  t.ok(await sessions.find('other'))
  t.equal(await sessions.find('mine'), null)
})

t.test('of sign-ins that come at once the limit stays, at however many servers', async (t) => {
  for (const atMost of [1, 3]) {
    const { sessions, other, clock } = await setUp(t, { maxSessionsPerUser: atMost, sessionCache: 0 })
    await sessions.begin('before', ada, active)
    clock.now += minute
    const ids = Array.from({ length: 20 }, (_, index) => `id${index}`)
    await Promise.all(ids.map(async (id, index) => await (index % 2 === 0 ? sessions : other).begin(id, ada, active)))
    t.equal((await sessions.listOf('ada')).length, atMost, 'S13')
    t.equal(await sessions.find('before'), null)
  }
})

t.test('without a limit nobody is counted', async (t) => {
  const { sessions, calls } = await setUp(t)
  for (let index = 0; index < 30; index++) t.equal((await sessions.begin(`id${index}`, ada, active)).ended, 0)
  t.notOk(calls.includes('listOf'))
  t.equal((await sessions.listOf('ada')).length, 30)
})

t.test('everybody who looks agrees on which sessions are too many', async (t) => {
  const of = (key: string, createdAt: number): KeyedSession => ({ key, createdAt } as SessionRecord & { key: string })
  const four = [of('b', 5), of('d', 9), of('a', 5), of('c', 1)]
  t.same(keysBeyond(2, four), ['b', 'c'])
  t.same(keysBeyond(2, [...four].reverse()), ['b', 'c'])
  t.same(keysBeyond(4, four), [])
  t.equal(beginningAfter(four, 5), 10)
  t.equal(beginningAfter(four, 20), 20)
  t.equal(beginningAfter([], 5), 5)
})

t.test('a session that began after a clock was set back lives no longer for it', async (t) => {
  const { sessions, clock } = await setUp(t, { maxSessionsPerUser: 5, idleTimeout: hour, absoluteTimeout: hour, sessionCache: 0 })
  await sessions.begin('a', ada, active)
  clock.now -= 48 * hour
  await sessions.begin('b', ada, active)
  clock.now += hour - 1
  t.ok(await sessions.find('b'))
  clock.now += 1
  t.equal(await sessions.find('b'), null)
})

t.test('recent is ten minutes, and a clock that was set back makes nobody recent', async (t) => {
  const environment = { now: () => 1_700_000_000_000 }
  const at = (age: number, maxAge = recent) => isRecent(environment.now() - age, maxAge, environment)
  t.equal(recent, 600_000)
  t.same([at(600_001), at(600_000), at(0)], [false, true, true])
  t.equal(at(-hour), false, 'signed in an hour ahead')
  t.same([at(2, 1), at(1, 1)], [false, true])
  t.equal(at(0, NaN), false)
})

import { createHash } from 'node:crypto'
import t from 'tap'
import { ConfigurationError } from '../../src/core/errors.ts'
import { readOptions } from '../../src/core/options.ts'
import { checkSessionOptions, type SessionOptions, sessionOptionRules } from '../../src/session/options.ts'
import { createSessions, sessionKeyOf } from '../../src/session/sessions.ts'
import { keptRoles, sessionUserOf } from '../../src/session/session-user.ts'
import type { SessionRecord, SessionStore, SessionUser } from '../../src/session/types.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const ada: SessionUser = { id: 'ada', displayName: 'Ada', email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
const active = async () => true

/** A store in memory that counts, and can be made to wait. */
function memoryStore () {
  const rows = new Map<string, SessionRecord>()
  const calls: string[] = []
  const gate = { find: Promise.resolve() }
  const store: SessionStore = {
    create: async (key, record) => { calls.push('create'); rows.set(key, record) },
    find: async (key) => {
      calls.push('find')
      const row = rows.get(key) ?? null
      await gate.find
      return row
    },
    touch: async (key, lastSeenAt) => {
      calls.push('touch')
      const row = rows.get(key)
      if (row !== undefined) rows.set(key, { ...row, lastSeenAt })
      return row !== undefined
    },
    end: async (key) => { calls.push('end'); rows.delete(key) },
    endAllOf: async (userId) => {
      calls.push('endAllOf')
      for (const [key, row] of rows) if (row.user.id === userId) rows.delete(key)
    },
    listOf: async (userId) => [...rows].filter(([, { user }]) => user.id === userId).map(([key, record]) => ({ ...record, key })),
    confirm: async (key, confirmation) => {
      calls.push('confirm')
      const row = rows.get(key)
      if (row !== undefined) rows.set(key, { ...row, ...confirmation } as SessionRecord)
      return row !== undefined
    },
    listAt: async (microsoftSession) => [...rows].filter(([, row]) => row.microsoftSession === microsoftSession).map(([key, record]) => ({ ...record, key })),
    sweep: async () => { calls.push('sweep'); return 0 }
  }
  return { rows, calls, gate, store }
}

function setUp (limits = {}) {
  const memory = memoryStore()
  const clock = { now: 1_700_000_000_000 }
  const environment = { now: () => clock.now }
  const all = { idleTimeout: 12 * hour, absoluteTimeout: 7 * day, sessionCache: 1_000, ...limits }
  const create = () => createSessions(memory.store, all, environment)
  return { ...memory, clock, sessions: create(), other: create() }
}

t.test('whether a session is alive is asked of the store itself, whatever was read before', async (t) => {
  const { sessions, other, clock } = setUp({ sessionCache: 60_000 })
  await sessions.begin('id', ada, active)
  await sessions.find('id')
  t.equal(await sessions.isAlive('id'), true)
  await other.end('id')
  t.ok(await sessions.find('id'), 'the cache still believes it')
  t.equal(await sessions.isAlive('id'), false)
  t.equal(await sessions.find('id'), null, 'and no longer does')
  t.equal(await sessions.isAlive('another'), false)
  await sessions.begin('idle', ada, active)
  clock.now += 12 * hour
  t.equal(await sessions.isAlive('idle'), false, 'it is over')
})

t.test('the sessions of a user by one identity end, and no others', async (t) => {
  const { sessions } = setUp()
  const second = { ...ada, identity: { tid: 't', oid: 'second' } }
  const third = { ...ada, identity: { tid: 'third', oid: 'second' } }
  await sessions.begin('1', ada, active)
  await sessions.begin('2', second, active)
  await sessions.begin('3', third, active)
  await sessions.begin('4', { ...second, id: 'bob' }, active)
  await sessions.endAllBy(second)
  t.same(await Promise.all(['1', '2', '3', '4'].map(async (id) => await sessions.isAlive(id))), [true, false, true, true])
})

t.test('a session is found under its id, and the store holds a hash of it', async (t) => {
  const { sessions, rows, clock } = setUp()
  await sessions.begin('id', ada, active)
  t.same(await sessions.find('id'), { user: ada, createdAt: clock.now, authenticatedAt: clock.now, lastSeenAt: clock.now, device: null, microsoftSession: null, loginHint: null, confirmedAt: clock.now })
  t.same([...rows.keys()], [createHash('sha256').update('id').digest('base64url')])
  t.equal(await sessions.find('another'), null)
})

t.test('a session ends twelve hours after it was last seen', async (t) => {
  const { sessions, clock } = setUp({ sessionCache: 0 })
  await sessions.begin('id', ada, active)
  clock.now += 11 * hour
  t.ok(await sessions.find('id'))
  clock.now += 12 * hour - 1
  t.ok(await sessions.find('id'), 'counted from when it was seen')
  clock.now += 12 * hour
  t.equal(await sessions.find('id'), null)
})

t.test('a session ends after seven days, however busy', async (t) => {
  const { sessions, clock } = setUp()
  await sessions.begin('id', ada, active)
  const start = clock.now
  while (clock.now + hour < start + 7 * day) {
    clock.now += hour
    t.ok(await sessions.find('id'))
  }
  clock.now = start + 7 * day
  t.equal(await sessions.find('id'), null)
})

t.test('a request reads at most once, and writes at most once a minute', async (t) => {
  const { sessions, clock, calls } = setUp({ sessionCache: 0 })
  await sessions.begin('id', ada, active)
  calls.length = 0
  clock.now += minute - 1
  await sessions.find('id')
  t.same(calls, ['find'])
  clock.now += 1
  await sessions.find('id')
  await sessions.find('id')
  t.same(calls, ['find', 'find', 'touch', 'find'])
})

t.test('requests that come at once share the write', async (t) => {
  const { sessions, clock, calls } = setUp({ sessionCache: 0 })
  await sessions.begin('id', ada, active)
  clock.now += minute
  const found = await Promise.all(Array.from({ length: 20 }, async () => await sessions.find('id')))
  t.equal(calls.filter((call) => call === 'touch').length, 1)
  t.ok(found.every((record) => record?.lastSeenAt === clock.now))
})

t.test('what was read is believed for a second, and not longer', async (t) => {
  const { sessions, other, clock, calls } = setUp()
  await sessions.begin('id', ada, active)
  await sessions.find('id')
  calls.length = 0
  await sessions.find('id')
  t.same(calls, [])
  await other.end('id')
  clock.now += 999
  t.ok(await sessions.find('id'), 'ended in another process: within a second')
  clock.now += 1
  t.equal(await sessions.find('id'), null)
})

t.test('with a cache of 0 an end elsewhere counts at once', async (t) => {
  const { sessions, other } = setUp({ sessionCache: 0 })
  await sessions.begin('id', ada, active)
  await sessions.find('id')
  await other.end('id')
  t.equal(await sessions.find('id'), null)
})

t.test('an end in this process counts at once', async (t) => {
  const { sessions } = setUp()
  await sessions.begin('a', ada, active)
  await sessions.begin('b', ada, active)
  await sessions.begin('c', { ...ada, id: 'bob' }, active)
  for (const id of ['a', 'b', 'c']) await sessions.find(id)
  await sessions.end('a')
  t.equal(await sessions.find('a'), null)
  t.ok(await sessions.find('b'))
  await sessions.endAllOf('ada')
  t.equal(await sessions.find('b'), null)
  t.ok(await sessions.find('c'))
})

t.test('a read that was under way while a session ended is not kept', async (t) => {
  for (const endIt of ['end', 'endAllOf'] as const) {
    const { sessions, gate } = setUp()
    await sessions.begin('id', ada, active)
    let open = () => {}
    gate.find = new Promise((resolve) => { open = () => resolve() })
    const underWay = sessions.find('id')
    await sessions[endIt](endIt === 'end' ? 'id' : 'ada')
    open()
    await underWay
    t.equal(await sessions.find('id'), null, endIt)
  }
})

t.test('a request in flight during sign-out cannot bring the session back', async (t) => {
  const { sessions, gate, clock, rows } = setUp({ sessionCache: 0 })
  await sessions.begin('id', ada, active)
  clock.now += minute
  let open = () => {}
  gate.find = new Promise((resolve) => { open = () => resolve() })
  const inFlight = sessions.find('id')
  await sessions.end('id')
  open()
  t.equal(await inFlight, null)
  t.equal(rows.size, 0)
})

t.test('a write under way while the session ends is not remembered', async (t) => {
  const { sessions, store, clock } = setUp()
  await sessions.begin('id', ada, active)
  clock.now += minute
  const touch = store.touch
  store.touch = async (...args) => {
    const exists = await touch(...args)
    await sessions.end('id')
    return exists
  }
  await sessions.find('id')
  t.equal(await sessions.find('id'), null)
})

t.test('a user who was disabled meanwhile gets no session', async (t) => {
  const { sessions, rows } = setUp()
  await t.rejects(sessions.begin('id', ada, async () => false), { code: 'account_disabled' })
  t.equal(rows.size, 0)
})

t.test('a session whose row came through after all, though the store said no, is on no list', async (t) => {
  const { sessions, store, rows } = setUp()
  const { create } = store
  store.create = async (...row) => {
    await create(...row)
    throw new Error('timeout')
  }
  await t.rejects(sessions.begin('ghost', ada, active), { message: 'timeout' })
  t.same(await sessions.listOf('ada'), [])
  t.equal(rows.size, 0)
  const { end } = store
  store.end = async () => { throw new Error('down as well') }
  await t.rejects(sessions.begin('ghost', ada, active), { message: 'timeout' }, 'the first reason is told')
  Object.assign(store, { create, end })
  await sessions.begin('id', ada, active)
  t.ok(await sessions.find('id'))
})

t.test('a session knows when Microsoft vouched for its person, which may be a while before it began', async (t) => {
  const { sessions, clock } = setUp({ idleTimeout: hour, absoluteTimeout: hour })
  const confirmedAt = clock.now - 29 * minute
  const { record } = await sessions.begin('id', ada, active, { authenticatedAt: confirmedAt, confirmedAt })
  t.match(record, { createdAt: clock.now, lastSeenAt: clock.now, authenticatedAt: confirmedAt, confirmedAt })
  t.match(await sessions.find('id'), { authenticatedAt: confirmedAt, confirmedAt })
  clock.now = confirmedAt + hour - 1
  t.ok(await sessions.find('id'))
  clock.now += 1
  t.equal(await sessions.find('id'), null, 'and ends that long after it')
})

t.test('who authenticated at Microsoft a week ago has a session as long as anybody\'s', async (t) => {
  const { sessions, clock } = setUp({ idleTimeout: hour, absoluteTimeout: hour })
  const start = clock.now
  await sessions.begin('id', ada, active, { authenticatedAt: start - 7 * day })
  clock.now = start + hour - 1
  t.match(await sessions.find('id'), { authenticatedAt: start - 7 * day })
  clock.now += 1
  t.equal(await sessions.find('id'), null)
})

t.test('a session of before confirmations were kept ends when it would have', async (t) => {
  const { sessions, clock, rows } = setUp({ idleTimeout: day, absoluteTimeout: day })
  const start = clock.now
  await sessions.begin('id', ada, active, { authenticatedAt: start - hour })
  rows.set(sessionKeyOf('id'), { ...rows.get(sessionKeyOf('id'))!, confirmedAt: null })
  clock.now = start + 23 * hour - 1
  t.ok(await sessions.find('id'))
  clock.now += 1
  t.equal(await sessions.find('id'), null)
})

t.test('a confirmation makes no session live longer', async (t) => {
  const { sessions, clock } = setUp({ idleTimeout: day, absoluteTimeout: day })
  const start = clock.now
  await sessions.begin('id', ada, active)
  clock.now = start + day - 1
  t.equal(await sessions.confirm('id', { confirmedAt: clock.now }), true)
  t.match(await sessions.find('id'), { confirmedAt: clock.now, authenticatedAt: start })
  clock.now += 1
  t.equal(await sessions.find('id'), null)
})

t.test('a confirmation counts at once in this process, and brings no session back', async (t) => {
  const { sessions, clock, rows, gate } = setUp()
  await sessions.begin('id', ada, active, { microsoftSession: 'old', loginHint: 'sealed' })
  await sessions.find('id')
  let open = () => {}
  gate.find = new Promise((resolve) => { open = () => resolve() })
  clock.now += 1_000
  const underWay = sessions.find('id')
  clock.now += minute - 2_000
  t.equal(await sessions.confirm('id', { confirmedAt: clock.now, microsoftSession: 'new' }), true)
  open()
  await underWay
  t.match(await sessions.find('id'), { confirmedAt: clock.now, microsoftSession: 'new', loginHint: 'sealed' }, 'a read that was under way is not kept')
  await sessions.end('id')
  t.equal(await sessions.confirm('id', { confirmedAt: clock.now }), false)
  t.equal(rows.size, 0)
})

t.test('sessions of a session at Microsoft end, at once in this process, and no others', async (t) => {
  const { sessions } = setUp({ sessionCache: 60_000 })
  for (const [id, microsoftSession] of [['a', 'm1'], ['b', 'm1'], ['c', 'm2'], ['d', null]] as const) {
    await sessions.begin(id, { ...ada, id: `user ${id}` }, active, { microsoftSession })
    await sessions.find(id)
  }
  t.match(await sessions.endAllAt('m1', ({ user }) => user.id === 'user a'), [{ user: { id: 'user a' } }], 'who is meant')
  t.same(await Promise.all(['a', 'b', 'c', 'd'].map(async (id) => await sessions.find(id) !== null)), [false, true, true, true])
  t.match(await sessions.endAllAt('m1', () => true), [{ user: { id: 'user b' } }])
  t.same(await Promise.all(['b', 'c', 'd'].map(async (id) => await sessions.find(id) !== null)), [false, true, true])
  t.same(await sessions.endAllAt('unknown', () => true), [])
})

t.test('a session of a simulator is nobody\'s elsewhere, and the other way round', async (t) => {
  const { sessions, store, clock } = setUp()
  const simulated = createSessions(store, { idleTimeout: hour, absoluteTimeout: day, sessionCache: 0 }, { now: () => clock.now }, true)
  await simulated.begin('there', ada, active)
  await sessions.begin('here', ada, active)
  t.equal(await sessions.find('there'), null)
  t.equal(await simulated.find('here'), null)
  t.ok(await simulated.find('there'))
  t.ok(await sessions.find('here'))
  t.not(sessionKeyOf('id', true), sessionKeyOf('id'))
})

t.test('without a stored row there is no session', async (t) => {
  const { sessions, store } = setUp()
  store.create = async () => { throw new Error('down') }
  await t.rejects(sessions.begin('id', ada, active), { message: 'down' })
  t.equal(await sessions.find('id'), null)
})

t.test('the cache does not grow without bound', async (t) => {
  const { sessions, calls } = setUp()
  for (let index = 0; index <= 10_000; index++) await sessions.begin(`id${index}`, ada, active)
  for (let index = 0; index <= 10_000; index++) await sessions.find(`id${index}`)
  calls.length = 0
  await sessions.find('id10000')
  await sessions.find('id1')
  t.same(calls, [])
  await sessions.find('id0')
  t.same(calls, ['find'], 'the oldest went')
})

t.test('a clock that jumps back makes no session immortal', async (t) => {
  const { sessions, clock } = setUp({ sessionCache: 0 })
  await sessions.begin('id', ada, active)
  clock.now -= 2 * hour
  t.ok(await sessions.find('id'))
  clock.now += 14 * hour
  t.equal(await sessions.find('id'), null)
})

t.test('a session keeps the small public user and no more', async (t) => {
  const email = { address: 'a@contoso.example', canonical: 'a@contoso.example', source: 'email' as const, score: 90, verified: true, evidence: [] }
  const user = { id: 'u', displayName: 'Ada', createdAt: 1, disabledAt: null }
  const identity = { tid: 't', oid: 'o', sub: 's', iss: 'i', authority: 'a' }
  const linked = { user, identity, email, isNew: true, row: 'E2' as const, events: [] }
  t.same(sessionUserOf(linked, ['Editor']), { id: 'u', displayName: 'Ada', email, identity: { tid: 't', oid: 'o' }, roles: ['Editor'] })
  t.equal(sessionUserOf({ ...linked, email: { ...email, address: null } }, []).email, null)
})

t.test('roles that are too many for a session are left out whole: some of them would be another person\'s rights (S15)', async (t) => {
  const many = (count: number, length: number) => Array.from({ length: count }, (_, index) => String(index).padEnd(length, 'x'))
  for (const roles of [[], ['Editor'], many(100, 3), many(30, 120)]) t.same(keptRoles(roles), roles)
  for (const roles of [many(101, 3), many(40, 120)]) {
    t.equal(keptRoles(roles), null)
    t.same(sessionUserOf({ user: { id: 'u', displayName: null, createdAt: 1, disabledAt: null }, identity: { tid: 't', oid: 'o', sub: 's', iss: 'i', authority: 'a' }, email: { address: null, canonical: null, source: null, score: 0, verified: false, evidence: [] }, isNew: true, row: 'E2', events: [] }, roles).roles, [])
  }
})

t.test('options of the session plugin are checked', async (t) => {
  const read = (given: SessionOptions) => {
    const options = readOptions<SessionOptions>('s', sessionOptionRules, given)
    checkSessionOptions(options)
    return options
  }
  t.match(read({}), { idleTimeout: 43_200_000, absoluteTimeout: 604_800_000, sessionCache: 1_000, cookieName: 'entra-session' })
  for (const wrong of [{ idleTimeout: 5 }, { absoluteTimeout: '7d' }, { sessionCache: -1 }, { cookieName: '__Host-x' }, { cookieName: 'a b' }, { logoutPath: 'x' }, { userDecorator: '1a' }, { requireUserDecorator: '' }, { sessionsDecorator: 'a b' }, { maxSessionsPerUser: 0 }, { maxSessionsPerUser: 1.5 }, { maxSessionsPerUser: Infinity }, { maxSessionsPerUser: '3' }]) {
    t.throws(() => read(wrong as SessionOptions), ConfigurationError, JSON.stringify(wrong))
  }
  t.throws(() => read({ idleTimeout: 2 * hour, absoluteTimeout: hour }), { message: /"idleTimeout" \(7200000\) is longer than "absoluteTimeout" \(3600000\)/ })
})

import { join } from 'node:path'
import t from 'tap'
import { createBelievedSessions } from '../../src/session/believed.ts'
import { createSessions } from '../../src/session/sessions.ts'
import type { SessionRecord, SessionUser } from '../../src/session/types.ts'
import { openDatabase } from '../../src/store/open.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { openTestDatabase, temporaryFolder } from '../store/database.ts'

const ada: SessionUser = { id: 'ada', displayName: 'Ada', email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
const record: SessionRecord = { user: ada, createdAt: 1, authenticatedAt: 1, lastSeenAt: 1, device: null, microsoftSession: null, loginHint: null, confirmedAt: 1 }
const second = 1_000

/** A store that counts what it is asked, and can be made to wait or to fail. */
function setUp (sessionCache = second) {
  const asked: string[] = []
  const now = { version: 1, fails: false, found: record as SessionRecord | null, wait: Promise.resolve() }
  const clock = { now: 1_700_000_000_000 }
  const store = {
    find: async (key: string) => {
      asked.push(`find ${key}`)
      return now.found
    },
    version: async () => {
      asked.push('version')
      const { version } = now
      await now.wait
      if (now.fails) throw new Error('no answer')
      return version
    }
  }
  return { asked, now, clock, sessions: createBelievedSessions(store, sessionCache, { now: () => clock.now }) }
}

t.test('while nobody else has changed the store, what was read of it is not read again, and all sessions share the question', async (t) => {
  const { asked, clock, sessions } = setUp()
  await Promise.all(['a', 'b'].map(async (key) => await sessions.read(key)))
  t.same(asked, ['version', 'find a', 'find b'])
  clock.now += second - 1
  await sessions.read('a')
  t.equal(asked.length, 3, 'believed for a second in any case')
  for (let turn = 0; turn < 3; turn++) {
    clock.now += second
    t.same(await Promise.all(['a', 'b'].map(async (key) => await sessions.read(key))), [record, record])
  }
  t.same(asked.slice(3), ['version', 'version', 'version'])
})

t.test('once anybody else has changed anything, every session is read anew', async (t) => {
  const { asked, now, clock, sessions } = setUp()
  await sessions.read('a')
  now.version += 1
  now.found = null
  clock.now += second
  t.equal(await sessions.read('a'), null)
  t.equal(await sessions.read('a'), null)
  t.same(asked, ['version', 'find a', 'version', 'find a', 'find a'], 'and what is not there is not believed')
})

t.test('a session lives on for a second after another process ended it, and no longer, whenever the store was asked', async (t) => {
  const { now, clock, sessions } = setUp()
  await sessions.read('a')
  clock.now += second
  t.ok(await sessions.read('b'), 'the store is asked for another session')
  now.version += 1
  now.found = null
  clock.now += second - 1
  t.ok(await sessions.read('a'), 'the last millisecond of it')
  clock.now += 1
  t.equal(await sessions.read('a'), null)
})

t.test('what was read while somebody changed the store is of before, and read again', async (t) => {
  const { asked, now, clock, sessions } = setUp()
  const passed = Promise.withResolvers<undefined>()
  now.wait = passed.promise as unknown as Promise<void>
  const reading = sessions.read('a')
  now.version += 1
  passed.resolve(undefined)
  await reading
  clock.now += second
  await sessions.read('a')
  t.same(asked, ['version', 'find a', 'version', 'find a'])
})

t.test('what this process ends is not believed, even while the store is being asked', async (t) => {
  const { asked, now, clock, sessions } = setUp()
  for (const key of [undefined, 'a']) {
    await sessions.read('a')
    clock.now += second
    const passed = Promise.withResolvers<undefined>()
    now.wait = passed.promise as unknown as Promise<void>
    const reading = sessions.read('a')
    now.found = null
    sessions.forget(key)
    passed.resolve(undefined)
    t.equal(await reading, null)
    now.found = record
    clock.now += second
  }
  await sessions.read('a')
  now.found = null
  sessions.readAnew('a')
  t.equal(await sessions.read('a'), null)
  t.equal(asked.filter((question) => question === 'find a').length, 6)
})

t.test('a change is believed as what it changes was: where somebody else was there as well, it is read again', async (t) => {
  const { asked, now, clock, sessions } = setUp()
  const seen = { ...record, lastSeenAt: 2 }
  await sessions.read('a')
  t.equal(await sessions.change('a', async () => seen), seen)
  clock.now += second
  t.equal(await sessions.read('a'), seen)
  now.version += 1
  await sessions.change('a', async () => seen)
  clock.now += second
  t.equal(await sessions.read('a'), record)
  t.same(asked, ['version', 'find a', 'version', 'version', 'find a'])
  await sessions.change('never read', async () => seen)
  clock.now += second
  t.equal(await sessions.read('never read'), record, 'nobody knows how old that is')
})

t.test('a store that does not answer is no reason to believe anything, and is asked again', async (t) => {
  const { now, clock, sessions } = setUp()
  await sessions.read('a')
  clock.now += second
  now.fails = true
  await t.rejects(sessions.read('a'), { message: 'no answer' })
  now.fails = false
  t.equal(await sessions.read('a'), record)
})

t.test('without a time to believe anything the store is read at each request, and asked nothing else', async (t) => {
  const { asked, sessions } = setUp(0)
  await sessions.read('a')
  await sessions.read('a')
  t.same(asked, ['find a', 'find a'])
})

t.test('SQLite tells of what other connections have changed, and not of what this one has', async (t) => {
  const file = join(temporaryFolder(t), 'accounts.sqlite')
  const here = await openTestDatabase(t, file)
  const there = await openTestDatabase(t, file)
  const clock = { now: 1_700_000_000_000 }
  const limits = { idleTimeout: 3_600_000, absoluteTimeout: 3_600_000, sessionCache: second }
  const finds: string[] = []
  const store = createSessionStore(here)
  const sessions = createSessions({ ...store, find: async (key) => { finds.push(key); return await store.find(key) } }, limits, { now: () => clock.now })
  const others = createSessions(createSessionStore(there), limits, { now: () => clock.now })
  await sessions.begin('one', ada, async () => true)
  await sessions.begin('two', ada, async () => true)
  await sessions.find('one')
  for (let turn = 0; turn < 5; turn++) {
    clock.now += second
    await sessions.begin(`more ${turn}`, ada, async () => true)
    t.ok(await sessions.find('one'))
  }
  t.equal(finds.length, 1, 'sign-ins of this process are no reason to read it again')

  await others.begin('three', ada, async () => true)
  t.ok(await sessions.find('one'))
  t.equal(finds.length, 1)
  clock.now += second
  t.ok(await sessions.find('one'))
  t.equal(finds.length, 2, 'another process was there')
  await others.end('one')
  clock.now += second
  t.equal(await sessions.find('one'), null)
})

t.test('a closed database says nothing about its version', async (t) => {
  const database = await openDatabase(':memory:')
  t.type(await database.version!(), 'number')
  await database.close()
  await t.rejects(database.version!(), { code: 'store_unavailable' })
})

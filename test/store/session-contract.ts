import t, { type Test } from 'tap'
import { keptRoles } from '../../src/session/session-user.ts'
import { createSessions, sessionKeyOf } from '../../src/session/sessions.ts'
import type { SessionRecord, SessionStore, SessionUser } from '../../src/session/types.ts'
import { until } from '../redis.ts'

/** A session store under test, and what is behind it. */
export interface SessionPlace {
  readonly store: SessionStore
  /** How many sessions are stored, whatever the store says about them. */
  readonly count: () => Promise<number>
  /** Writes the session `k1` of `u1` as somebody with access to the server would: with some columns changed. */
  readonly poison: (columns: Readonly<Record<string, unknown>>) => Promise<void>
  /** Takes the server away, and gives what brings it back. */
  readonly breakDown: () => Promise<() => Promise<unknown>>
}

const evidence = [{ kind: 'asserted', score: 20, sentence: 'The tenant says so.' }] as const

/** A user as a session has it. */
export const sessionUser: SessionUser = {
  id: 'u1',
  displayName: 'Ann',
  email: { address: 'ann@example.com', canonical: 'ann@example.com', source: 'email', score: 20, verified: false, evidence },
  identity: { tid: 't1', oid: 'o1' },
  roles: ['Editor']
}

/** A session of that user. */
export const sessionRecord: SessionRecord = { user: sessionUser, createdAt: 1_000, authenticatedAt: 1_001, lastSeenAt: 1_002, device: 'Firefox on Windows', microsoftSession: 'microsoft-1', loginHint: 'sealed', confirmedAt: 1_003 }

/** The columns of the session that {@link SessionPlace.poison} writes, unspoilt. */
export const sessionColumns: Readonly<Record<string, unknown>> = {
  user_id: 'u1', user: JSON.stringify(sessionUser), created_at: 1, authenticated_at: 1, last_seen_at: 1, expires_at: 99_000
}

/** Long after: a store may end sessions by a clock of its own, and a busy machine takes its time. */
const later = 99_000_000
const of = (id: string, changes: Partial<SessionRecord> = {}): SessionRecord => ({ ...sessionRecord, ...changes, user: { ...sessionUser, id } })

/** What every session store holds to. Tested with the real thing behind it. */
export function testSessionContract (name: string, options: { skip: string | false }, open: (t: Test) => Promise<SessionPlace>): void {
  const rule = (title: string, test: (t: Test, place: SessionPlace) => Promise<void>): void => {
    t.test(`${name}: ${title}`, options, async (t) => await test(t, await open(t)))
  }

  rule('a session is found as it was written', async (t, { store }) => {
    await store.create('k1', sessionRecord, later)
    t.same(await store.find('k1'), sessionRecord)
    const bare: SessionRecord = { ...sessionRecord, device: null, microsoftSession: null, loginHint: null, confirmedAt: null, user: { ...sessionUser, displayName: null, email: null } }
    await store.create('k2', bare, later)
    t.same(await store.find('k2'), bare)
    t.equal(await store.find('k3'), null)
  })

  rule('a key is used once', async (t, { store }) => {
    await store.create('k1', sessionRecord, later)
    await t.rejects(store.create('k1', of('u2'), later), { code: 'store_unavailable' })
    t.same(await store.find('k1'), sessionRecord)
  })

  rule('being seen is noted', async (t, { store }) => {
    await store.create('k1', sessionRecord, 5_000_000)
    t.equal(await store.touch('k1', 2_000, 6_000_000, 'u1'), true)
    t.same(await store.find('k1'), { ...sessionRecord, lastSeenAt: 2_000 })
    t.same(await store.listOf('u1', 6_000_000), [], 'it holds until the new end …')
    t.match(await store.listOf('u1', 5_999_999), [{ key: 'k1', lastSeenAt: 2_000 }], '… and not only until the old one')
  })

  rule('what Microsoft says anew is noted, and the rest stays', async (t, { store, count }) => {
    await store.create('k1', sessionRecord, 5_000_000)
    t.equal(await store.confirm('k1', { confirmedAt: 2_000 }), true)
    t.same(await store.find('k1'), { ...sessionRecord, confirmedAt: 2_000 })
    t.equal(await store.confirm('k1', { confirmedAt: 3_000, microsoftSession: 'microsoft-2', loginHint: 'sealed anew' }), true)
    t.same(await store.find('k1'), { ...sessionRecord, confirmedAt: 3_000, microsoftSession: 'microsoft-2', loginHint: 'sealed anew' })
    t.same(await store.listAt('microsoft-1'), [])
    t.match(await store.listAt('microsoft-2'), [{ key: 'k1' }])
    t.match(await store.listOf('u1', 4_999_999), [{ key: 'k1', confirmedAt: 3_000 }], 'it lives as long as before')
    t.same(await store.listOf('u1', 5_000_000), [])
    await store.end('k1')
    t.equal(await store.confirm('k1', { confirmedAt: 4_000, microsoftSession: 'microsoft-3' }), false, 'S07')
    t.equal(await count(), 0)
    t.same(await store.listAt('microsoft-3'), [])
  })

  rule('the sessions of a session at Microsoft are found, and no others', async (t, { store }) => {
    await store.create('k1', sessionRecord, later)
    await store.create('k2', of('u2'), later)
    await store.create('k3', of('u1', { microsoftSession: 'microsoft-2' }), later)
    await store.create('k4', of('u1', { microsoftSession: null }), later)
    const keysAt = async (name: string): Promise<string[]> => (await store.listAt(name)).map(({ key }) => key).sort()
    t.same(await keysAt('microsoft-1'), ['k1', 'k2'])
    t.same((await store.listAt('microsoft-2')), [{ ...of('u1', { microsoftSession: 'microsoft-2' }), key: 'k3' }])
    for (const name of ['', 'null', 'microsoft', '*', 'microsoft-1 ']) t.same(await keysAt(name), [], name)
    t.equal(await store.touch('k1', 2_000, later, 'u1', 'microsoft-1'), true)
    t.same(await keysAt('microsoft-1'), ['k1', 'k2'])
    await store.end('k1')
    t.same(await keysAt('microsoft-1'), ['k2'])
    await store.endAllOf('u2')
    t.same(await keysAt('microsoft-1'), [])
  })

  rule('an ended session never comes back (S07)', async (t, { store, count }) => {
    await store.create('k1', sessionRecord, later)
    await store.end('k1')
    t.equal(await store.touch('k1', 2_000, later, 'u1'), false)
    t.equal(await store.find('k1'), null)
    t.equal(await count(), 0)
    await store.end('k1')
    t.same(await store.listOf('u1', 0), [])
  })

  rule('a request in flight cannot bring a session back that ends meanwhile', async (t, { store, count }) => {
    for (let round = 0; round < 20; round++) {
      const key = `k${round}`
      await store.create(key, sessionRecord, later)
      const endings = [() => store.end(key), () => store.endAllOf('u1')]
      await Promise.all([store.touch(key, 2_000, later, 'u1'), endings[round % 2]!(), store.touch(key, 3_000, later, 'u1'), store.find(key)])
      t.equal(await store.touch(key, 4_000, later, 'u1'), false)
    }
    t.equal(await count(), 0)
  })

  rule('all sessions of a user end, but for one that may stay, and none of another user', async (t, { store }) => {
    for (const key of ['k1', 'k2', 'k3']) await store.create(key, sessionRecord, later)
    await store.create('other', of('u2'), later)
    const living = async (): Promise<boolean[]> => await Promise.all(['k1', 'k2', 'k3', 'other'].map(async (key) => await store.find(key) !== null))
    await store.endAllOf('u1', 'k2')
    t.same(await living(), [false, true, false, true])
    await store.endAllOf('u1', 'other')
    t.same(await living(), [false, false, false, true])
    await store.endAllOf('nobody')
    await store.create('k4', sessionRecord, later)
    t.match(await store.listOf('u1', 0), [{ key: 'k4' }], 'and who signs in again is in')
  })

  rule('a session that begins while all are ended is alive and found, or ended: none is lost', async (t, { store, count }) => {
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: 10 }, (_, index) => `k${round}-${index}`)
      await Promise.all([...keys.map(async (key) => await store.create(key, sessionRecord, later)), store.endAllOf('u1'), store.endAllOf('u1')])
      const listed = (await store.listOf('u1', 0)).map(({ key }) => key)
      t.equal(listed.length, await count(), 'each one that is there is in the list')
      await store.endAllOf('u1')
      t.equal(await count(), 0)
    }
  })

  rule('a user who is disabled during a sign-in is out, whichever comes first', async (t, { store, count }) => {
    const sessions = createSessions(store, { idleTimeout: 60_000, absoluteTimeout: 90_000, sessionCache: 0 }, { now: () => 1_000 })
    const disabled = sessions.begin('a', sessionUser, async () => false)
    await t.rejects(disabled, { code: 'account_disabled' })
    await sessions.begin('b', sessionUser, async () => {
      await store.endAllOf('u1')
      return true
    })
    t.equal(await sessions.find('b'), null, 'disabled just after the row was written and the user was read')
    t.equal(await count(), 0)
    await sessions.begin('c', sessionUser, async () => true)
    t.match(await sessions.find('c'), { user: { id: 'u1' } })
  })

  rule('the limits of time are those of our clock', async (t, { store }) => {
    const clock = { now: 0 }
    const sessions = createSessions(store, { idleTimeout: 120_000, absoluteTimeout: 300_000, sessionCache: 0 }, { now: () => clock.now })
    await sessions.begin('idle', sessionUser, async () => true)
    await sessions.begin('busy', sessionUser, async () => true)
    for (const now of [100_000, 119_999]) {
      clock.now = now
      t.not(await sessions.find('busy'), null)
    }
    clock.now = 120_000
    t.equal(await sessions.find('idle'), null, 'two minutes without a request')
    for (const now of [200_000, 299_999]) {
      clock.now = now
      t.not(await sessions.find('busy'), null)
    }
    clock.now = 300_000
    t.equal(await sessions.find('busy'), null, 'and the end in any case')
  })

  rule('a list has what has not expired, newest first', async (t, { store }) => {
    await store.create('b', of('u1', { createdAt: 3_000 }), 10_000_000)
    await store.create('c', of('u1', { createdAt: 1_000 }), 10_000_001)
    await store.create('a', of('u1', { createdAt: 3_000 }), 10_000_002)
    await store.create('d', of('u2'), 10_000_002)
    t.same((await store.listOf('u1', 9_999_999)).map(({ key }) => key), ['a', 'b', 'c'])
    t.same(await store.listOf('u1', 10_000_001), [{ ...of('u1', { createdAt: 3_000 }), key: 'a' }])
    t.same(await store.listOf('nobody', 0), [])
  })

  rule('what has expired goes without a job of one\'s own', async (t, { store, count }) => {
    await store.create('k1', sessionRecord, sessionRecord.lastSeenAt + 1)
    await store.create('k2', sessionRecord, sessionRecord.lastSeenAt + 3_600_000)
    await until(async () => {
      await store.sweep(sessionRecord.lastSeenAt + 2, 10)
      return await count() === 1
    })
    t.equal(await store.find('k1'), null)
    t.not(await store.find('k2'), null)
  })

  rule('a poisoned session is nobody\'s, and goes (S16)', async (t, { store, count, poison }) => {
    const texts = [
      '', '{', 'null', '[]', '5', '{"save":1,"destroy":1}', '{"__proto__":{"id":"u1"}}', 'x'.repeat(10_000_000),
      `{"padding":"${'x'.repeat(8_192)}",${JSON.stringify(sessionUser).slice(1)}`, '['.repeat(8_000),
      ...[
        { id: 5 }, { id: undefined }, { displayName: {} }, { email: 'x' }, { email: undefined }, { email: { ...sessionUser.email, score: 'x' } },
        { identity: null }, { identity: { tid: 't1' } }, { identity: { oid: 'o1' } }, { roles: 'Editor' }, { roles: null }, { roles: {} }, { roles: ['Editor', 5] }, { roles: [['Editor']] }
      ].map((change) => JSON.stringify({ ...sessionUser, ...change }))
    ]
    for (const text of texts) {
      await poison({ user: text })
      t.same(await store.listOf('u1', 0), [])
      t.equal(await store.find('k1'), null, text.slice(0, 60))
      t.equal(await count(), 0)
    }
    for (const confirmed of [-1, 1.5]) {
      // A database whose checks refuse the row is as good as a store that does not believe it.
      await poison({ confirmed_at: confirmed }).catch(() => {})
      t.equal(await store.find('k1'), null, `confirmed at ${confirmed}`)
      t.equal(await count(), 0)
    }
    await poison({ user_id: 'u2' })
    t.equal(await store.find('k1'), null, 'the row of one user with the record of another')
    t.equal(await count(), 0)

    await poison({})
    t.same(await store.find('k1'), { user: sessionUser, createdAt: 1, authenticatedAt: 1, lastSeenAt: 1, device: null, microsoftSession: null, loginHint: null, confirmedAt: null }, 'the same row unspoilt, as it was written before anything of Microsoft was kept')
  })

  rule('a session that was written before there were roles has none', async (t, { store, poison }) => {
    const { roles: _roles, ...before } = sessionUser
    await poison({ user: JSON.stringify(before) })
    t.same((await store.find('k1'))!.user, { ...before, roles: [] })
  })

  rule('nothing of a poisoned record is taken over but what a record has', async (t, { store, poison }) => {
    await poison({ user: `{"__proto__":{"isAdmin":true},"destroy":1,"groups":["admin"],${JSON.stringify(sessionUser).slice(1)}` })
    const found = (await store.find('k1'))!
    t.same(Object.keys(found.user), ['id', 'displayName', 'email', 'identity', 'roles'])
    t.equal((found.user as { isAdmin?: unknown }).isAdmin, undefined)
  })

  rule('a huge profile is cut, and its user signs in (S15)', async (t, { store }) => {
    const longText = '\u{1f600}'.repeat(50_000)
    const strongest = { kind: 'domain_owner_verified', score: 90, sentence: longText } as const
    const huge: SessionUser = { ...sessionUser, displayName: longText, email: { ...sessionUser.email!, evidence: [strongest, ...Array(200).fill(evidence[0])] } }
    await store.create('k1', { ...sessionRecord, user: huge }, later)
    const found = (await store.find('k1'))!.user
    t.match(found, { id: 'u1', identity: sessionUser.identity, email: { canonical: 'ann@example.com', score: 20, verified: false } })
    t.equal(found.displayName!.length, 201)
    t.equal(found.email!.evidence.length, 4)
    t.match(found.email!.evidence[0], { kind: 'domain_owner_verified', score: 90 })

    const long: SessionUser = { ...sessionUser, displayName: null, email: { ...sessionUser.email!, evidence: Array(500).fill(evidence[0]) } }
    await store.create('k2', { ...sessionRecord, user: long }, later)
    t.same((await store.find('k2'))!.user, { ...long, email: { ...long.email, evidence: Array(4).fill(evidence[0]) } })
    const roles = Array.from({ length: 33 }, (_, index) => String(index).padEnd(120, 'x'))
    t.same(keptRoles(roles), roles, 'about as many as a session keeps')
    await store.create('k4', { ...sessionRecord, user: { ...huge, roles } }, later)
    t.same((await store.find('k4'))!.user.roles, roles, 'rights are never cut')
    await store.create('k3', { ...sessionRecord, user: { ...huge, email: null } }, later)
    t.equal((await store.find('k3'))!.user.email, null)
  })

  rule('what is too long even so is refused before it is written', async (t, { store, count }) => {
    await t.rejects(store.create('k1', of('u'.repeat(9_000)), later), { code: 'server_error', detail: { reason: 'session_too_large' } })
    t.equal(await count(), 0)
  })

  rule('an outage is store_unavailable, and heals by itself (S18)', async (t, { store, breakDown }) => {
    const key = sessionKeyOf('x')
    await store.create(key, sessionRecord, later)
    const mend = await breakDown()
    const down = { code: 'store_unavailable', statusCode: 503 }
    await t.rejects(store.find(key), down)
    await t.rejects(store.touch(key, 2_000, later, 'u1'), down)
    await t.rejects(store.create('k2', sessionRecord, later), down)
    await t.rejects(store.end(key), down)
    await t.rejects(store.endAllOf('u1'), down)
    await t.rejects(store.listOf('u1', 0), down)
    await t.rejects(store.listAt('microsoft-1'), down)
    await t.rejects(store.confirm(key, { confirmedAt: 2_000 }), down)
    await mend()
    await until(async () => await store.find(key).then((found) => found !== null, () => false))
    t.same(await store.find(key), sessionRecord)
  })
}

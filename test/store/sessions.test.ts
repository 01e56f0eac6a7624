import { sql } from 'kysely'
import t from 'tap'
import type { SessionRecord, SessionUser } from '../../src/session/types.ts'
import type { Database } from '../../src/store/open.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { count, dump, openTestDatabase } from './database.ts'

const evidence = [{ kind: 'asserted', score: 20, sentence: 'The tenant says so.' }] as const
const user: SessionUser = {
  id: 'u1',
  displayName: 'Ann',
  email: { address: 'ann@example.com', canonical: 'ann@example.com', source: 'email', score: 20, verified: false, evidence },
  identity: { tid: 't1', oid: 'o1' }
}
const record: SessionRecord = { user, createdAt: 1_000, authenticatedAt: 1_001, lastSeenAt: 1_002, device: 'Firefox on Windows' }
const of = (id: string): SessionRecord => ({ ...record, user: { ...user, id } })

t.test('a session is found as it was written', async (t) => {
  const store = createSessionStore(await openTestDatabase(t))
  await store.create('k1', record, 5_000)
  t.same(await store.find('k1'), record)
  const bare: SessionRecord = { ...record, user: { ...user, displayName: null, email: null } }
  await store.create('k2', bare, 5_000)
  t.same(await store.find('k2'), bare)
  t.equal(await store.find('k3'), null)
})

t.test('a key is used once', async (t) => {
  const store = createSessionStore(await openTestDatabase(t))
  await store.create('k1', record, 5_000)
  await t.rejects(store.create('k1', of('u2'), 5_000), { code: 'store_unavailable' })
  t.same(await store.find('k1'), record)
})

t.test('being seen is noted', async (t) => {
  const database = await openTestDatabase(t)
  const store = createSessionStore(database)
  await store.create('k1', record, 5_000)
  t.equal(await store.touch('k1', 2_000, 6_000), true)
  t.same(await store.find('k1'), { ...record, lastSeenAt: 2_000 })
  t.match((await dump(database)).sessions, [{ expires_at: 6_000 }])
})

t.test('an ended session never comes back (S07)', async (t) => {
  const database = await openTestDatabase(t)
  const store = createSessionStore(database)
  await store.create('k1', record, 5_000)
  await store.end('k1')
  t.equal(await store.touch('k1', 2_000, 6_000), false)
  t.equal(await store.find('k1'), null)
  t.equal(await count(database, 'sessions'), 0)
  await store.end('k1')
})

t.test('all sessions of a user end, and none of another user', async (t) => {
  const store = createSessionStore(await openTestDatabase(t))
  for (const key of ['k1', 'k2', 'k3']) await store.create(key, record, 5_000)
  await store.create('other', of('u2'), 5_000)
  const living = async () => (await Promise.all(['k1', 'k2', 'k3', 'other'].map(async (key) => await store.find(key) !== null)))
  await store.endAllOf('u1')
  t.same(await living(), [false, false, false, true])
})

t.test('expired sessions are swept, the oldest first and some at a time', async (t) => {
  const store = createSessionStore(await openTestDatabase(t))
  for (const [key, expiresAt] of [['k3', 300], ['k1', 100], ['k2', 200], ['k4', 400]] as const) await store.create(key, record, expiresAt)
  t.equal(await store.sweep(400, 2), 2)
  t.equal(await store.find('k2'), null)
  t.not(await store.find('k3'), null)
  t.equal(await store.sweep(400, 2), 1)
  t.not(await store.find('k4'), null, 'it holds to the end of its last millisecond')
})

/** Writes a row as somebody with access to the file would. */
async function poison (database: Database, changes: Record<string, unknown>): Promise<void> {
  const row = { key: 'k1', user_id: 'u1', user: JSON.stringify(user), created_at: 1, authenticated_at: 1, last_seen_at: 1, expires_at: 9, ...changes }
  await database.run((db) => db.insertInto('sessions').values(row as never).execute())
}

t.test('a poisoned row is nobody\'s session, and goes (S16)', async (t) => {
  const database = await openTestDatabase(t)
  const store = createSessionStore(database)
  const texts = [
    '', '{', 'null', '[]', '5', '{"save":1,"destroy":1}', '{"__proto__":{"id":"u1"}}', 'x'.repeat(10_000_000),
    `{"padding":"${'x'.repeat(8_192)}",${JSON.stringify(user).slice(1)}`, '['.repeat(8_000),
    ...[{ id: 5 }, { id: undefined }, { displayName: {} }, { email: 'x' }, { email: undefined }, { email: { ...user.email, score: 'x' } }, { identity: null }, { identity: { tid: 't1' } }, { identity: { oid: 'o1' } }].map((change) => JSON.stringify({ ...user, ...change }))
  ]
  for (const text of texts) {
    await poison(database, { user: text })
    t.equal(await store.find('k1'), null, text.slice(0, 60))
    t.equal(await count(database, 'sessions'), 0)
  }
  await poison(database, { user: Buffer.from(JSON.stringify(user)) })
  t.equal(await store.find('k1'), null, 'no text at all')
  await poison(database, { last_seen_at: 1.5 })
  t.equal(await store.find('k1'), null, 'half a millisecond')
  await poison(database, { user_id: 'u2' })
  t.equal(await store.find('k1'), null, 'the row of one user with the record of another')

  await poison(database, {})
  t.same(await store.find('k1'), { user, createdAt: 1, authenticatedAt: 1, lastSeenAt: 1, device: null }, 'the same row unspoilt')
})

t.test('what is no safe integer cannot be written as a time', async (t) => {
  const database = await openTestDatabase(t)
  for (const column of ['created_at', 'authenticated_at', 'last_seen_at', 'expires_at']) {
    for (const value of [2n ** 60n, -1, 'soon']) await t.rejects(poison(database, { [column]: value }), { code: 'store_unavailable', detail: { reason: 'SQLITE_CONSTRAINT' } })
  }
  await poison(database, {})
  await t.rejects(database.run((db) => sql`update sessions set created_at = 9007199254740992`.execute(db)), { code: 'store_unavailable' })
})

t.test('nothing of a poisoned record is taken over but what a record has', async (t) => {
  const database = await openTestDatabase(t)
  await poison(database, { user: `{"__proto__":{"isAdmin":true},"destroy":1,"roles":["admin"],${JSON.stringify(user).slice(1)}` })
  const found = (await createSessionStore(database).find('k1'))!
  t.same(Object.keys(found.user), ['id', 'displayName', 'email', 'identity'])
  t.equal((found.user as { isAdmin?: unknown }).isAdmin, undefined)
})

t.test('a huge profile is cut, and its user signs in (S15)', async (t) => {
  const store = createSessionStore(await openTestDatabase(t))
  const longText = '\u{1f600}'.repeat(50_000)
  const strongest = { kind: 'domain_owner_verified', score: 90, sentence: longText } as const
  const huge: SessionUser = { ...user, displayName: longText, email: { ...user.email!, evidence: [strongest, ...Array(200).fill(evidence[0])] } }
  await store.create('k1', { ...record, user: huge }, 5_000)
  const found = (await store.find('k1'))!.user
  t.match(found, { id: 'u1', identity: user.identity, email: { canonical: 'ann@example.com', score: 20, verified: false } })
  t.equal(found.displayName!.length, 201)
  t.equal(found.email!.evidence.length, 4)
  t.match(found.email!.evidence[0], { kind: 'domain_owner_verified', score: 90 })

  const long: SessionUser = { ...user, displayName: null, email: { ...user.email!, evidence: Array(500).fill(evidence[0]) } }
  await store.create('k2', { ...record, user: long }, 5_000)
  t.same((await store.find('k2'))!.user, { ...long, email: { ...long.email, evidence: Array(4).fill(evidence[0]) } })
  await store.create('k3', { ...record, user: { ...huge, email: null } }, 5_000)
  t.equal((await store.find('k3'))!.user.email, null)
})

t.test('what is too long even so is refused before it is written', async (t) => {
  const database = await openTestDatabase(t)
  await t.rejects(createSessionStore(database).create('k1', of('u'.repeat(9_000)), 5_000), { code: 'server_error', detail: { reason: 'session_too_large' } })
  t.equal(await count(database, 'sessions'), 0)
})

import { sql } from 'kysely'
import t from 'tap'
import { createSessionStore } from '../../src/store/sessions.ts'
import { count, dump, openTestDatabase } from './database.ts'
import { databasePlace, poisonRow } from './database-sessions.ts'
import { sessionRecord, sessionUser, testSessionContract } from './session-contract.ts'

testSessionContract('SQLite', { skip: false }, async (t) => databasePlace(await openTestDatabase(t)))

t.test('expired sessions are swept, the oldest first and some at a time', async (t) => {
  const store = createSessionStore(await openTestDatabase(t))
  for (const [key, expiresAt] of [['k3', 300], ['k1', 100], ['k2', 200], ['k4', 400]] as const) await store.create(key, sessionRecord, expiresAt)
  t.equal(await store.sweep(400, 2), 2)
  t.equal(await store.find('k2'), null)
  t.not(await store.find('k3'), null)
  t.equal(await store.sweep(400, 2), 1)
  t.not(await store.find('k4'), null, 'it holds to the end of its last millisecond')
})

t.test('a touch moves the end of the row', async (t) => {
  const database = await openTestDatabase(t)
  const store = createSessionStore(database)
  await store.create('k1', sessionRecord, 5_000)
  await store.touch('k1', 2_000, 6_000, 'u1')
  t.match((await dump(database)).sessions, [{ expires_at: 6_000 }])
})

t.test('columns of another type are nobody\'s session', async (t) => {
  const database = await openTestDatabase(t)
  const store = createSessionStore(database)
  await poisonRow(database, { user: Buffer.from(JSON.stringify(sessionUser)) })
  t.equal(await store.find('k1'), null, 'no text at all')
  await poisonRow(database, { last_seen_at: 1.5 })
  t.equal(await store.find('k1'), null, 'half a millisecond')
  for (const column of ['microsoft_session', 'login_hint']) {
    await poisonRow(database, { [column]: Buffer.from('x') })
    t.equal(await store.find('k1'), null, column)
  }
  t.equal(await count(database, 'sessions'), 0)
})

t.test('what is no safe integer cannot be written as a time', async (t) => {
  const database = await openTestDatabase(t)
  for (const column of ['created_at', 'authenticated_at', 'last_seen_at', 'expires_at']) {
    for (const value of [2n ** 60n, -1, 'soon']) await t.rejects(poisonRow(database, { [column]: value }), { code: 'store_unavailable', detail: { reason: 'SQLITE_CONSTRAINT' } })
  }
  await poisonRow(database, {})
  await t.rejects(database.run((db) => sql`update sessions set created_at = 9007199254740992`.execute(db)), { code: 'store_unavailable' })
})

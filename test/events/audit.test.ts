import { createHmac } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import type { AuthEvent } from '../../src/core/events.ts'
import { type AuditTrail, createAudit } from '../../src/events/audit.ts'
import type { AuditStore } from '../../src/events/types.ts'
import { createAuditStore } from '../../src/store/audit.ts'
import { seededBytes } from '../random.ts'
import { count, openTestDatabase } from '../store/database.ts'
import { type Engine, rule } from '../store/engines.ts'

const key = Buffer.alloc(32, 1)
const day = 86_400_000
const start = Date.UTC(2026, 0, 1)

const event = (parts: Partial<AuthEvent> = {}): AuthEvent => ({
  type: 'signed_in', at: start, userId: 'u', identity: { tid: 't', oid: 'o' }, address: 'ann@example.com', evidence: [{ kind: 'upn', score: 50 }], row: 'B2', code: null, reason: null, requestId: 'req-1', ...parts
})

interface Setting { readonly audit: AuditTrail, readonly clock: { now: number }, readonly count: () => Promise<number> }

async function setUp (t: Pick<Test, 'teardown'>, engine: Engine, addressKey: Buffer | null = key, retention = 180 * day): Promise<Setting> {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const clock = { now: start }
  const environment = { now: () => clock.now, randomBytes: seededBytes('audit') }
  return { audit: createAudit({ store: createAuditStore(database), environment, addressKey, retention }), clock, count: async () => await count(database, 'audit') }
}

rule('an entry says who, what, when, by which evidence and with what outcome', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  await audit.record([event(), event({ type: 'refused', code: 'email_in_use', reason: 'linking_D2', row: 'D2' })])
  const [refused, signedIn] = await audit.list()
  t.match(signedIn, { ...event(), id: /^[0-9a-f]{32}$/, address: createHmac('sha256', key).update('ann@example.com').digest('base64url') })
  t.match(refused, { type: 'refused', code: 'email_in_use', reason: 'linking_D2', row: 'D2' })
})

rule('an address is kept as a keyed hash: the same for the same address, another under another key', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  await audit.record([event(), event(), event({ address: 'bob@example.com' }), event({ address: null })])
  const [none, bob, ann, again] = (await audit.list()).map(({ address }) => address)
  t.equal(none, null)
  t.equal(ann, again)
  t.not(ann, bob)
  t.match(ann, /^[\w-]{43}$/)
  const other = await setUp(t, engine, Buffer.alloc(32, 2))
  await other.audit.record([event()])
  t.not((await other.audit.list())[0]!.address, ann)
  const open = await setUp(t, engine, null)
  await open.audit.record([event()])
  t.equal((await open.audit.list())[0]!.address, 'ann@example.com', 'as it is, where the operator asked for that')
})

rule('a flood of refusals that name nobody fills nothing', async (t, engine) => {
  const { audit, count } = await setUp(t, engine)
  const anonymous = { type: 'refused' as const, identity: null, userId: null }
  await audit.record([event({ ...anonymous, code: 'invalid_state' })])
  for (const type of ['refused', 'code_refused'] as const) {
    for (const code of ['too_many_requests', 'otp_locked']) await audit.record([event({ type, code })])
  }
  t.equal(await count(), 0)
  await audit.record([event({ ...anonymous, code: 'invalid_state' }), event({ type: 'refused', identity: null, code: 'cross_site_request' }), event({ type: 'refused', userId: null, code: 'email_in_use' }), event({ type: 'code_refused', code: 'otp_invalid' })])
  t.equal(await count(), 3, 'the positive control: who has a session, or was verified by Microsoft')
})

rule('a request id that somebody else chose is cut', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  await audit.record([event({ requestId: 'x'.repeat(10_000) }), event({ requestId: null })])
  t.same((await audit.list()).map(({ requestId }) => requestId?.length), [undefined, 100])
})

rule('lists are newest first, also within a millisecond, and can be narrowed and turned page by page', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  for (let number = 0; number < 3; number++) {
    await audit.record([event({ userId: `u${number % 2}`, reason: `${number}a` }), event({ type: 'signed_out', userId: 'u0', reason: `${number}b` })])
  }
  await audit.record([event({ at: start + 5, reason: 'later' })])
  const reasons = async (query: Parameters<AuditTrail['list']>[0]) => (await audit.list(query)).map(({ reason }) => reason)
  t.same(await reasons({}), ['later', '2b', '2a', '1b', '1a', '0b', '0a'])
  t.same(await reasons({ userId: 'u1' }), ['1a'])
  t.same(await reasons({ type: 'signed_out' }), ['2b', '1b', '0b'])
  t.same(await reasons({ userId: 'u0', type: 'signed_in' }), ['2a', '0a'])
  t.same(await reasons({ userId: 'nobody' }), [])
  const pages: unknown[] = []
  let before: string | undefined
  do {
    const page = await audit.list({ limit: 3, before })
    pages.push(page.map(({ reason }) => reason))
    before = page.at(-1)?.id
  } while (before !== undefined)
  t.same(pages, [['later', '2b', '2a'], ['1b', '1a', '0b'], ['0a'], []])
  t.equal((await reasons({ before: start + 5 })).length, 6, 'a time shows what was before it')
  t.same(await reasons({ before: start }), [])
})

rule('a query that is wrong is refused', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  for (const query of [{ limit: 0 }, { limit: 1_001 }, { limit: 1.5 }, { before: 'x' }, { before: -1 }, { before: {} }, { userId: 5 }, { type: {} }]) {
    await t.rejects(audit.list(query as never), { code: 'invalid_request', detail: { reason: 'wrong_audit_query' } }, JSON.stringify(query))
  }
  for (const nobody of [undefined, 5]) await t.rejects(audit.export(nobody as never), { code: 'invalid_request' }, 'and never is everything exported')
  await t.rejects(audit.anonymise(undefined as never), { code: 'invalid_request' })
})

rule('an export has all of a user, however much it is', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  for (let batch = 0; batch < 3; batch++) await audit.record(Array.from({ length: 400 }, (_, number) => event({ userId: number % 4 === 0 ? 'other' : 'u', reason: `${batch}-${number}` })))
  await audit.record(Array.from({ length: 100 }, () => event()))
  const all = await audit.export('u')
  t.equal(all.length, 1_000)
  t.equal(new Set(all.map(({ id }) => id)).size, 1_000)
  t.ok(all.every(({ userId }) => userId === 'u'))
  t.equal((await audit.export('other')).length, 300)
})

rule('who is deleted is forgotten: what was done stays, without identity and address', async (t, engine) => {
  const { audit } = await setUp(t, engine)
  await audit.record([event({ type: 'refused', userId: null, code: 'signup_disabled', reason: 'before' }), event({ reason: 'in' })])
  await audit.record([event({ userId: 'other', identity: { tid: 't', oid: 'other' }, reason: 'other' })])
  await audit.record([event({ type: 'refused', userId: null, identity: { tid: 't', oid: 'stranger' }, reason: 'stranger' })])
  await audit.record([event({ type: 'user_deleted', identity: null, address: null, reason: 'deleted' })])
  const entries = Object.fromEntries((await audit.list()).map(({ reason, userId, identity, address }) => [reason, { userId, identity, address: address === null ? null : 'kept' }]))
  t.same(entries, {
    before: { userId: null, identity: null, address: null },
    in: { userId: 'u', identity: null, address: null },
    deleted: { userId: 'u', identity: null, address: null },
    other: { userId: 'other', identity: { tid: 't', oid: 'other' }, address: 'kept' },
    stranger: { userId: null, identity: { tid: 't', oid: 'stranger' }, address: 'kept' }
  })
  await audit.record([event({ type: 'user_deleted', userId: null })])
  t.equal((await audit.list({ userId: 'other' }))[0]!.identity!.oid, 'other', 'an event that names nobody forgets nobody')
  await audit.anonymise('other')
  t.equal((await audit.list({ userId: 'other' }))[0]!.identity, null, 'and by hand')
})

rule('entries go when their time is over, a few at a time, as others come', async (t, engine) => {
  const { audit, clock, count } = await setUp(t, engine, key, 30 * day)
  await audit.record(Array.from({ length: 300 }, () => event()))
  clock.now = start + 30 * day
  for (let write = 0; write < 16; write++) await audit.record([event({ at: clock.now })])
  t.equal(await count(), 316, 'not before')
  clock.now += 1
  for (let write = 0; write < 16; write++) await audit.record([event({ at: clock.now })])
  t.equal(await count(), 332 - 200, 'at most 200 with 16 writes')
  for (let write = 0; write < 16; write++) await audit.record([event({ at: clock.now })])
  t.equal(await count(), 48)
  t.equal((await audit.list({ before: start + 1 })).length, 0)
})

t.test('old entries that cannot be removed hinder nobody; new ones that cannot be written do', async (t) => {
  const failing = (name: keyof AuditStore): AuditStore => ({ add: async () => {}, list: async () => [], sweep: async () => {}, [name]: async () => await Promise.reject(new Error(name)) })
  const environment = { now: () => start, randomBytes: seededBytes('audit') }
  const parts = { environment, addressKey: key, retention: day }
  await createAudit({ ...parts, store: failing('sweep') }).record([event()])
  await t.rejects(createAudit({ ...parts, store: failing('add') }).record([event()]), { message: 'add' })
})

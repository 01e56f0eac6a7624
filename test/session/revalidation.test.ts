import t from 'tap'
import type { EntraError } from '../../src/core/errors.ts'
import { refuse } from '../../src/core/errors.ts'
import { confirmationFailureOf } from '../../src/session/confirmation-failure.ts'
import { type AccountAnswer, createRevalidation, type RevalidationParts } from '../../src/session/revalidation.ts'
import type { SessionRecord } from '../../src/session/types.ts'

const hour = 3_600_000
const minute = 60_000
const start = 1_700_000_000_000
const user = { id: 'ada', displayName: null, email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
const record: SessionRecord = { user, createdAt: start, authenticatedAt: start, lastSeenAt: start, device: null, microsoftSession: null, loginHint: null, confirmedAt: start }

function setUp (parts: Partial<RevalidationParts> = {}) {
  const clock = { now: start }
  const did: string[] = []
  const answer: { now: AccountAnswer | Error } = { now: 'confirmed' }
  const alive = { now: true }
  const revalidation = createRevalidation({
    every: hour,
    sessions: {
      confirm: async (id, { confirmedAt }) => { did.push(`confirm ${id} ${confirmedAt - start}`); return alive.now },
      endAllBy: async ({ id }) => { did.push(`end all of ${id}`) }
    },
    confirmAccount: () => async ({ id, identity }) => {
      did.push(`ask about ${id} ${identity.tid}/${identity.oid}`)
      if (answer.now instanceof Error) throw answer.now
      return answer.now
    },
    canAskPerson: true,
    onGone: async ({ id }) => { did.push(`gone ${id}`) },
    environment: { now: () => clock.now },
    ...parts
  })
  return { clock, did, answer, alive, ...revalidation }
}

t.test('a confirmation is good for as long as the option says, and not a millisecond longer', async (t) => {
  const { clock, standingOf } = setUp()
  const at = (age: number): string => { clock.now = start + age; return standingOf(record) }
  t.same([at(0), at(hour), at(hour + 1), at(2 * hour), at(2 * hour + 1)], ['good', 'good', 'due', 'due', 'overdue'])
  t.same([at(-hour), at(-hour - 1), at(-2 * hour - 1)], ['good', 'due', 'overdue'], 'a clock that was set back makes none good for ever (D22)')
  clock.now = start + hour + 1
  t.equal(standingOf({ ...record, confirmedAt: null }), 'due', 'a session of before counts from its sign-in')
})

t.test('nobody is asked while the confirmation is good', async (t) => {
  const { check, did } = setUp()
  t.equal(await check('id', record), 'yes')
  t.same(did, [])
})

t.test('of many requests at once one asks, and one writes', async (t) => {
  const { check, did, clock } = setUp()
  clock.now = start + hour + 1
  const verdicts = await Promise.all(Array.from({ length: 20 }, async () => await check('id', record)))
  t.ok(verdicts.every((verdict) => verdict === 'yes'))
  t.same(did, ['ask about ada t/o', `confirm id ${hour + 1}`])
  t.equal(await check('id', record), 'yes')
  t.equal(did.length, 2, 'and one that had read the session before does not ask again')
  clock.now += hour + 1
  await check('id', record)
  t.equal(did.length, 4)
})

t.test('a session that ends while Microsoft is asked does not go on', async (t) => {
  const { check, clock, alive } = setUp()
  clock.now = start + hour + 1
  alive.now = false
  t.equal(await check('id', record), 'over')
})

t.test('an account that is gone loses all its sessions, and somebody is told, once', async (t) => {
  const { check, did, clock, answer } = setUp()
  clock.now = start + hour + 1
  answer.now = 'gone'
  t.same(await Promise.all([check('id', record), check('id', record)]), ['over', 'over'])
  t.same(did, ['ask about ada t/o', 'end all of ada', 'gone ada'])
})

t.test('while Microsoft cannot be asked a session goes on for once more that long, and is asked about once a minute', async (t) => {
  for (const unknown of ['unknown', new Error('broken')] as const) {
    const { check, did, clock, answer } = setUp()
    answer.now = unknown
    clock.now = start + hour + 1
    t.equal(await check('id', record), 'yes')
    t.equal(await check('id', record), 'yes')
    t.equal(did.length, 1)
    clock.now += minute
    t.equal(await check('id', record), 'yes')
    t.equal(did.length, 2)
    clock.now = start + 2 * hour
    t.equal(await check('id', record), 'yes', 'to the end of the grace')
    clock.now += 1
    t.equal(await check('id', record), 'ask', 'and then no longer')
    clock.now += minute
    t.equal(await check('id', record), 'ask')
    answer.now = 'confirmed'
    clock.now += minute
    t.equal(await check('id', record), 'yes', 'until it is back')
  }
})

t.test('where nothing can ask without the person, their browser does, and for a minute is not asked again', async (t) => {
  for (const confirmAccount of [() => null, () => async () => 'cannot_ask' as const]) {
    const { check, clock, noteAsked } = setUp({ confirmAccount })
    clock.now = start + hour + 1
    t.equal(await check('id', record), 'ask')
    t.equal(await check('id', record), 'ask', 'as long as nobody was sent')
    noteAsked('id')
    t.equal(await check('id', record), 'yes')
    t.equal(await check('other', record), 'ask')
    clock.now += minute
    t.equal(await check('id', record), 'ask')
    clock.now = start + 2 * hour + 1
    noteAsked('id')
    t.equal(await check('id', record), 'ask', 'but not after the grace')
  }
})

t.test('where sign-ins are switched off sessions live on', async (t) => {
  const { check, clock } = setUp({ confirmAccount: () => null, canAskPerson: false })
  clock.now = start + 100 * hour
  t.equal(await check('id', record), 'yes')
})

t.test('a store that fails is the request\'s failure, and no session', async (t) => {
  const { check, clock } = setUp({ sessions: { confirm: async () => { throw refuse('store_unavailable', 'down') }, endAllBy: async () => {} } })
  clock.now = start + hour + 1
  await t.rejects(check('id', record), { code: 'store_unavailable' })
  await t.rejects(check('id', record), { code: 'store_unavailable' }, 'and the next one asks again')
})

t.test('what is remembered is bounded', async (t) => {
  const { check, clock, noteAsked } = setUp({ confirmAccount: () => null })
  clock.now = start + hour + 1
  for (let index = 0; index <= 10_000; index++) noteAsked(`id${index}`)
  t.equal(await check('id0', record), 'ask')
  t.equal(await check('id1', record), 'yes')
})

t.test('what a failed silent sign-in says about the account', async (t) => {
  const of = (code: Parameters<typeof refuse>[0], reason = 'x', aadsts?: number): EntraError => refuse(code, { reason, aadsts })
  t.same([
    of('interaction_required', 'authorization_login_required'), of('access_denied'), of('provider_unavailable'), of('provider_timeout'), of('provider_error'),
    of('session_mismatch'), of('store_unavailable'), of('invalid_state'), of('tenant_not_allowed'), of('account_disabled'), of('invalid_token')
  ].map(confirmationFailureOf), [
    'asks', 'asks', 'unknown', 'unknown', 'unknown', 'changed', 'silent', 'silent', 'refused', 'refused', 'refused'
  ])
  for (const number of [50020, 50034, 50057, 50105, 50173]) {
    t.equal(confirmationFailureOf(of('invalid_state', 'token_invalid_grant', number)), 'gone')
    t.equal(confirmationFailureOf(of('provider_error', 'authorization_error', number)), 'asks', 'a browser can say so as well: it is believed about its own session')
  }
  t.equal(confirmationFailureOf(of('invalid_state', 'token_invalid_grant', 700082)), 'silent')
})

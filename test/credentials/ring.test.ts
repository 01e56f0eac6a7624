import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { withCredentials } from '../../src/credentials/fall-over.ts'
import { failureOf, unusableCredential } from '../../src/credentials/refused.ts'
import { createCredentialRing, restTime } from '../../src/credentials/ring.ts'
import type { ClientCredential } from '../../src/credentials/types.ts'

const day = 86_400_000
const start = Date.UTC(2026, 10, 22)

function credential (name: string, dates: Partial<ClientCredential> = {}): ClientCredential {
  return { name, kind: 'secret', notBefore: null, expiresAt: null, authenticate: async () => ({ client_secret: name }), ...dates }
}

/** A ring, its clock, what it told, and a token endpoint that takes the credentials of a set. */
function setUp (...credentials: ClientCredential[]) {
  const clock = { now: start }
  const told: string[] = []
  const sent: string[] = []
  const good = new Set(credentials.map(({ name }) => name))
  const ring = createCredentialRing(credentials, { now: () => clock.now }, {
    failed: (name, { aadsts, reason }) => told.push(`${name} failed ${aadsts ?? reason}`),
    recovered: (name) => told.push(`${name} works`),
    exhausted: () => told.push('exhausted')
  })
  const exchange = async (): Promise<string> => await withCredentials(ring, async ({ client_secret: secret }) => {
    sent.push(secret!)
    await Promise.resolve()
    if (!good.has(secret!)) throw refuse('provider_error', { reason: 'token_invalid_client', aadsts: 7000222 })
    return secret!
  })
  const states = (): string[] => ring.summaries().map(({ state }) => state)
  return { clock, told, sent, good, ring, exchange, states }
}

t.test('the first credential that is good is used, and no other is sent', async (t) => {
  const { exchange, sent, told } = setUp(credential('a'), credential('b'))
  t.equal(await exchange(), 'a')
  t.strictSame([sent, told], [['a'], []])
})

t.test('where Microsoft refuses the first one the next is tried at once, and is used from then on', async (t) => {
  const { exchange, sent, told, good, states } = setUp(credential('a'), credential('b'), credential('c'))
  good.delete('a')
  t.equal(await exchange(), 'b')
  t.equal(await exchange(), 'b')
  t.strictSame([sent, told], [['a', 'b', 'b'], ['a failed 7000222']])
  t.strictSame(states(), ['failing', 'ok', 'ok'])
})

t.test('twenty at once with an expired first one: all succeed, and it is told once', async (t) => {
  const { exchange, told, good } = setUp(credential('a'), credential('b'))
  good.delete('a')
  t.strictSame(new Set(await Promise.all(Array.from({ length: 20 }, exchange))), new Set(['b']))
  t.strictSame(told, ['a failed 7000222'])
})

t.test('after an hour one request of many tries the refused one again', async (t) => {
  const { exchange, sent, told, good, clock } = setUp(credential('a'), credential('b'))
  good.delete('a')
  await exchange()
  clock.now += restTime - 1
  await exchange()
  t.strictSame(sent, ['a', 'b', 'b'], 'not before')
  clock.now += 1
  await Promise.all(Array.from({ length: 20 }, exchange))
  t.equal(sent.filter((name) => name === 'a').length, 2)
  t.strictSame(told, ['a failed 7000222', 'a failed 7000222'], 'and what it came to is told again')
  good.add('a')
  clock.now += restTime
  t.equal(await exchange(), 'a')
  t.equal(told.at(-1), 'a works')
  t.equal(await exchange(), 'a', 'it has its place back')
})

t.test('of several that were refused one is tried again at a time, and none whose date says why', async (t) => {
  const { exchange, sent, good, clock } = setUp(credential('a', { expiresAt: start + 1 }), credential('b'), credential('c'), credential('d'))
  good.clear()
  good.add('d')
  await exchange()
  sent.length = 0
  clock.now += restTime
  for (let turn = 0; turn < 3; turn++) await exchange()
  t.strictSame(sent, ['b', 'd', 'c', 'd', 'd'])
})

t.test('a clock that jumps, either way, ends the rest and makes nothing immortal', async (t) => {
  for (const jump of [-365 * day, 365 * day]) {
    const { exchange, good, clock } = setUp(credential('a'), credential('b'))
    good.delete('a')
    await exchange()
    good.add('a')
    clock.now += jump
    t.equal(await exchange(), 'a', 'D22')
  }
})

t.test('where the one that works is refused, too, the resting one is tried at once: it is the last resort', async (t) => {
  const { exchange, good, told, states } = setUp(credential('a'), credential('b'))
  good.delete('a')
  await exchange()
  good.delete('b')
  good.add('a')
  t.equal(await exchange(), 'a')
  t.strictSame(told, ['a failed 7000222', 'b failed 7000222', 'a works'])
  t.strictSame(states(), ['ok', 'failing'])
})

t.test('where all fail each was sent once, everybody is told, and the refusal is that of the last one', async (t) => {
  const { exchange, good, sent, told } = setUp(credential('a'), credential('b'))
  good.clear()
  await t.rejects(exchange(), { code: 'provider_error', detail: { reason: 'token_invalid_client', aadsts: 7000222 } })
  t.strictSame(sent, ['a', 'b'])
  t.strictSame(told, ['a failed 7000222', 'b failed 7000222', 'exhausted'])
  good.add('b')
  t.equal(await exchange(), 'b', 'and it heals with the next request')
  t.equal(told.at(-1), 'b works')
})

t.test('any other refusal ends the exchange: what was sent once is not sent again', async (t) => {
  for (const other of [
    refuse('provider_error', { reason: 'token_invalid_client' }),
    refuse('provider_error', { reason: 'token_invalid_client', aadsts: 7000218 }),
    refuse('provider_error', { reason: 'token_unauthorized_client', aadsts: 700016 }),
    refuse('invalid_state', { reason: 'token_invalid_grant', aadsts: 70008 }),
    refuse('provider_timeout', 'token_timeout'),
    refuse('provider_unavailable', { reason: 'token_status_429', retryAfter: 5 }),
    new Error('7000222')
  ]) {
    let sent = 0
    const { ring, states, told } = setUp(credential('a'), credential('b'))
    await t.rejects(withCredentials(ring, async () => { sent += 1; throw other }), other, 'D05')
    t.equal(sent, 1)
    t.strictSame([states(), told], [['ok', 'ok'], []], 'and the credential is not to blame')
  }
})

t.test('each number that says that the client was not authenticated leads to the next credential, with a remedy', async (t) => {
  for (const aadsts of [7000215, 7000222, 700027, 700024, 700021, 700023, 7000214, 7000277, 7000274, 1000502, 70021, 700211, 700212, 700213, 7002137, 7002138]) {
    const failure = failureOf(refuse('provider_error', { reason: 'token_invalid_client', aadsts, correlationId: 'c' }))
    t.match(failure, { reason: 'token_invalid_client', aadsts, correlationId: 'c', remedy: /\w{4}/ }, String(aadsts))
  }
})

t.test('a credential that gives nothing to send is failed as well, and the next one is tried', async (t) => {
  const broken = credential('a', { kind: 'federated', authenticate: async () => { throw unusableCredential('federated_timeout') } })
  const { exchange, sent, told } = setUp(broken, credential('b'))
  t.equal(await exchange(), 'b')
  t.strictSame([sent, told], [['b'], ['a failed federated_timeout']])
  const alone = setUp(broken)
  await t.rejects(alone.exchange(), { code: 'provider_error', detail: { reason: 'federated_timeout', remedy: /five seconds/ } })
  t.strictSame(alone.sent, [])
})

t.test('what is out of its time by its dates stands behind, and is the last resort all the same', async (t) => {
  const { exchange, good, sent, states } = setUp(credential('old', { expiresAt: start }), credential('future', { notBefore: start + 1 }), credential('b', { expiresAt: start + 90 * day }))
  t.equal(await exchange(), 'b')
  t.strictSame(sent, ['b'])
  t.strictSame(states(), ['expired', 'not_yet_valid', 'ok'])
  good.delete('b')
  t.equal(await exchange(), 'old', 'its date may be wrong')
})

t.test('the gauge tells name, kind, dates and state, and is frozen', async (t) => {
  const { exchange, ring, clock, good } = setUp(credential('a', { expiresAt: start + 60 * day + 1 }), credential('b', { notBefore: start, kind: 'certificate' }))
  t.strictSame(ring.summaries(), [
    { name: 'a', kind: 'secret', state: 'ok', expiresAt: start + 60 * day + 1, daysLeft: 60, lastUsedAt: null, lastFailedAt: null },
    { name: 'b', kind: 'certificate', state: 'ok', expiresAt: null, daysLeft: null, lastUsedAt: null, lastFailedAt: null }
  ])
  clock.now += 1
  good.delete('a')
  await exchange()
  t.match(ring.summaries(), [{ state: 'failing', lastFailedAt: start + 1, lastUsedAt: null }, { lastUsedAt: start + 1, lastFailedAt: null }])
  good.add('a')
  clock.now += restTime
  await exchange()
  t.match(ring.summaries()[0], { state: 'expiring', daysLeft: 59, lastUsedAt: clock.now, lastFailedAt: start + 1 })
  t.ok(Object.isFrozen(ring.summaries()[0]))
})

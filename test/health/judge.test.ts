import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import type { CredentialSummary } from '../../src/credentials/types.ts'
import { createHealthCheck, type HealthSources } from '../../src/health/check.ts'
import { judgeHealth } from '../../src/health/judge.ts'
import type { HealthFacts } from '../../src/health/types.ts'

const now = 1_637_539_200_000
const credential: CredentialSummary = { name: 'secret 1', kind: 'secret', state: 'ok', expiresAt: null, daysLeft: null, lastUsedAt: null, lastFailedAt: null }
const facts: HealthFacts = { now, signIns: 'on', simulated: false, databaseFailure: null, redisFailure: undefined, keys: null, credentials: [credential] }
const fresh = { count: 3, asOf: now, failedAt: null, usable: true }

t.test('the status is that of the worst: a store for everybody, keys and credentials for who signs in', async (t) => {
  const rows: Array<[given: Partial<HealthFacts>, status: string]> = [
    [{}, 'ok'],
    [{ redisFailure: null }, 'ok'],
    [{ databaseFailure: 'SQLITE_IOERR' }, 'failing'],
    [{ redisFailure: 'redis_offline' }, 'failing'],
    [{ keys: fresh }, 'ok'],
    [{ keys: { ...fresh, failedAt: now } }, 'ok'],
    [{ keys: { ...fresh, failedAt: now, usable: false } }, 'degraded'],
    [{ keys: { count: 0, asOf: null, failedAt: null, usable: false } }, 'ok'],
    [{ keys: { count: 0, asOf: null, failedAt: now, usable: false } }, 'degraded'],
    [{ credentials: [{ ...credential, state: 'expired' }] }, 'degraded'],
    [{ credentials: [{ ...credential, state: 'failing' }, { ...credential, state: 'not_yet_valid' }] }, 'degraded'],
    [{ credentials: [{ ...credential, state: 'failing' }, credential] }, 'ok'],
    [{ databaseFailure: 'closed', credentials: [{ ...credential, state: 'expired' }] }, 'failing']
  ]
  for (const [given, status] of rows) t.equal(judgeHealth({ ...facts, ...given }).status, status, JSON.stringify(given))
})

t.test('each part says how it does, and what somebody should look at is a warning', async (t) => {
  const stateOf = (credentials: CredentialSummary[]): string => judgeHealth({ ...facts, credentials }).credentials.state
  t.equal(stateOf([{ ...credential, state: 'expiring', daysLeft: 30 }]), 'ok', 'the log has warned, and nobody is woken')
  t.equal(stateOf([{ ...credential, state: 'expiring', daysLeft: 7 }]), 'ok')
  t.equal(stateOf([{ ...credential, state: 'expiring', daysLeft: 6 }]), 'warning')
  t.equal(stateOf([credential, { ...credential, state: 'expired' }]), 'warning')
  t.equal(stateOf([{ ...credential, state: 'expired' }]), 'failing')
  t.same(judgeHealth({ ...facts, keys: { ...fresh, failedAt: now } }).keys, { state: 'warning', ...fresh, failedAt: now })
  t.same(judgeHealth({ ...facts, databaseFailure: 'closed', redisFailure: null }), {
    status: 'failing',
    checkedAt: now,
    signIns: 'on',
    simulated: false,
    database: { state: 'failing', reason: 'closed' },
    redis: { state: 'ok', reason: null },
    keys: null,
    credentials: { state: 'ok', list: [credential] }
  })
})

function sourcesOf (given: Partial<HealthSources>): HealthSources {
  return { signIns: 'on', simulated: false, askDatabase: async () => {}, askRedis: null, keys: () => null, credentials: () => [credential], ...given }
}

t.test('however many ask, a store is asked once a second, and once while it hangs', async (t) => {
  let asked = 0
  let answer = (): void => {}
  const clock = { now }
  const check = createHealthCheck(sourcesOf({ askDatabase: async () => { asked += 1; await new Promise<void>((resolve) => { answer = resolve }) } }), { now: () => clock.now })
  const waiting = Array.from({ length: 20 }, async () => await check())
  answer()
  t.equal(new Set(await Promise.all(waiting)).size, 1)
  clock.now += 999
  await check()
  t.equal(asked, 1)
  clock.now += 1
  const again = check()
  answer()
  t.equal((await again).checkedAt, clock.now)
  t.equal(asked, 2)
})

t.test('why a store does not answer is a word, and never what it said', async (t) => {
  const words = async (ask: () => Promise<unknown>): Promise<unknown> => (await createHealthCheck(sourcesOf({ askRedis: ask }), { now: () => now })()).redis
  t.same(await words(async () => { throw refuse('store_unavailable', 'NOAUTH') }), { state: 'failing', reason: 'NOAUTH' })
  t.same(await words(async () => { throw new Error('postgres://user:password@host') }), { state: 'failing', reason: 'unexpected' })
  t.same(await words(async () => await new Promise(() => {})), { state: 'failing', reason: 'timeout' })
  t.same(await words(async () => 'PONG'), { state: 'ok', reason: null })
})

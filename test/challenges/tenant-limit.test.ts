import { createTenantLimit, type TenantLimit, type TenantLimitRule } from '../../src/challenges/tenant-limit.ts'
import { createChallengeStore } from '../../src/store/challenges.ts'
import { rule } from '../store/engines.ts'
import { count } from '../store/database.ts'
import { createWorld, outcomes, waiting } from './world.ts'

const hour = 3_600_000
const tid = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
const other = '573830dc-6e76-468c-9d1f-71391d36c96d'
const refusal = { code: 'too_many_requests', statusCode: 429, detail: { reason: 'tenant_limit_collision', retryAfter: 3_600, remedy: /"collisionsPerTenant"/ } }

async function limitOf (t: Parameters<typeof createWorld>[0], engine: Parameters<typeof createWorld>[1], given: Partial<TenantLimitRule> = {}) {
  const world = await createWorld(t, engine)
  const another = (): TenantLimit => createTenantLimit(
    { kind: 'collision', most: 3, option: 'collisionsPerTenant', isCounted: () => true, ...given }, createChallengeStore(world.database), { now: () => world.clock.now })
  return { ...world, another, limit: another() }
}

rule('the people of a tenant do so much in an hour, on all servers together, and other tenants are others', async (t, engine) => {
  const { limit, another, clock } = await limitOf(t, engine)
  await limit.take(tid)
  clock.now += 1_000
  await limit.take(tid)
  await another().take(tid)
  for (const one of [limit, another()]) await t.rejects(one.take(tid), { ...refusal, detail: { ...refusal.detail, retryAfter: 3_599 } })
  t.ok(await limit.take(other))
  clock.now += hour - 1_000
  t.ok(await limit.take(tid), 'an hour after the first there is one more')
  await t.rejects(limit.take(tid), { code: 'too_many_requests', detail: { retryAfter: 1 } })
})

rule('of many at once so many begin', async (t, engine) => {
  const { limit, another } = await limitOf(t, engine)
  const servers = [limit, another()]
  t.same(await outcomes(Array.from({ length: 20 }, async (_, index) => await servers[index % 2]!.take(tid))), { done: 3, too_many_requests: 17 })
})

rule('what did not happen is taken back, and does not count', async (t, engine) => {
  const { limit, database } = await limitOf(t, engine)
  for (let times = 0; times < 10; times++) await (await limit.take(tid))()
  t.equal(await count(database, 'code_events'), 0)
})

rule('what cannot be taken back counts, and hurts nobody', async (t, engine) => {
  const { limit, database } = await limitOf(t, engine)
  const takeBack = await limit.take(tid)
  await database.close()
  await takeBack()
  await t.rejects(limit.take(tid), { code: 'store_unavailable' }, 'and without a store nothing is counted, so nothing is done')
})

rule('a tenant that is not counted does what it likes, and leaves nothing', async (t, engine) => {
  const { limit, database } = await limitOf(t, engine, { isCounted: (one) => one !== tid })
  for (let times = 0; times < 10; times++) await (await limit.take(tid))()
  for (let times = 0; times < 3; times++) await limit.take(other)
  await t.rejects(limit.take(other), refusal)
  t.equal(await count(database, 'code_events'), 3)
})

rule('what no limit counts any more is removed, a few at a time', async (t, engine) => {
  const { limit, database, clock } = await limitOf(t, engine, { most: 15 })
  for (let times = 0; times < 15; times++) await limit.take(tid)
  clock.now += 24 * hour + 1
  await limit.take(other)
  t.equal(await count(database, 'code_events'), 6)
})

rule('a tenant causes so many mails an hour, to whomever, and one that has does not use up those of an address', async (t, engine) => {
  const world = await createWorld(t, engine, 3)
  for (const person of [1, 2, 3]) await world.begin({ person, email: `ann${person}@example.com` })
  const tooMany = { code: 'too_many_requests', detail: { reason: 'tenant_limit_mail', retryAfter: 3_600 } }
  for (let times = 0; times < 6; times++) await t.rejects(world.begin({ person: 4, email: 'bob@example.com' }), tooMany)
  t.equal(world.mails.length, 3)
  for (const person of [1, 2, 3]) await world.challenges.begin(waiting({ tenant: 'fabrikam', person, email: 'bob@example.com' }), 'r')
  t.equal(world.mails.length, 6, 'another tenant sends to it as before')
})

rule('a mail that an address may not get does not count for the tenant, nor does one that could not be sent', async (t, engine) => {
  const world = await createWorld(t, engine, 6)
  for (let times = 0; times < 5; times++) await world.begin()
  for (let times = 0; times < 3; times++) await t.rejects(world.begin(), { code: 'too_many_requests', detail: { reason: 'address_limit_mail' } })
  world.mailer.isDown = true
  await t.rejects(world.begin({ email: 'bob@example.com' }), { code: 'otp_unavailable' })
  world.mailer.isDown = false
  const { id } = await world.begin({ email: 'bob@example.com' })
  await t.rejects(world.challenges.resend(id, 'r'), { code: 'too_many_requests', detail: { reason: 'tenant_limit_mail' } }, 'and one that is sent again does')
})

import t from 'tap'
import { type AllowTenant, createTenantGate, type TenantGateOptions } from '../../src/verification/tenant-gate.ts'
import { contoso, mallorys, refusalOf } from './tokens.ts'

function gate (ask: AllowTenant, options: Partial<TenantGateOptions> = {}) {
  const clock = { now: 0 }
  const asked: string[] = []
  const failures: unknown[] = []
  const world = { ask }
  const counting: AllowTenant = (tid) => {
    asked.push(tid)
    return world.ask(tid)
  }
  const made = createTenantGate({ ask: counting, timeout: 5_000, cache: 300_000, onFailure: (failure) => failures.push(failure), ...options }, { now: () => clock.now })
  return { ...made, clock, asked, failures, world }
}

const minute = 60_000
const yes = async () => true
const no = async () => false
const fails = async () => { throw new Error('database down: postgres://user:secret@host') }

t.test('a tenant that signs in is asked about each time, and only true lets it in', async (t) => {
  const { admit, asked } = gate((tid) => tid === contoso)
  t.equal(await refusalOf(admit(contoso)), 'holds')
  t.equal(await refusalOf(admit(contoso)), 'holds')
  t.equal(await refusalOf(admit(mallorys)), 'tenant_not_allowed tenant')
  t.same(asked, [contoso, contoso, mallorys])
  for (const answer of [undefined, null, 1, 'true', 'yes', {}, [true]]) {
    t.equal(await refusalOf(gate(() => answer as never).admit(contoso)), 'server_error allowed_tenants_answer', JSON.stringify(answer))
  }
})

t.test('a function that throws or hangs lets nobody in, and what it threw goes where it can be read', async (t) => {
  const thrown = gate(fails)
  t.equal(await refusalOf(thrown.admit(contoso)), 'server_error allowed_tenants_threw')
  t.match(thrown.failures, [{ message: /database down/ }])
  await t.rejects(thrown.admit(contoso), { code: 'server_error', detail: { remedy: /^Option "allowedTenants" did not answer\. It threw\. / } })
  t.equal(await refusalOf(gate(() => { throw new TypeError('not even a promise') }).admit(contoso)), 'server_error allowed_tenants_threw')
  const hanging = gate(() => new Promise(() => {}), { timeout: 1 })
  t.equal(await refusalOf(hanging.admit(contoso)), 'server_error allowed_tenants_timed_out')
  t.same(hanging.failures, [])
})

t.test('sessions go by the last answer for the time that was set, and then by a new one', async (t) => {
  const { admit, allows, asked, clock, world } = gate(yes)
  await admit(contoso)
  clock.now = 5 * minute - 1
  t.equal(await allows(contoso), true)
  t.equal(asked.length, 1)
  world.ask = no
  clock.now = 5 * minute
  t.equal(await allows(contoso), false, 'a no counts at once')
  world.ask = yes
  t.equal(await allows(contoso), false, 'and for as long')
  clock.now = 10 * minute
  t.equal(await allows(contoso), true)
  t.equal(asked.length, 3)
})

t.test('a server that has not asked yet asks, once for all who wait', async (t) => {
  const { allows, asked } = gate(yes)
  t.same(await Promise.all(Array.from({ length: 20 }, async () => await allows(contoso))), Array(20).fill(true))
  t.same(asked, [contoso])
})

t.test('with 0 each request asks', async (t) => {
  const { allows, asked } = gate(yes, { cache: 0 })
  await allows(contoso)
  await allows(contoso)
  t.equal(asked.length, 2)
})

t.test('a question without an answer ends no session: an old yes stands for an hour, and then requests are refused', async (t) => {
  const { admit, allows, asked, clock, world } = gate(yes)
  await admit(contoso)
  world.ask = fails
  clock.now = 6 * minute
  t.equal(await allows(contoso), true)
  t.equal(await allows(contoso), true)
  t.equal(asked.length, 2, 'after a failure it is left alone for a while')
  clock.now += 10_000
  t.equal(await allows(contoso), true)
  t.equal(asked.length, 3)
  clock.now = 60 * minute - 1
  t.equal(await allows(contoso), true)
  clock.now = 60 * minute
  t.equal(await refusalOf(allows(contoso)), 'server_error allowed_tenants_threw')
  world.ask = yes
  clock.now += 10_000
  t.equal(await allows(contoso), true, 'it heals')
})

t.test('who was never let in, or refused last, is not let in for want of an answer', async (t) => {
  const fresh = gate(fails)
  t.equal(await refusalOf(fresh.allows(contoso)), 'server_error allowed_tenants_threw')
  const { allows, clock, world } = gate(no)
  t.equal(await allows(contoso), false)
  world.ask = fails
  clock.now = 6 * minute
  t.equal(await refusalOf(allows(contoso)), 'server_error allowed_tenants_threw')
})

t.test('a clock that is set back makes no answer last for ever (D22)', async (t) => {
  const { admit, allows, clock, world } = gate(yes)
  clock.now = 100 * minute
  await admit(contoso)
  world.ask = no
  clock.now = 0
  t.equal(await allows(contoso), false)
})

t.test('a yes that was asked for before a no does not undo it', async (t) => {
  const answers: Array<PromiseWithResolvers<boolean>> = []
  const { admit, allows, clock } = gate(() => {
    const answer = Promise.withResolvers<boolean>()
    answers.push(answer)
    return answer.promise
  })
  const first = admit(contoso)
  clock.now = 1
  const second = refusalOf(admit(contoso))
  answers[1]!.resolve(false)
  t.equal(await second, 'tenant_not_allowed tenant')
  answers[0]!.resolve(true)
  await first
  t.equal(await allows(contoso), false)
})

t.test('answers about very many tenants are forgotten, the oldest first', async (t) => {
  const { allows, asked } = gate(yes)
  const tids = Array.from({ length: 1_000 }, (_, index) => `tenant ${index}`)
  for (const tid of tids) await allows(tid)
  await allows(tids[0]!)
  await allows('one more')
  t.equal(asked.length, 1_001)
  await allows(tids[0]!)
  t.equal(asked.length, 1_001, 'it was asked about a moment ago')
  await allows(tids[1]!)
  t.equal(asked.length, 1_002)
})

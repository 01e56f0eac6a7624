import type { Test } from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { createLinking, type LinkingHelp } from '../../src/linking/link.ts'
import type { LinkingPolicy } from '../../src/linking/types.ts'
import { dump } from '../store/database.ts'
import { type Engine, rule } from '../store/engines.ts'
import { identityOf, type Said, token } from './tokens.ts'
import { asIdentifier, merging } from './sign-in.ts'
import { createWorld, defaults } from './world.ts'

/** Whoever runs a tenant states the address of somebody who is there, or of nobody. */
const held: Said = { verified: false, tenant: 'attacker', person: 2, email: 'ann@example.com' }
const free: Said = { ...held, person: 3, email: 'nobody@example.com' }

/** An application with ann, who has her address, and what is counted about tenants. */
async function countingWorld (t: Test, engine: Engine, policy: Partial<LinkingPolicy> = {}) {
  const world = await createWorld(t, engine)
  await world.linking(asIdentifier).link(token())
  const counted: string[] = []
  let most = Infinity
  const { link } = createLinking({
    policy: { ...defaults, ...asIdentifier, ...merging, ...policy },
    store: world.store,
    environment: { now: () => world.clock.now, randomBytes: (size) => Buffer.alloc(size, counted.length + 1) },
    endSessions: async () => {},
    guesses: {
      take: async (tid) => {
        if (counted.length >= most) throw refuse('too_many_requests', 'tenant_limit_collision')
        counted.push(tid)
        return async () => { counted.pop() }
      }
    }
  })
  return { ...world, counted, allow: (number: number) => { most = number }, link: async (said: Said, help?: LinkingHelp) => await link(token(said), help) }
}

rule('that an address is somebody\'s is counted for the tenant that has merely stated it, and that it is nobody\'s is not', async (t, engine) => {
  const world = await countingWorld(t, engine)
  await t.rejects(world.link(held), { code: 'email_in_use', detail: { row: 'C3' } })
  await t.rejects(world.link({ ...held, person: 4 }), { code: 'email_in_use' })
  t.match(await world.link(free), { row: 'C4' })
  t.same(world.counted, [identityOf(held).tid, identityOf(held).tid])
})

rule('a tenant that was told enough is told nothing more: the answer is the same for somebody\'s address and for nobody\'s (L24)', async (t, engine) => {
  const world = await countingWorld(t, engine)
  t.match(await world.link({ ...free, person: 5 }), { row: 'C4' })
  world.allow(0)
  const before = await dump(world.database)
  for (const said of [held, free]) await t.rejects(world.link(said), { code: 'too_many_requests', detail: { reason: 'tenant_limit_collision' } })
  t.same(await dump(world.database), before)
  t.match(await world.link({ ...free, person: 5 }), { row: 'B2' }, 'who is known signs in')
  t.match(await world.link({ ...free, email: null, person: 6 }), { row: 'C4' }, 'and who states no address')
})

rule('nothing is counted where nobody is told anything', async (t, engine) => {
  const cases: Array<[Partial<LinkingPolicy>, Said]> = [
    [{ allow_email_account_merge: false }, held], [{ requireVerifiedEmail: true }, held], [{ verify_email: true }, held], [{}, { ...held, email: null }], [{}, { ...held, verified: true, email: 'own@attacker.example' }], [{}, { ...held, verified: true }]
  ]
  for (const [policy, said] of cases) {
    const world = await countingWorld(t, engine, policy)
    world.allow(0)
    const outcome = await world.link(said).then(({ row }) => row, (error: { code: string }) => error.code)
    t.not(outcome, 'too_many_requests', JSON.stringify([policy, said]))
  }
})

rule('a sign-up that comes to nothing told nothing, and is taken back', async (t, engine) => {
  const world = await countingWorld(t, engine)
  await t.rejects(world.link(free, { beforeSignUp: async () => { throw refuse('server_error', 'x') } }), { code: 'server_error' })
  t.same(world.counted, [])
  const closed = await countingWorld(t, engine, { allowSignup: false })
  await t.rejects(closed.link(free), { code: 'signup_disabled' })
  t.same(closed.counted, [], 'row F')
  await t.rejects(closed.link(held), { code: 'email_in_use' })
  t.equal(closed.counted.length, 1)
})

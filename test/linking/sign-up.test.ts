import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { createLinking } from '../../src/linking/link.ts'
import { areOwnCodes, type SignUpCandidate } from '../../src/linking/sign-up.ts'
import type { LinkingPolicy } from '../../src/linking/types.ts'
import { dump } from '../store/database.ts'
import { token } from './tokens.ts'
import { createWorld, defaults, linkedUser, type World } from './world.ts'

const asIdentifier = { use_email_as_identifier: true }

/** Linking as the application's plugin uses it. */
function linkIn ({ store, clock }: World, policy: Partial<LinkingPolicy> = {}) {
  let made = 0
  const environment = { now: () => clock.now, randomBytes: (size: number) => Buffer.alloc(size, ++made + 100) }
  return createLinking({ policy: { ...defaults, ...policy }, store, environment, endSessions: async () => {} }).link
}

t.test('a new user is asked about once, with what Microsoft says, and nobody else is', async (t) => {
  const world = await createWorld(t)
  const asked: Array<[SignUpCandidate, string]> = []
  const ask = async (candidate: SignUpCandidate, row: string): Promise<void> => { asked.push([candidate, row]) }
  const link = linkIn(world, { ...asIdentifier, allow_email_account_merge: true })
  const ann = token()
  t.equal(linkedUser(await link(ann, { beforeSignUp: ask })).row, 'E2')
  t.same(asked, [[{ identity: ann.identity, profile: ann.profile, email: ann.email, verifiedEmail: ann.verifiedEmail }, 'E2']])
  t.ok(Object.isFrozen(asked[0]![0]))
  t.equal(linkedUser(await link(ann, { beforeSignUp: ask })).row, 'B2', 'who is known is not')
  t.equal(linkedUser(await link(token({ tenant: 'fabrikam' }), { beforeSignUp: ask })).row, 'D3', 'nor who is merged')
  await world.accounts.invite({ email: 'bob@example.com' })
  t.equal(linkedUser(await link(token({ person: 2, email: 'bob@example.com' }), { beforeSignUp: ask })).row, 'E1', 'nor who was invited')
  const { id } = await world.accounts.create()
  t.equal(linkedUser(await link({ ...token({ person: 3, email: null }), linker: { userId: id, isSameSession: true } }, { beforeSignUp: ask })).row, 'A5', 'nor an identity that is linked by hand')
  await t.rejects(linkIn(world, { allowSignup: false })(token({ person: 4, email: null }), { beforeSignUp: ask }), { code: 'signup_disabled' }, 'nor who is refused anyway')
  t.equal(asked.length, 1)
  t.equal(linkedUser(await link(token({ person: 5, email: null }), { beforeSignUp: ask })).row, 'C4')
  t.equal(asked.length, 2)
})

t.test('who is refused leaves nothing behind', async (t) => {
  const world = await createWorld(t)
  const before = await dump(world.database)
  await t.rejects(linkIn(world, asIdentifier)(token(), { beforeSignUp: async () => { throw refuse('signup_disabled', 'full') } }), { code: 'signup_disabled', detail: { reason: 'full' } })
  t.same(await dump(world.database), before)
  t.equal(linkedUser(await linkIn(world, asIdentifier)(token(), { beforeSignUp: async () => {} })).row, 'E2', 'the positive control')
})

t.test('the application is asked outside of any transaction: it may use the accounts', async (t) => {
  const world = await createWorld(t)
  const link = linkIn(world)
  const { row } = linkedUser(await link(token(), {
    beforeSignUp: async () => {
      t.equal(await world.accounts.findByEmail('ann@example.com'), null)
      await world.accounts.create()
    }
  }))
  t.equal(row, 'E2')
})

t.test('of two parallel sign-ups of one identity both are asked about, and one user is made', async (t) => {
  const world = await createWorld(t)
  const link = linkIn(world, asIdentifier)
  let waiting = 0
  let letGo = (): void => {}
  const both = new Promise<void>((resolve) => { letGo = resolve })
  const ask = async (): Promise<void> => {
    if (++waiting === 2) letGo()
    await both
  }
  const [first, second] = await Promise.all([link(token(), { beforeSignUp: ask }), link(token(), { beforeSignUp: ask })])
  t.equal(linkedUser(first).user.id, linkedUser(second).user.id)
  t.same([first.row, second.row].sort(), ['B2', 'E2'])
  const tables = await dump(world.database)
  for (const table of ['users', 'identities', 'identifiers']) t.equal(tables[table]!.length, 1, table)
})

t.test('what was let in is written only while it is still what is decided: else it is asked about again', async (t) => {
  const world = await createWorld(t)
  const rows: string[] = []
  const { id } = await world.accounts.create()
  const { row } = linkedUser(await linkIn(world)(token(), {
    beforeSignUp: async (_candidate, row) => {
      rows.push(row)
      // Meanwhile somebody becomes the holder of the address.
      if (rows.length === 1) await world.accounts.verifyEmail(id, 'ann@example.com')
    }
  }))
  t.same(rows, ['E2', 'D5'])
  t.equal(row, 'D5')
})

t.test('what was let in and is refused by now is refused', async (t) => {
  const world = await createWorld(t)
  const { id } = await world.accounts.create()
  await t.rejects(linkIn(world, asIdentifier)(token(), { beforeSignUp: async () => { await world.accounts.verifyEmail(id, 'ann@example.com') } }), { code: 'email_in_use', detail: { row: 'D4' } })
})

t.test('a situation that keeps changing is given up, and nothing was written', async (t) => {
  const world = await createWorld(t)
  const { id } = await world.accounts.create()
  let asked = 0
  const flip = async (): Promise<void> => {
    if (asked++ % 2 === 0) await world.accounts.verifyEmail(id, 'ann@example.com')
    else await world.accounts.releaseEmail(id, 'ann@example.com')
  }
  await t.rejects(linkIn(world)(token(), { beforeSignUp: flip }), { code: 'store_unavailable', detail: { reason: 'sign_up_conflict' } })
  t.equal(asked, 5)
  t.equal((await dump(world.database)).users!.length, 1)
})

t.test('an application\'s own codes look like ours and are none of ours', async (t) => {
  for (const good of [{}, { plan_full: 'No seats are left.' }, { a1: 'x' }]) t.ok(areOwnCodes(good), JSON.stringify(good))
  const wrong = [null, 'x', ['x'], { Plan: 'x' }, { 'plan-full': 'x' }, { _x: 'x' }, { '': 'x' }, { ['x'.repeat(65)]: 'x' }, { server_error: 'x' }, { plan_full: 5 }, { plan_full: ' ' }, { plan_full: 'x'.repeat(501) }]
  for (const bad of wrong) t.notOk(areOwnCodes(bad), JSON.stringify(bad))
})

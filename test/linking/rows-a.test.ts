import type { Test } from 'tap'
import type { LinkedUser, LinkingPolicy } from '../../src/linking/types.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { count, dump, openTestDatabase } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { about, addHolder, asIdentifier, eventsOf, merging, noSignup, signIn, strict } from './sign-in.ts'
import { identityOf, type Said, tenants, token } from './tokens.ts'
import { createWorld, type World } from './world.ts'

/** A person's second account at Microsoft, in another tenant than the first. */
const second: Said = { tenant: 'fabrikam', person: 7, email: 'ann@fabrikam.example' }

/** Somebody who signed in by the tests' usual identity, and holds no address. */
async function addUser (world: World, said: Said = {}): Promise<string> {
  return (await signIn(world, {}, said)).user.id
}

async function byHand (world: World, policy: Partial<LinkingPolicy>, said: Said, userId: string, isSameSession = true): Promise<LinkedUser> {
  return await world.linking(policy).link({ ...token(said), linker: { userId, isSameSession } })
}

/** Linking by hand that must be refused, and must leave every table as it was. */
async function refused (t: Test, world: World, attempt: Parameters<typeof byHand> extends [World, ...infer Rest] ? Rest : never, code: string, row: string): Promise<void> {
  const before = await dump(world.database)
  await t.rejects(byHand(world, ...attempt), { code, detail: { reason: `linking_${row}` } })
  t.same(await dump(world.database), before, 'nothing changed')
  t.same(world.ended, [], 'no session ended')
}

rule('A1: another session than the one that started it links nothing (L19)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addUser(world)
  await refused(t, world, [{}, second, ann, false], 'session_mismatch', 'A1')
  t.match(await byHand(world, {}, second, ann), { row: 'A5' }, 'the same session does')
})

rule('A2: nobody links for a user who was disabled or deleted meanwhile (L23)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const [ann, bob] = [await addUser(world), await addUser(world, { person: 2 })]
  await world.accounts.disable(ann)
  await world.accounts.delete(bob)
  world.ended.length = 0
  for (const userId of [ann, bob]) await refused(t, world, [{}, second, userId], 'account_disabled', 'A2')
  await world.accounts.enable(ann)
  t.match(await byHand(world, {}, second, ann), { row: 'A5' }, 'whoever is enabled again may')
})

rule('A3: an identity of another user stays where it is, and nothing is said about whose it is (L14)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addUser(world)
  const bob = await addUser(world, second)
  await refused(t, world, [{}, second, ann], 'identity_in_use', 'A3')
  await refused(t, world, [{ ...asIdentifier, ...merging }, second, ann], 'identity_in_use', 'A3')
  await world.accounts.disable(bob)
  world.ended.length = 0
  await refused(t, world, [{}, second, ann], 'identity_in_use', 'A3')
  t.match(await world.accounts.findByIdentity(identityOf(second)), { id: bob })
})

rule('A4: the user\'s own identity is a success that changes nothing, not even what it shows', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addUser(world)
  world.clock.now += 1_000
  const before = await dump(world.database)
  const linked = await byHand(world, asIdentifier, { name: 'Ann Kim', email: 'new@example.com' }, ann)
  t.match(linked, { row: 'A4', isNew: false, user: { id: ann, displayName: 'Ann' } })
  t.same(linked.events, [])
  t.same(await dump(world.database), before)
})

rule('A5: an unknown identity is attached, and signs its user in from then on', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addUser(world)
  await world.startSession('ann', ann)
  const linked = await byHand(world, {}, { ...second, name: 'Ann K.' }, ann)
  t.match(linked, { row: 'A5', isNew: false, user: { id: ann, displayName: 'Ann' }, identity: { tid: tenants.fabrikam } })
  t.same(linked.events, [{ type: 'identity_linked', userId: ann }])
  t.same(await about(world, ann), { addresses: [], provers: [], identities: 2 })
  t.same(world.ended, [], 'the sessions stay')
  t.match(await signIn(world, {}, second), { row: 'B2', user: { id: ann } })
})

rule('A5: a verified, free address becomes an identifier where addresses are, and takes it from who had it unproven', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addUser(world)
  const squatter = await world.accounts.create()
  await world.accounts.addEmail(squatter.id, 'ann@fabrikam.example')
  const linked = await byHand(world, asIdentifier, second, ann)
  t.same(linked.events.map(({ type, userId }) => [type, userId]), [['identity_linked', ann], ['identifier_added', ann], ['identifier_reclaimed', squatter.id]])
  t.same(await about(world, ann), { addresses: ['ann@fabrikam.example verified'], provers: [`ann@fabrikam.example ${tenants.fabrikam}`], identities: 2 })
  t.same((await world.accounts.emails(squatter.id)), [])
})

rule('A5: an unverified address is attached with its identity, and becomes nothing', async (t, engine) => {
  for (const policy of [asIdentifier, { ...asIdentifier, ...merging }, { ...asIdentifier, verify_email: true }, strict]) {
    const world = await createWorld(t, engine)
    const ann = await addUser(world)
    const linked = await byHand(world, policy, { ...second, verified: false }, ann)
    t.match(linked, { row: 'A5', user: { id: ann } }, JSON.stringify(policy))
    t.same(eventsOf(linked), ['identity_linked'])
    t.same(await about(world, ann), { addresses: [], provers: [], identities: 2 })
  }
})

rule('A5: a held address stays where it is, with an event, whatever merging says', async (t, engine) => {
  for (const policy of [asIdentifier, { ...asIdentifier, ...merging }, {}]) {
    const world = await createWorld(t, engine)
    const ann = await addUser(world)
    const holder = await addHolder(world, { email: 'ann@fabrikam.example' })
    const linked = await byHand(world, policy, second, ann)
    t.same(linked.events, [{ type: 'identity_linked', userId: ann }, { type: 'identifier_held', userId: ann }])
    t.same(await about(world, ann), { addresses: [], provers: [], identities: 2 })
    t.match(await world.accounts.findByEmail('ann@fabrikam.example'), { id: holder })
    t.same(world.ended, [])
  }
})

rule('A5: an address that the user holds already is noted as proven by the second identity, too', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addHolder(world, { tenant: 'contoso' })
  const linked = await byHand(world, asIdentifier, { tenant: 'fabrikam' }, ann)
  t.same(eventsOf(linked), ['identity_linked'])
  t.same(await about(world, ann), { addresses: ['ann@example.com verified'], provers: [`ann@example.com ${tenants.contoso}`, `ann@example.com ${tenants.fabrikam}`], identities: 2 })
  t.match(await world.accounts.emails(ann), [{ provenance: { tid: tenants.contoso } }], 'the first proof is the provenance')
})

rule('A5: two accounts of one tenant may be one person, where that person says so', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addHolder(world)
  t.match(await byHand(world, { ...asIdentifier, ...merging }, { tenant: 'fabrikam', person: 2 }, ann), { row: 'A5', user: { id: ann } })
})

rule('A5: whoever links is awaited no longer', async (t, engine) => {
  const world = await createWorld(t, engine)
  const invited = await world.accounts.invite({ email: 'ann@example.com' })
  t.match(await byHand(world, {}, second, invited.id), { row: 'A5' })
  const victim = await signIn(world, asIdentifier)
  t.match(victim, { row: 'E2' }, 'L05: an identity that somebody planted does not get the one who was invited')
  t.not(victim.user.id, invited.id)
})

rule('an identity that was planted in an account before its address was proven stays apart from whoever proves it (L05)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const planted = await world.accounts.create()
  await world.accounts.addEmail(planted.id, 'ann@example.com')
  t.match(await byHand(world, { ...asIdentifier, ...merging }, { tenant: 'attacker', email: 'mallory@attacker.example' }, planted.id), { row: 'A5' })
  const victim = await signIn(world, { ...asIdentifier, ...merging })
  t.match(victim, { row: 'E2', isNew: true })
  t.match(await signIn(world, {}, { tenant: 'attacker', email: 'mallory@attacker.example' }), { row: 'B2', user: { id: planted.id } })
  t.not(victim.user.id, planted.id)
})

rule('of two rows that match, the first one counts', async (t, engine) => {
  const disable = async (world: World, userId: string): Promise<void> => await world.accounts.disable(userId)
  const nothing = async (): Promise<void> => {}
  /** Each: what happens before, the policy, what is linked, in which session, and the row that it must be. */
  const cases: Array<[title: string, before: (world: World, userId: string) => Promise<unknown>, policy: Partial<LinkingPolicy>, said: Said, isSameSession: boolean, row: string]> = [
    ['A1 before A2', disable, {}, second, false, 'A1'],
    ['A1 before A3', async (world) => await addUser(world, second), {}, second, false, 'A1'],
    ['A1 before A4', nothing, {}, {}, false, 'A1'],
    ['A1 before A5', nothing, {}, second, false, 'A1'],
    ['A2 before A3', async (world, userId) => { await addUser(world, second); await disable(world, userId) }, {}, second, true, 'A2'],
    ['A2 before A4', disable, {}, {}, true, 'A2'],
    ['A2 before A5', disable, {}, second, true, 'A2'],
    ['A3 before B1', async (world) => await disable(world, await addUser(world, second)), {}, second, true, 'A3'],
    ['A3 before B2', async (world) => await addUser(world, second), {}, second, true, 'A3'],
    ['A4 before B2', nothing, {}, {}, true, 'A4'],
    ['A5 before C1', nothing, { ...asIdentifier, verify_email: true }, { ...second, verified: false }, true, 'A5'],
    ['A5 before C2', nothing, strict, { ...second, verified: false }, true, 'A5'],
    ['A5 before C3', async (world) => await addHolder(world, { email: 'ann@fabrikam.example' }), merging, { ...second, verified: false }, true, 'A5'],
    ['A5 before C4', nothing, {}, { ...second, verified: false }, true, 'A5'],
    ['A5 before D1', async (world) => await disable(world, await addHolder(world, { email: 'ann@fabrikam.example' })), merging, second, true, 'A5'],
    ['A5 before D2', async (world) => await addHolder(world, { email: 'ann@fabrikam.example' }), merging, second, true, 'A5'],
    ['A5 before D3', async (world) => await addHolder(world, { tenant: 'attacker', email: 'ann@fabrikam.example' }), merging, second, true, 'A5'],
    ['A5 before D4', async (world) => await addHolder(world, { tenant: 'attacker', email: 'ann@fabrikam.example' }), asIdentifier, second, true, 'A5'],
    ['A5 before E1', async (world) => await world.accounts.invite({ email: 'ann@fabrikam.example' }), {}, second, true, 'A5'],
    ['A5 before F', nothing, noSignup, second, true, 'A5']
  ]
  for (const [title, before, policy, said, isSameSession, row] of cases) {
    await t.test(title, async (t) => {
      const world = await createWorld(t, engine)
      const ann = await addUser(world)
      await before(world, ann)
      const met = await byHand(world, policy, said, ann, isSameSession).then((linked) => linked.row, (error: { detail?: { reason: string } }) => error.detail?.reason.replace('linking_', ''))
      t.equal(met, row)
    })
  }
})

rule('two users link one identity at once: one has it, the other is told identity_in_use (L12)', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  const world = await createWorld(t, location)
  const other = createAccountStore(await openTestDatabase(t, location))
  const users = [await addUser(world), await addUser(world, { person: 2 })]
  const outcomes = await Promise.allSettled(users.map(async (userId, index) =>
    await world.linking(asIdentifier, index === 0 ? world.store : other).link({ ...token(second), linker: { userId, isSameSession: true } })))
  const told = outcomes.map((outcome) => outcome.status === 'fulfilled' ? outcome.value.row : (outcome.reason as { code: string }).code)
  t.same([...told].sort(), ['A5', 'identity_in_use'])
  t.match(await world.accounts.findByIdentity(identityOf(second)), { id: users[told.indexOf('A5')] })
  t.equal(await count(world.database, 'identities'), 3)
})

rule('the unique identity decides, not the look at it: a link that comes second is answered as such (L12)', async (t, engine) => {
  for (const [isOwn, expected] of [[false, 'identity_in_use'], [true, 'A4']] as const) {
    const world = await createWorld(t, engine)
    const [ann, bob] = [await addUser(world), await addUser(world, { person: 2 })]
    await byHand(world, {}, second, isOwn ? ann : bob)
    const before = await dump(world.database)
    // As if the winner had written between the look and the write: the first look sees nothing.
    let isFirst = true
    const blind: typeof world.store = {
      transaction: async (work) => await world.store.transaction(async (accounts) => await work({
        ...accounts,
        findIdentity: async (tid, oid) => {
          if (!isFirst) return await accounts.findIdentity(tid, oid)
          isFirst = false
          return null
        }
      }))
    }
    const told = await world.linking({}, blind).link({ ...token(second), linker: { userId: ann, isSameSession: true } }).then(({ row }) => row, ({ code }) => code)
    t.equal(told, expected)
    t.same(await dump(world.database), before)
  }
})

import { rule } from '../store/engines.ts'
import { about, addHolder, addLocalHolder, asIdentifier, eventsOf, merging, refused, signIn, strict } from './sign-in.ts'
import { tenants, token } from './tokens.ts'
import { createWorld } from './world.ts'

rule('B1: the identity of a disabled user is refused (L23)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {})
  await world.accounts.disable(user.id)
  await refused(t, world, {}, {}, 'account_disabled', 'B1')
  await world.accounts.enable(user.id)
  t.match(await signIn(world, {}), { row: 'B2', user: { id: user.id } })
})

rule('B2: a known identity signs in its user, whatever the e-mail says now (E23)', async (t, engine) => {
  for (const verified of [true, false]) {
    const world = await createWorld(t, engine)
    const other = await addHolder(world, { email: 'other@example.com' })
    const { user } = await signIn(world, asIdentifier)
    const otherBefore = await world.accounts.export(other)
    const linked = await signIn(world, { ...asIdentifier, ...merging }, { email: 'Other@Example.com', verified })
    t.match(linked, { row: 'B2', isNew: false, user: { id: user.id }, email: { address: 'Other@Example.com', verified } })
    t.same(eventsOf(linked), verified ? ['email_changed', 'identifier_held'] : ['email_changed'])
    t.same(await about(world, user.id), { addresses: ['ann@example.com verified'], provers: [`ann@example.com ${tenants.contoso}`], identities: 1 }, 'the identifier did not move')
    t.same(await world.accounts.export(other), otherBefore)
    t.match(await world.accounts.identities(user.id), [{ email: { canonical: 'other@example.com', verified } }], 'what Microsoft says now is stored with the identity')
  }
})

rule('B2: an address that is verified no longer keeps its identifier, and merges nothing more (E29)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, asIdentifier)
  const before = (await world.accounts.export(user.id)).identifiers
  const linked = await signIn(world, { ...asIdentifier, ...merging }, { verified: false, kind: 'denied' })
  t.match(linked, { row: 'B2', user: { id: user.id }, email: { verified: false } })
  t.same(linked.events, [{ type: 'email_changed', userId: user.id }])
  t.same((await world.accounts.export(user.id)).identifiers, before)
  await refused(t, world, { ...asIdentifier, ...merging }, { tenant: 'attacker', verified: false, kind: 'denied' }, 'email_in_use', 'C3')
})

rule('B2: a newly verified, free address becomes an identifier, if addresses are identifiers', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {}, { verified: false })
  t.same((await signIn(world, {})).events, [{ type: 'email_changed', userId: user.id }])
  t.same((await world.accounts.export(user.id)).identifiers, [], 'they are not')
  world.clock.now += 5
  t.same((await signIn(world, asIdentifier)).events, [{ type: 'identifier_added', userId: user.id }])
  const provenance = { tid: tenants.contoso, oid: token().identity.oid, kind: 'domain_owner_verified', at: world.clock.now }
  t.same((await world.accounts.export(user.id)).identifiers, [{ userId: user.id, address: 'ann@example.com', canonical: 'ann@example.com', verified: true, provenance, createdAt: world.clock.now }])
  t.same((await signIn(world, asIdentifier)).events, [], 'once')
})

rule('B2: an address that the user gave up does not come back by itself', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, asIdentifier)
  await world.accounts.removeEmail(user.id, 'ann@example.com')
  t.same((await signIn(world, asIdentifier)).events, [])
  t.same((await world.accounts.export(user.id)).identifiers, [])
  await world.accounts.releaseEmail(user.id, 'ann@example.com')
  t.same((await signIn(world, asIdentifier)).events, [{ type: 'identifier_added', userId: user.id }], 'one that was released is free for everybody')
})

rule('B2: a second identity of the holder is noted as a prover', async (t, engine) => {
  const world = await createWorld(t, engine)
  const id = await addHolder(world)
  t.match(await signIn(world, merging), { row: 'D3', user: { id } })
  await signIn(world, asIdentifier)
  t.same((await world.accounts.export(id)).proofs.map(({ tid }) => tid).sort(), [tenants.contoso, tenants.fabrikam].sort())
})

rule('B2: the profile is kept in step, and a name that the application gave stays', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {}, { name: 'Ann Lee' })
  world.clock.now += 60_000
  t.match(await signIn(world, {}, { name: 'Ann Kim' }), { user: { id: user.id, displayName: 'Ann Kim' } })
  t.match(await world.accounts.identities(user.id), [{ profile: { displayName: 'Ann Kim' }, createdAt: world.clock.now - 60_000, lastSignInAt: world.clock.now }])
  t.match(await signIn(world, {}, { name: null }), { user: { displayName: 'Ann Kim' } }, 'no name is no new name')
  t.match(await world.accounts.find(user.id), { displayName: 'Ann Kim' })

  const invited = await world.accounts.invite({ email: 'bob@example.com', displayName: 'Robert of Sales' })
  t.match(await signIn(world, {}, { person: 2, email: 'bob@example.com', name: 'Bob' }), { row: 'E1', user: { id: invited.id, displayName: 'Robert of Sales' } })
  t.match(await signIn(world, {}, { person: 2, email: 'bob@example.com', name: 'Bobby' }), { row: 'B2', user: { displayName: 'Robert of Sales' } })
})

rule('C2: without a verified address nobody new comes in, where one is required', async (t, engine) => {
  const world = await createWorld(t, engine)
  await refused(t, world, strict, { verified: false }, 'unverified_email', 'C2')
  await refused(t, world, strict, { email: null, verified: false }, 'unverified_email', 'C2')
  t.match(await signIn(world, strict), { row: 'E2' })
})

rule('C3: an unverified address never merges, and is refused where somebody holds it (L01)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const victim = await addLocalHolder(world)
  for (const kind of ['asserted', 'denied'] as const) {
    await refused(t, world, merging, { tenant: 'attacker', verified: false, kind }, 'email_in_use', 'C3')
    await refused(t, world, { ...merging, ...asIdentifier }, { tenant: 'attacker', email: 'ANN@example.com', verified: false, kind }, 'email_in_use', 'C3')
  }
  t.match(await signIn(world, merging), { row: 'D3', user: { id: victim } }, 'who proves the address is merged')
})

rule('C3: an address that others have unverified only is nobody\'s', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id } = await world.accounts.create()
  await world.accounts.addEmail(id, 'ann@example.com')
  t.match(await signIn(world, merging, { verified: false }), { row: 'C4', isNew: true })
})

rule('C4: an unverified address, or none, makes a user without identifier (L02)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const victim = await addLocalHolder(world)
  const before = await world.accounts.export(victim)
  const linked = await signIn(world, asIdentifier, { tenant: 'attacker', verified: false })
  t.match(linked, { row: 'C4', isNew: true, email: { verified: false } })
  t.same(linked.events, [{ type: 'user_created', userId: linked.user.id }])
  t.not(linked.user.id, victim)
  t.same(await about(world, linked.user.id), { addresses: [], provers: [], identities: 1 })
  t.match(await world.accounts.identities(linked.user.id), [{ email: { canonical: 'ann@example.com', score: 20 } }])
  t.same(await world.accounts.export(victim), before, 'the victim is as before')
  t.match(await signIn(world, { ...asIdentifier, ...merging }, { tenant: 'fabrikam', email: null, verified: false }), { row: 'C4', email: { address: null } })
})

rule('the same oid or sub in two tenants is two people (T30)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const first = await signIn(world, {}, { email: null, verified: false })
  const second = await signIn(world, {}, { tenant: 'fabrikam', email: null, verified: false })
  t.not(first.user.id, second.user.id)
  t.equal(first.identity.oid, second.identity.oid)
})

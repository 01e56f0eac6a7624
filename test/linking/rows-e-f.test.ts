import { dump } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { about, addLocalHolder, asIdentifier, eventsOf, merging, noSignup, refused, signIn } from './sign-in.ts'
import { tenants } from './tokens.ts'
import { createWorld } from './world.ts'

rule('E1: who was invited is let in, whatever merge and sign-up options say', async (t, engine) => {
  for (const policy of [noSignup, { ...noSignup, ...merging }, { ...asIdentifier, ...merging }]) {
    const world = await createWorld(t, engine)
    const invited = await world.accounts.invite({ email: 'Ann@example.com' })
    await refused(t, world, { ...policy, ...noSignup }, { tenant: 'attacker', verified: false }, 'signup_disabled', 'F')
    const linked = await signIn(world, policy)
    t.match(linked, { row: 'E1', isNew: false, user: { id: invited.id, displayName: 'Ann' } })
    t.same(eventsOf(linked), 'use_email_as_identifier' in policy ? ['identity_linked', 'identifier_added'] : ['identity_linked'])
    t.equal((await world.accounts.findByEmail('ann@example.com'))?.id, 'use_email_as_identifier' in policy ? invited.id : undefined)
    t.same(world.ended, [])
    await refused(t, world, noSignup, { tenant: 'fabrikam', email: 'bob@example.com' }, 'signup_disabled', 'F')
  }
})

rule('E1: an invitation is good for one identity', async (t, engine) => {
  const world = await createWorld(t, engine)
  const invited = await world.accounts.invite({ email: 'ann@example.com' })
  t.match(await signIn(world, {}), { row: 'E1', user: { id: invited.id } })
  t.match(await signIn(world, {}, { tenant: 'fabrikam' }), { row: 'E2', isNew: true })
  t.same((await dump(world.database)).invitations, [])
})

rule('E1: an invitation of somebody disabled lets nobody in', async (t, engine) => {
  const world = await createWorld(t, engine)
  const invited = await world.accounts.invite({ email: 'ann@example.com' })
  await world.accounts.disable(invited.id)
  await refused(t, world, asIdentifier, {}, 'account_disabled', 'E1')
})

rule('E2: a verified address that nobody holds makes a user, and is the identifier if addresses are', async (t, engine) => {
  const world = await createWorld(t, engine)
  const plain = await signIn(world, {}, { tenant: 'fabrikam' })
  t.match(plain, { row: 'E2', isNew: true })
  t.same(eventsOf(plain), ['user_created'])
  t.same(await about(world, plain.user.id), { addresses: [], provers: [], identities: 1 })

  const linked = await signIn(world, asIdentifier)
  t.match(linked, { row: 'E2', isNew: true, user: { displayName: 'Ann', createdAt: world.clock.now, disabledAt: null } })
  t.same(eventsOf(linked), ['user_created', 'identifier_added'])
  t.same(await about(world, linked.user.id), { addresses: ['ann@example.com verified'], provers: [`ann@example.com ${tenants.contoso}`], identities: 1 })
})

rule('E2: an unverified copy elsewhere reserves nothing (L08)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const squatter = (await world.accounts.create()).id
  await world.accounts.addEmail(squatter, 'ann@example.com')
  await world.accounts.addEmail(squatter, 'bob@example.com')
  await signIn(world, {})
  t.equal((await world.accounts.export(squatter)).identifiers.length, 2, 'where addresses are no identifiers it stays')
  const linked = await signIn(world, asIdentifier, { tenant: 'fabrikam' })
  t.same(linked.events, [
    { type: 'user_created', userId: linked.user.id },
    { type: 'identifier_added', userId: linked.user.id },
    { type: 'identifier_reclaimed', userId: squatter }
  ])
  t.same((await about(world, squatter)).addresses, ['bob@example.com unverified'])
})

rule('E2: nobody is merged into an account that has the address only unverified (L03)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const attacker = (await world.accounts.create({ displayName: 'Made before the victim came' })).id
  await world.accounts.addEmail(attacker, 'ann@example.com')
  const linked = await signIn(world, merging)
  t.match(linked, { row: 'E2', isNew: true })
  t.not(linked.user.id, attacker)
  t.same((await about(world, attacker)).identities, 0)
  await world.accounts.verifyEmail(attacker, 'ann@example.com')
  t.match(await signIn(world, merging, { tenant: 'fabrikam' }), { row: 'D3', user: { id: attacker } }, 'one that has it verified is')
})

rule('the user\'s own unverified copy becomes verified, and keeps its time', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {}, { verified: false })
  await world.accounts.addEmail(user.id, 'ann@example.com')
  const added = world.clock.now
  world.clock.now += 1_000
  t.same(eventsOf(await signIn(world, asIdentifier)), ['email_changed', 'identifier_added'])
  t.match((await world.accounts.export(user.id)).identifiers, [{ verified: true, createdAt: added, provenance: { at: world.clock.now } }])
})

rule('F: nobody new comes in where sign-up is off', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {}, { tenant: 'fabrikam', email: 'known@example.com' })
  await refused(t, world, noSignup, { verified: false }, 'signup_disabled', 'F')
  await refused(t, world, noSignup, {}, 'signup_disabled', 'F')
  await refused(t, world, { ...noSignup, ...asIdentifier }, {}, 'signup_disabled', 'F')
  const holder = await addLocalHolder(world)
  await refused(t, world, noSignup, {}, 'signup_disabled', 'F')
  t.match(await signIn(world, noSignup, { tenant: 'fabrikam', email: 'known@example.com' }), { row: 'B2', user: { id: user.id } }, 'who is known comes in')
  t.match(await signIn(world, { ...noSignup, ...merging }), { row: 'D3', user: { id: holder } }, 'who is merged comes in')
})

rule('a deleted user does not rise again (L23)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const first = await signIn(world, asIdentifier)
  await world.accounts.delete(first.user.id)
  const second = await signIn(world, asIdentifier)
  t.match(second, { row: 'E2', isNew: true })
  t.not(second.user.id, first.user.id)
})

import { dump } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { about, addHolder, addLocalHolder, asIdentifier, eventsOf, merging, refused, signIn } from './sign-in.ts'
import { tenants, token } from './tokens.ts'
import { createWorld } from './world.ts'

rule('D1: the address of a disabled holder lets nobody in (L23)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addHolder(world)
  await world.accounts.disable(holder)
  for (const policy of [{}, merging, asIdentifier]) await refused(t, world, policy, {}, 'account_disabled', 'D1')
})

rule('D2: a recycled mailbox is not its former owner\'s account (E24)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addHolder(world)
  for (const policy of [{}, merging, asIdentifier]) await refused(t, world, policy, { tenant: 'fabrikam', person: 2 }, 'email_in_use', 'D2')
  t.match(await signIn(world, merging), { row: 'D3', user: { id: holder } }, 'an identity of another tenant is merged')
})

rule('D2: a holder who has an identity of the tenant, though it never proved the address', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {}, { email: 'other@example.com' })
  await world.accounts.verifyEmail(user.id, 'ann@example.com')
  await refused(t, world, merging, { person: 2 }, 'email_in_use', 'D2')
})

rule('D2: who ever proved the address counts, though the holder has the identity no more', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addLocalHolder(world)
  t.match(await signIn(world, merging), { row: 'D3', user: { id: holder } })
  await world.database.run((db) => db.deleteFrom('identities').execute())
  await refused(t, world, merging, { person: 2 }, 'email_in_use', 'D2')
  t.match(await signIn(world, merging), { row: 'D3', user: { id: holder } }, 'the identity that proved it comes back')
})

rule('D2: who gave the address up and got it again is still known', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addHolder(world)
  await world.accounts.removeEmail(holder, 'ann@example.com')
  await world.accounts.verifyEmail(holder, 'ann@example.com')
  await world.database.run((db) => db.deleteFrom('identities').execute())
  await refused(t, world, merging, { tenant: 'fabrikam', person: 2 }, 'email_in_use', 'D2')
})

rule('D2: releasing the address is the way out', async (t, engine) => {
  const world = await createWorld(t, engine)
  const former = await addHolder(world)
  await refused(t, world, { ...asIdentifier, ...merging }, { tenant: 'fabrikam', person: 2 }, 'email_in_use', 'D2')
  await world.accounts.releaseEmail(former, 'ann@example.com')
  const linked = await signIn(world, { ...asIdentifier, ...merging }, { tenant: 'fabrikam', person: 2 })
  t.match(linked, { row: 'E2', isNew: true })
  t.match(await world.accounts.findByEmail('ann@example.com'), { id: linked.user.id })
  const again = await signIn(world, asIdentifier, { tenant: 'fabrikam' })
  t.match(again, { row: 'B2', user: { id: former } })
  t.same(eventsOf(again), ['identifier_held'])
})

rule('D3: a verified address merges, tells the holder and ends the holder\'s sessions', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addLocalHolder(world)
  await world.startSession('old', holder)
  await world.startSession('somebody else', 'u')
  const linked = await signIn(world, merging)
  t.match(linked, { row: 'D3', isNew: false, user: { id: holder, displayName: 'Ann of old' } })
  t.same(linked.events, [{ type: 'account_merged', userId: holder, email: token().email }])
  t.same(world.ended, [holder])
  t.same((await dump(world.database)).sessions!.map((row) => (row as { key: string }).key), ['somebody else'])
  t.same(await about(world, holder), { addresses: ['ann@example.com verified'], provers: [`ann@example.com ${tenants.contoso}`], identities: 1 })
  t.match(await world.accounts.identities(holder), [{ tid: tenants.contoso, lastSignInAt: world.clock.now }])
  const again = await signIn(world, merging)
  t.match(again, { row: 'B2', user: { id: holder } })
  t.same(again.events, [])
  t.same(world.ended, [holder], 'and ends no later ones')
})

rule('D3: the sessions stay where the operator wants it so', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addLocalHolder(world)
  t.match(await signIn(world, { ...merging, endSessionsOnMerge: false }), { row: 'D3', user: { id: holder } })
  t.same(world.ended, [])
  await signIn(world, merging)
  t.same(world.ended, [])
})

rule('D4: a held address is refused, where addresses are identifiers and nothing merges', async (t, engine) => {
  const world = await createWorld(t, engine)
  await addHolder(world)
  await refused(t, world, asIdentifier, {}, 'email_in_use', 'D4')
})

rule('D5: with neither, whoever proves a held address is a new user without it', async (t, engine) => {
  const world = await createWorld(t, engine)
  const holder = await addHolder(world)
  const linked = await signIn(world, {})
  t.match(linked, { row: 'D5', isNew: true })
  t.same(eventsOf(linked), ['user_created'])
  t.not(linked.user.id, holder)
  t.same(await about(world, linked.user.id), { addresses: [], provers: [], identities: 1 })
  t.match(await world.accounts.findByEmail('ann@example.com'), { id: holder })
})

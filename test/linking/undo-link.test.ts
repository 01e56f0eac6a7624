import { dump } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { createLinking } from '../../src/linking/link.ts'
import type { LinkedUser, LinkingPolicy } from '../../src/linking/types.ts'
import { addHolder, asIdentifier, signIn } from './sign-in.ts'
import { identityOf, type Said, token } from './tokens.ts'
import { createWorld, defaults, linkedUser, type World } from './world.ts'

const second: Said = { tenant: 'fabrikam', person: 7, email: 'ann@fabrikam.example' }

/** Links by hand, and gives the way back. */
async function linkByHand (world: World, userId: string, said: Said = second, policy: Partial<LinkingPolicy> = asIdentifier): Promise<{ linked: LinkedUser, undo: () => Promise<void> }> {
  const environment = { now: () => world.clock.now, randomBytes: (size: number) => Buffer.alloc(size) }
  const { link, undo } = createLinking({ policy: { ...defaults, ...policy }, store: world.store, environment, endSessions: async () => {} })
  const linked = linkedUser(await link({ ...token(said), linker: { userId, isSameSession: true } }))
  return { linked, undo: async () => await undo(linked) }
}

rule('a link by hand that is undone leaves every row as it was', async (t, engine) => {
  const cases: Array<[string, (world: World) => Promise<string>, Said?]> = [
    ['a free address', async (world) => (await signIn(world, {})).user.id],
    ['an address that nobody verified', async (world) => (await signIn(world, {})).user.id, { ...second, verified: false }],
    ['no address', async (world) => (await signIn(world, {})).user.id, { ...second, email: null, verified: false }],
    ['an address that another user holds', async (world) => {
      await addHolder(world, { email: 'ann@fabrikam.example' })
      return (await signIn(world, {})).user.id
    }],
    ['an address that the user has, proven by another identity', async (world) => await addHolder(world, { tenant: 'contoso', email: 'ann@fabrikam.example' })],
    ['an address that the user has unverified, as others have, and a name that is new', async (world) => {
      const { id } = await world.accounts.create()
      const squatter = await world.accounts.create()
      world.clock.now += 5
      for (const userId of [id, squatter.id]) await world.accounts.addEmail(userId, 'Ann@fabrikam.example')
      world.clock.now += 5
      return id
    }],
    ['somebody who is awaited', async (world) => (await world.accounts.invite({ email: 'ann@example.com', displayName: 'Ann' })).id],
    ['an identity that had proven the address before', async (world) => {
      const { user } = await signIn(world, asIdentifier)
      const { linked } = await linkByHand(world, user.id)
      await world.accounts.unlink(user.id, linked.identity)
      world.clock.now += 5
      return user.id
    }]
  ]
  for (const [title, prepare, said] of cases) {
    const world = await createWorld(t, engine)
    const userId = await prepare(world)
    const before = await dump(world.database)
    const { linked, undo } = await linkByHand(world, userId, said)
    t.match(linked, { row: 'A5', user: { id: userId } }, title)
    t.notSame(await dump(world.database), before)
    await undo()
    t.same(await dump(world.database), before, title)
    await undo()
    t.same(await dump(world.database), before, 'once is enough')
  }
})

rule('undoing a link leaves alone what others did meanwhile', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await world.accounts.create()
  const [squatter, gone] = [await world.accounts.create(), await world.accounts.create()]
  for (const { id } of [squatter, gone]) await world.accounts.addEmail(id, 'ann@fabrikam.example')
  const invited = await world.accounts.invite({ email: 'awaited@example.com' })
  const { undo } = await linkByHand(world, ann.id)
  await world.accounts.verifyEmail(ann.id, 'ann@fabrikam.example')
  await world.accounts.addEmail(squatter.id, 'ann@fabrikam.example')
  await world.accounts.delete(gone.id)
  await world.store.transaction(async (accounts) => await accounts.updateUser({ ...(await accounts.findUser(ann.id))!, displayName: 'Annie' }))
  await undo()
  t.equal(await world.accounts.findByIdentity(identityOf(second)), null)
  t.match(await world.accounts.find(ann.id), { displayName: 'Annie' })
  t.match(await world.accounts.emails(ann.id), [{ canonical: 'ann@fabrikam.example', verified: true, provenance: { kind: 'application' } }])
  t.match(await world.accounts.emails(squatter.id), [{ verified: false }])

  const awaited = await linkByHand(world, invited.id, { tenant: 'fabrikam', person: 8, email: null, verified: false })
  const other = await world.accounts.invite({ email: 'awaited@example.com' })
  await awaited.undo()
  t.notSame(other.id, invited.id)
  t.equal((await world.accounts.invite({ email: 'awaited@example.com' })).id, other.id)
})

rule('an identity that has gone meanwhile, or was linked anew, is not touched; nor is what was no link', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { user } = await signIn(world, {})
  const first = await linkByHand(world, user.id)
  await world.accounts.unlink(user.id, first.linked.identity)
  const before = await dump(world.database)
  await first.undo()
  t.same(await dump(world.database), before, 'it has gone')
  world.clock.now += 5
  await linkByHand(world, user.id)
  const relinked = await dump(world.database)
  await first.undo()
  t.same(await dump(world.database), relinked, 'it was linked anew')
  const again = await linkByHand(world, user.id)
  t.equal(again.linked.row, 'A4')
  await again.undo()
  t.same(await dump(world.database), relinked, 'it was no link')
  await world.accounts.unlink(user.id, first.linked.identity)
  await signIn(world, {}, second)
  const ofAnother = await dump(world.database)
  await first.undo()
  t.same(await dump(world.database), ofAnother, 'it is somebody else\'s')
})

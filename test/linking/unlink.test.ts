import { createAccounts } from '../../src/linking/accounts.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import { count, dump, openTestDatabase } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { about, asIdentifier, merging, signIn } from './sign-in.ts'
import { identityOf, type Said, tenants, token } from './tokens.ts'
import { canonicalAddress, createWorld, type World } from './world.ts'

const first: Said = {}
const second: Said = { tenant: 'fabrikam', person: 7, email: 'ann@fabrikam.example' }
const last = { code: 'last_identity', statusCode: 409 }
const unknown = { code: 'invalid_request', statusCode: 400, detail: { reason: 'unknown_identity' } }

async function link (world: World, userId: string, said: Said): Promise<void> {
  await world.linking(asIdentifier).link({ ...token(said), linker: { userId, isSameSession: true } })
}

/** A user with two identities, each of which proved an address of its own. */
async function addAnn (world: World, saidSecond: Said = second): Promise<string> {
  const { user } = await signIn(world, asIdentifier, first)
  await link(world, user.id, saidSecond)
  return user.id
}

const sessionKeys = async (world: World): Promise<string[]> => (await dump(world.database)).sessions!.map((row) => (row as { key: string }).key)

rule('an identity of somebody else, or of nobody, is not taken from its user', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world)
  const bob = await signIn(world, {}, { person: 2, email: 'bob@example.com' })
  await world.startSession('ann', ann)
  const before = await dump(world.database)
  for (const identity of [identityOf({ person: 2 }), identityOf({ person: 99 }), { ...identityOf(first), tid: tenants.attacker }]) {
    await t.rejects(world.accounts.unlink(ann, identity), unknown)
  }
  await t.rejects(world.accounts.unlink(bob.user.id, identityOf(first)), unknown)
  await t.rejects(world.accounts.unlink('nobody', identityOf(first)), unknown)
  await t.rejects(world.accounts.canUnlink(ann, identityOf({ person: 2 })), unknown)
  t.same(await dump(world.database), before)
  t.same(world.reported, [])
})

rule('an identity goes with the address that it alone proved, and the user\'s sessions end in the same call (L17)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world)
  await world.startSession('ann', ann)
  await world.startSession('bob', 'bob')
  const { tid, oid } = identityOf(second)
  await world.accounts.unlink(ann, { tid: tid.toUpperCase(), oid: oid.toUpperCase() })
  t.same(await about(world, ann), {
    addresses: ['ann@example.com verified'],
    provers: [`ann@example.com ${tenants.contoso}`, `ann@fabrikam.example ${tenants.fabrikam}`],
    identities: 1
  }, 'and who proved it is remembered')
  t.same(await sessionKeys(world), ['bob'])
  t.same(new Set(world.ended), new Set([ann]))
  t.same(world.reported.slice(0, 2), [
    { type: 'identity_unlinked', userId: ann, identity: { tid, oid } },
    { type: 'identifier_removed', userId: ann, identity: { tid, oid }, address: 'ann@fabrikam.example' }
  ])
  const again = await signIn(world, asIdentifier, second)
  t.match(again, { row: 'E2', isNew: true }, 'it is an unknown identity from then on')
  t.not(again.user.id, ann)
})

rule('an address that another identity of the user proved as well stays, and names that one', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world, { ...second, email: 'ann@example.com', kind: 'tenant_domain' })
  const [before] = await world.accounts.emails(ann)
  t.match(before, { provenance: { tid: tenants.contoso } })
  world.clock.now += 1_000
  await world.accounts.unlink(ann, identityOf(first))
  const { tid, oid } = identityOf(second)
  t.same(await world.accounts.emails(ann), [{ ...before, provenance: { tid, oid, kind: 'tenant_domain', at: world.clock.now - 1_000 } }])
  t.same(world.reported, [{ type: 'identity_unlinked', userId: ann, identity: { tid: tenants.contoso, oid: identityOf(first).oid } }])

  await link(world, ann, first)
  await world.accounts.unlink(ann, identityOf(second))
  t.match(await world.accounts.emails(ann), [{ canonical: 'ann@example.com', provenance: { tid: tenants.contoso } }], 'and back again')
})

rule('an identity that is gone itself is no reason for an address to stay', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world, { ...second, email: 'ann@example.com' })
  await link(world, ann, { person: 8, email: 'third@example.com' })
  await world.accounts.unlink(ann, identityOf(second))
  await world.accounts.unlink(ann, identityOf(first))
  t.same((await about(world, ann)).addresses, ['third@example.com verified'])
  t.match(await signIn(world, { ...asIdentifier, ...merging }, { tenant: 'attacker' }), { row: 'E2', isNew: true }, 'the address is free')
})

rule('what the application vouched for, what is unproven, and what a code proved for another identity stay', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world, { ...second, kind: 'mailbox_control' })
  await world.accounts.verifyEmail(ann, 'app@example.com')
  await world.accounts.addEmail(ann, 'unproven@example.com')
  await world.accounts.verifyEmail(ann, 'ann@example.com')
  await world.accounts.unlink(ann, identityOf(first))
  t.same((await about(world, ann)).addresses.sort(), ['ann@example.com verified', 'ann@fabrikam.example verified', 'app@example.com verified', 'unproven@example.com unverified'])
  await link(world, ann, { person: 9, email: null, verified: false })
  await world.accounts.unlink(ann, identityOf(second))
  t.same((await about(world, ann)).addresses.sort(), ['ann@example.com verified', 'app@example.com verified', 'unproven@example.com unverified'], 'a code counts for the identity that it was asked for')
})

rule('the last way in stays (L15)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world)
  await world.accounts.unlink(ann, identityOf(second))
  await world.startSession('ann', ann)
  world.ended.length = 0
  world.reported.length = 0
  const before = await dump(world.database)
  t.equal(await world.accounts.canUnlink(ann, identityOf(first)), false)
  await t.rejects(world.accounts.unlink(ann, identityOf(first)), last)
  t.same(await dump(world.database), before)
  t.same([world.ended, world.reported], [[], []])
  t.match(await signIn(world, asIdentifier, first), { row: 'B2', user: { id: ann } })
})

rule('two identities are given up at once: one stays (L15)', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  const world = await createWorld(t, location)
  const environment = { now: () => 1, randomBytes: (size: number) => Buffer.alloc(size) }
  const other = createAccounts({ store: createAccountStore(await openTestDatabase(t, location)), environment, canonicalAddress, endSessions: async () => {} })
  for (let round = 0; round < 10; round++) {
    const { user: { id } } = await signIn(world, {}, { person: 100 + round })
    await link(world, id, { ...second, person: 200 + round, email: null, verified: false })
    const outcomes = await Promise.allSettled([
      world.accounts.unlink(id, identityOf({ person: 100 + round })), other.unlink(id, identityOf({ ...second, person: 200 + round }))
    ])
    const codes = outcomes.map((outcome) => outcome.status === 'fulfilled' ? 'done' : (outcome.reason as { code: string }).code)
    t.same(codes.sort(), ['done', 'last_identity'])
    t.equal((await world.accounts.identities(id)).length, 1)
  }
})

rule('whoever comes second is refused by the transaction, not by the look before it', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world)
  let isRaced = false
  const raced = createAccounts({
    store: world.store,
    environment: { now: () => 1, randomBytes: (size) => Buffer.alloc(size) },
    canonicalAddress,
    // Called between the look and the write: there the other one is faster.
    endSessions: async () => {
      if (isRaced) return
      isRaced = true
      await world.accounts.unlink(ann, identityOf(second))
    }
  })
  await t.rejects(raced.unlink(ann, identityOf(first)), last)
  t.match(await world.accounts.identities(ann), [identityOf(first)])
  isRaced = false
  await link(world, ann, second)
  await t.rejects(raced.unlink(ann, identityOf(second)), unknown, 'nor is one identity given up twice')
  t.equal(await count(world.database, 'identities'), 1)
})

rule('an application may say that a user has another door: asked when it matters, and outside of any transaction', async (t, engine) => {
  const asked: string[] = []
  let answer = false
  const world = await createWorld(t, engine, {
    hasOtherWayIn: async (userId) => {
      asked.push(userId)
      // Inside of a transaction this would wait for itself.
      await world.accounts.find(userId)
      return answer
    }
  })
  const ann = await addAnn(world)
  await t.rejects(world.accounts.unlink(ann, identityOf({ person: 99 })), unknown)
  await world.accounts.unlink(ann, identityOf(second))
  t.same(asked, [])
  await t.rejects(world.accounts.unlink(ann, identityOf(first)), last)
  t.same(asked, [ann])
  answer = true
  t.equal(await world.accounts.canUnlink(ann, identityOf(first)), true)
  await world.accounts.unlink(ann, identityOf(first))
  t.same(await about(world, ann), { addresses: [], provers: [`ann@example.com ${tenants.contoso}`, `ann@fabrikam.example ${tenants.fabrikam}`], identities: 0 })
  t.ok(await world.accounts.isActive(ann))
})

rule('an identity that could not sign in any more is no way in', async (t, engine) => {
  const world = await createWorld(t, engine, { isWayIn: ({ tid }) => tid === tenants.contoso })
  const ann = await addAnn(world)
  await t.rejects(world.accounts.unlink(ann, identityOf(first)), last)
  await world.accounts.unlink(ann, identityOf(second))
})

rule('an unlinking that was cut off has ended the sessions already, and can be done again', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world)
  await world.startSession('ann', ann)
  const cutOff = createAccounts({
    store: {
      transaction: async (work) => await world.store.transaction(async (accounts) => await work({ ...accounts, deleteIdentity: async () => { throw new Error('cut off') } }))
    },
    environment: { now: () => 1, randomBytes: (size) => Buffer.alloc(size) },
    canonicalAddress,
    endSessions: async (userId) => await world.database.run(async (db) => { await db.deleteFrom('sessions').where('user_id', '=', userId).execute() })
  })
  await t.rejects(cutOff.unlink(ann, identityOf(second)), { message: 'cut off' })
  t.same(await sessionKeys(world), [])
  t.equal(await count(world.database, 'identities'), 2)
  await world.accounts.unlink(ann, identityOf(second))
  t.equal(await count(world.database, 'identities'), 1)
})

rule('a tenant that gave an address to somebody else is noticed after the identity is gone as well (D2, E24)', async (t, engine) => {
  const world = await createWorld(t, engine)
  const ann = await addAnn(world, { ...second, email: 'ann@example.com' })
  await world.accounts.unlink(ann, identityOf(first))
  await t.rejects(signIn(world, { ...asIdentifier, ...merging }, { person: 2 }), { code: 'email_in_use', detail: { reason: 'linking_D2' } })
  t.match(await signIn(world, { ...asIdentifier, ...merging }, first), { row: 'D3', user: { id: ann } }, 'the identity itself comes back')
})

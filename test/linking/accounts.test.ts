import { createAccounts } from '../../src/linking/accounts.ts'
import { count, dump } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { identityOf, tenants, token } from './tokens.ts'
import { canonicalAddress, createWorld } from './world.ts'

const asIdentifier = { use_email_as_identifier: true }
const refusal = (reason: string) => ({ code: 'invalid_request', statusCode: 400, detail: { reason } })
const inUse = { code: 'email_in_use', statusCode: 409 }
const nobody = '00000000-0000-4000-8000-00000000dead'

rule('a user is created, with or without a name, and found by id', async (t, engine) => {
  const { accounts, clock } = await createWorld(t, engine)
  const ann = await accounts.create({ displayName: 'Ann' })
  t.same(ann, { id: ann.id, displayName: 'Ann', createdAt: clock.now, disabledAt: null })
  t.same(await accounts.find(ann.id), ann)
  t.match(await accounts.create(), { displayName: null })
  t.match(await accounts.create({ displayName: null }), { displayName: null })
  t.equal(await accounts.find(nobody), null)
})

rule('what is no name is refused (E20)', async (t, engine) => {
  const { accounts, database } = await createWorld(t, engine)
  for (const displayName of ['', '  ', 'a\0b', 'a\nb', 'x'.repeat(201), 5, {}]) {
    await t.rejects(accounts.create({ displayName: displayName as string }), refusal('wrong_display_name'))
    await t.rejects(accounts.invite({ email: 'ann@example.com', displayName: displayName as string }), refusal('wrong_display_name'))
  }
  t.equal(await count(database, 'users'), 0)
  t.match(await accounts.create({ displayName: 'x'.repeat(200) }), { disabledAt: null })
})

rule('a user is found by identity, in either letter case', async (t, engine) => {
  const { accounts, linking } = await createWorld(t, engine)
  const { user } = await linking().link(token())
  const { tid, oid } = identityOf({})
  t.match(await accounts.findByIdentity({ tid: tid.toUpperCase(), oid: oid.toUpperCase() }), { id: user.id })
  t.equal(await accounts.findByIdentity({ tid: tenants.fabrikam, oid }), null)
  t.same(await accounts.identities(user.id), [{ ...identityOf({}), userId: user.id, profile: token().profile, email: token().email, createdAt: user.createdAt, lastSignInAt: user.createdAt }])
  await t.rejects(accounts.identities(nobody), refusal('unknown_user'))
  await t.rejects(accounts.emails(nobody), refusal('unknown_user'))
})

rule('a user is found by an address that is verified, and by no other', async (t, engine) => {
  const { accounts } = await createWorld(t, engine)
  const { id } = await accounts.create()
  await accounts.addEmail(id, 'ann@example.com')
  t.equal(await accounts.findByEmail('ann@example.com'), null)
  await accounts.verifyEmail(id, 'ann@example.com')
  t.match(await accounts.findByEmail('Ann@Example.com'), { id })
})

rule('an invitation makes one user, however often it is made', async (t, engine) => {
  const { accounts, database, clock } = await createWorld(t, engine)
  const invited = await Promise.all([1, 2, 3].map(async () => await accounts.invite({ email: 'Ann@example.com', displayName: 'Ann' })))
  t.equal(new Set(invited.map(({ id }) => id)).size, 1)
  t.same((await accounts.export(invited[0]!.id)).invitations, [{ userId: invited[0]!.id, address: 'Ann@example.com', canonical: 'ann@example.com', createdAt: clock.now }])
  t.equal(await count(database, 'users'), 1)
  t.equal(await accounts.findByEmail('ann@example.com'), null, 'an invitation proves nothing')
})

rule('an address that somebody holds is not invited', async (t, engine) => {
  const { accounts, database } = await createWorld(t, engine)
  const { id } = await accounts.create()
  await accounts.verifyEmail(id, 'ann@example.com')
  const before = await dump(database)
  await t.rejects(accounts.invite({ email: 'ann@example.com' }), inUse)
  t.same(await dump(database), before)
})

rule('disabling ends the user\'s sessions in the same call, and nobody else\'s (S12)', async (t, engine) => {
  const { accounts, database, startSession, ended, clock } = await createWorld(t, engine)
  const [ann, bob] = [await accounts.create(), await accounts.create()]
  await startSession('ann', ann.id)
  await startSession('bob', bob.id)
  t.ok(await accounts.isActive(ann.id))
  await accounts.disable(ann.id)
  t.notOk(await accounts.isActive(ann.id))
  t.ok(await accounts.isActive(bob.id))
  t.same(ended, [ann.id, ann.id], 'before and after')
  t.same((await dump(database)).sessions!.map((row) => (row as { key: string }).key), ['bob'])

  const disabledAt = clock.now
  clock.now += 1_000
  await accounts.disable(ann.id)
  t.match(await accounts.find(ann.id), { disabledAt }, 'the first time counts')
  t.same(ended, [ann.id, ann.id, ann.id, ann.id], 'and sessions end again')

  await accounts.enable(ann.id)
  t.ok(await accounts.isActive(ann.id))
  t.notOk(await accounts.isActive(nobody))
  await t.rejects(accounts.disable(nobody), refusal('unknown_user'))
  await t.rejects(accounts.enable(nobody), refusal('unknown_user'))
  t.equal(ended.length, 4, 'nothing ends for who is not there')
})

rule('deleting removes all that is theirs, and nothing of anybody else', async (t, engine) => {
  const { accounts, database, linking, startSession, ended } = await createWorld(t, engine)
  const bob = await linking(asIdentifier).link(token({ tenant: 'fabrikam', email: 'bob@example.com' }))
  const before = await dump(database)

  const invited = await accounts.invite({ email: 'ann@example.com' })
  await linking(asIdentifier).link(token())
  await accounts.addEmail(invited.id, 'second@example.com')
  await startSession('ann', invited.id)
  const pending = await accounts.invite({ email: 'pending@example.com' })
  const full = await dump(database)
  t.same(['identities', 'identifiers', 'proofs', 'invitations', 'sessions'].map((table) => full[table]!.length), [2, 3, 2, 1, 1])

  await accounts.delete(invited.id)
  await accounts.delete(pending.id)
  t.same(await dump(database), before)
  t.same(ended, [invited.id, invited.id, pending.id, pending.id], 'before and after')
  await t.rejects(accounts.delete(invited.id), refusal('unknown_user'))
  t.equal(ended.length, 6, 'a call that was cut off is made again, and ends what is left')
  t.ok(await accounts.isActive(bob.user.id))
})

rule('disabling and deleting that are cut off right after the commit leave nobody signed in from before', async (t, engine) => {
  for (const name of ['disable', 'delete'] as const) {
    const world = await createWorld(t, engine)
    const { id } = await world.accounts.create()
    await world.startSession('ann', id)
    const environment = { now: () => 1, randomBytes: (size: number) => Buffer.alloc(size) }
    let calls = 0
    const endSessions = async (userId: string): Promise<void> => {
      if (++calls === 2) throw new Error('cut off')
      await world.database.run((db) => db.deleteFrom('sessions').where('user_id', '=', userId).execute())
    }
    const cutOff = createAccounts({ store: world.store, environment, canonicalAddress, endSessions })
    await t.rejects(cutOff[name](id), { message: 'cut off' }, name)
    t.equal(await world.accounts.isActive(id), false, 'it is committed')
    t.equal(await count(world.database, 'sessions'), 0)
  }
})

rule('where sessions cannot be ended nobody is disabled or deleted, and it can be done again', async (t, engine) => {
  const world = await createWorld(t, engine)
  const { id } = await world.accounts.create()
  const environment = { now: () => 1, randomBytes: (size: number) => Buffer.alloc(size) }
  const before = await dump(world.database)
  const broken = createAccounts({ store: world.store, environment, canonicalAddress, endSessions: async () => { throw new Error('no session store') } })
  for (const name of ['disable', 'delete'] as const) await t.rejects(broken[name](id), { message: 'no session store' })
  t.same(await dump(world.database), before)
  // Two deletions at once: the other one was first.
  const late = createAccounts({ store: world.store, environment, canonicalAddress, endSessions: async () => { await world.store.transaction((accounts) => accounts.deleteUser(id)) } })
  await t.rejects(late.delete(id), refusal('unknown_user'))
})

rule('an export has all that is kept about a user, as plain data', async (t, engine) => {
  const { accounts, linking, clock, startSession } = await createWorld(t, engine, { auditOf: async (userId) => userId === user.id ? [{ type: 'signed_in' }] : [] })
  const { user } = await linking(asIdentifier).link(token())
  const bob = await linking(asIdentifier).link(token({ tenant: 'fabrikam', email: 'bob@example.com' }))
  await startSession('secret-key-of-ann', user.id)
  await startSession('secret-key-of-bob', bob.user.id)
  await accounts.addEmail(user.id, 'Second@example.com')
  const data = await accounts.export(user.id)
  const { tid, oid } = identityOf({})
  const at = clock.now
  t.same(data, {
    user,
    identities: await accounts.identities(user.id),
    identifiers: [
      { userId: user.id, address: 'ann@example.com', canonical: 'ann@example.com', verified: true, provenance: { tid, oid, kind: 'domain_owner_verified', at }, createdAt: at },
      { userId: user.id, address: 'Second@example.com', canonical: 'second@example.com', verified: false, provenance: null, createdAt: at }
    ],
    proofs: [{ userId: user.id, canonical: 'ann@example.com', tid, oid, kind: 'domain_owner_verified', at }],
    invitations: [],
    sessions: [{ createdAt: 1, lastSeenAt: 1, device: null }],
    microsoftTokens: [],
    audit: [{ type: 'signed_in' }]
  })
  t.same(JSON.parse(JSON.stringify(data)), data)
  t.notMatch(JSON.stringify(data), 'secret-key', 'and no key of a session')
  await t.rejects(accounts.export(nobody), refusal('unknown_user'))
})

rule('an address is added unverified, once, and also where another user holds it', async (t, engine) => {
  const { accounts, clock } = await createWorld(t, engine)
  const [ann, bob] = [await accounts.create(), await accounts.create()]
  const added = await accounts.addEmail(ann.id, 'Ann@example.com')
  t.same(added, { userId: ann.id, address: 'Ann@example.com', canonical: 'ann@example.com', verified: false, provenance: null, createdAt: clock.now })
  clock.now += 1
  t.same(await accounts.addEmail(ann.id, 'ANN@example.com'), added)
  const verified = await accounts.verifyEmail(ann.id, 'ann@example.com')
  t.same(await accounts.addEmail(ann.id, 'ann@example.com'), verified, 'it is not made unverified again')
  t.match(await accounts.addEmail(bob.id, 'ann@example.com'), { verified: false }, 'whether it is taken is nobody\'s to learn')
  t.match(await accounts.findByEmail('ann@example.com'), { id: ann.id })
  await t.rejects(accounts.addEmail(nobody, 'ann@example.com'), refusal('unknown_user'))
})

rule('the application vouches for an address: of one that is free, and takes it from who had it unverified', async (t, engine) => {
  const { accounts, clock, database } = await createWorld(t, engine)
  const [ann, bob] = [await accounts.create(), await accounts.create()]
  await accounts.addEmail(bob.id, 'ann@example.com')
  const provenance = { tid: null, oid: null, kind: 'application', at: clock.now }
  const verified = await accounts.verifyEmail(ann.id, 'ann@example.com')
  t.same(verified, { userId: ann.id, address: 'ann@example.com', canonical: 'ann@example.com', verified: true, provenance, createdAt: clock.now })
  t.same((await accounts.export(bob.id)).identifiers, [])

  clock.now += 1
  t.same(await accounts.verifyEmail(ann.id, 'ANN@example.com'), verified, 'a second time changes nothing')
  const before = await dump(database)
  await t.rejects(accounts.verifyEmail(bob.id, 'ann@example.com'), inUse)
  await t.rejects(accounts.verifyEmail(nobody, 'ann@example.com'), refusal('unknown_user'))
  t.same(await dump(database), before)
})

rule('what an identity had proven and the application vouches for stays when the identity goes', async (t, engine) => {
  const { accounts, linking, clock, reported } = await createWorld(t, engine)
  const { user } = await linking(asIdentifier).link(token())
  const before = await accounts.emails(user.id)
  clock.now += 1
  t.same(await accounts.verifyEmail(user.id, 'ANN@example.com'), { ...before[0], provenance: { tid: null, oid: null, kind: 'application', at: clock.now } })
  t.same(reported, [], 'it is no new address')
  t.match((await accounts.export(user.id)).proofs, [{ canonical: 'ann@example.com', tid: tenants.contoso }], 'who proved it is remembered')
})

rule('what is done to accounts is reported once, after it is done, and a refusal is not', async (t, engine) => {
  const { accounts, reported } = await createWorld(t, engine)
  const canonical = 'ann@example.com'
  const told = async (work: Promise<unknown>): Promise<unknown[]> => {
    reported.length = 0
    await work.catch(() => {})
    return [...reported]
  }
  const { id: userId } = await accounts.create()
  t.same(reported, [{ type: 'user_created', userId }])
  const { id: squatter } = await accounts.create()
  await accounts.addEmail(squatter, canonical)
  t.same(await told(accounts.addEmail(userId, canonical)), [{ type: 'identifier_added', userId, address: canonical, reason: 'unverified' }])
  t.same(await told(accounts.addEmail(userId, canonical)), [])
  t.same(await told(accounts.verifyEmail(userId, canonical)), [
    { type: 'identifier_added', userId, address: canonical, reason: 'application' }, { type: 'identifier_reclaimed', userId: squatter, address: canonical }
  ])
  t.same(await told(accounts.verifyEmail(userId, canonical)), [])
  t.same(await told(accounts.verifyEmail(squatter, canonical)), [], 'a refusal')
  t.same(await told(accounts.invite({ email: canonical })), [], 'a refusal')
  t.same(await told(accounts.removeEmail(userId, canonical)), [{ type: 'identifier_removed', userId, address: canonical }])
  t.same(await told(accounts.removeEmail(userId, canonical)), [], 'a refusal')
  await accounts.addEmail(userId, canonical)
  t.same(await told(accounts.releaseEmail(userId, canonical)), [{ type: 'identifier_released', userId, address: canonical }])
  t.match(await told(accounts.invite({ email: canonical })), [{ type: 'user_invited', address: canonical }])
  t.same(await told(accounts.invite({ email: canonical })), [])
  t.same(await told(accounts.disable(userId)), [{ type: 'user_disabled', userId }])
  t.same(await told(accounts.disable(userId)), [])
  t.same(await told(accounts.enable(userId)), [{ type: 'user_enabled', userId }])
  t.same(await told(accounts.enable(userId)), [])
  t.same(await told(accounts.export(userId)), [{ type: 'user_exported', userId }])
  t.same(await told(accounts.delete(userId)), [{ type: 'user_deleted', userId }])
  t.same(await told(accounts.delete(userId)), [])
})

rule('two users are vouched for with one address at once: one has it', async (t, engine) => {
  const { accounts, database } = await createWorld(t, engine)
  const users = [await accounts.create(), await accounts.create()]
  const outcomes = await Promise.allSettled(users.map(async ({ id }) => await accounts.verifyEmail(id, 'ann@example.com')))
  t.same(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.equal(await count(database, 'identifiers'), 1)
})

rule('removing an address keeps who proved it; releasing forgets it', async (t, engine) => {
  const { accounts, linking } = await createWorld(t, engine)
  const { user } = await linking(asIdentifier).link(token())
  await accounts.removeEmail(user.id, 'Ann@example.com')
  t.match(await accounts.export(user.id), { proofs: [{ canonical: 'ann@example.com' }] })
  t.same((await accounts.export(user.id)).identifiers, [])
  await t.rejects(accounts.removeEmail(user.id, 'ann@example.com'), refusal('unknown_address'))

  await accounts.releaseEmail(user.id, 'ann@example.com')
  t.same((await accounts.export(user.id)).proofs, [])
  await t.rejects(accounts.releaseEmail(user.id, 'ann@example.com'), refusal('unknown_address'))

  await accounts.verifyEmail(user.id, 'ann@example.com')
  await accounts.releaseEmail(user.id, 'ann@example.com')
  t.equal(await accounts.findByEmail('ann@example.com'), null, 'also one that only the application vouched for')
})

rule('an address of one user is not taken from another', async (t, engine) => {
  const { accounts, linking, database } = await createWorld(t, engine)
  await linking(asIdentifier).link(token())
  const { id } = await accounts.create()
  const before = await dump(database)
  await t.rejects(accounts.removeEmail(id, 'ann@example.com'), refusal('unknown_address'))
  await t.rejects(accounts.releaseEmail(id, 'ann@example.com'), refusal('unknown_address'))
  t.same(await dump(database), before)
})

rule('what is no address is refused with the reason, and without the address', async (t, engine) => {
  const { accounts } = await createWorld(t, engine)
  const { id } = await accounts.create()
  const wrong = 'not an address'
  const calls: Array<Promise<unknown>> = [
    accounts.addEmail(id, wrong), accounts.verifyEmail(id, wrong), accounts.removeEmail(id, wrong), accounts.releaseEmail(id, wrong),
    accounts.findByEmail(wrong), accounts.invite({ email: wrong }), accounts.addEmail(id, undefined as unknown as string)
  ]
  for (const call of calls) await t.rejects(call, refusal('wrong_address_no_address'))
})

rule('what is no id is refused as such, and no store is asked', async (t, engine) => {
  const world = await createWorld(t, engine)
  const accounts = world.accounts as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>
  for (const name of ['find', 'identities', 'emails', 'canUnlink', 'unlink', 'isActive', 'export', 'disable', 'enable', 'delete', 'addEmail', 'verifyEmail', 'removeEmail', 'releaseEmail']) {
    for (const id of [undefined, null, 5, ['x']]) await t.rejects(accounts[name]!(id, 'ada@contoso.example'), refusal('wrong_user_id'), name)
  }
  for (const identity of [{}, { tid: 'common', oid: 'x' }]) {
    await t.rejects(accounts.findByIdentity!(identity), refusal('wrong_identity'))
    await t.rejects(accounts.unlink!('somebody', identity), refusal('wrong_identity'))
  }
})

import { sql } from 'kysely'
import type { AccountTransaction } from '../../src/linking/store.ts'
import type { Identifier, LinkedIdentity, User } from '../../src/linking/types.ts'
import { createAccountStore } from '../../src/store/accounts.ts'
import type { Database } from '../../src/store/open.ts'
import { dump, openTestDatabase } from './database.ts'
import { rule } from './engines.ts'

const user = (id: string): User => ({ id, displayName: null, createdAt: 1, disabledAt: null })
const identity = (userId: string, oid = 'o1'): LinkedIdentity => ({
  tid: 't1',
  oid,
  sub: 's',
  iss: 'i',
  authority: 'https://login.example',
  userId,
  profile: { displayName: 'Ann', givenName: null, familyName: null, preferredUsername: null },
  email: { address: null, canonical: null, source: null, score: 0, verified: false, evidence: [{ kind: 'none', score: 0, sentence: 'None.' }] },
  createdAt: 1,
  lastSignInAt: 2
})
const identifier = (userId: string, verified: boolean): Identifier => ({
  userId,
  address: 'a@b.example',
  canonical: 'a@b.example',
  verified,
  provenance: verified ? { tid: 't1', oid: 'o1', kind: 'upn', at: 5 } : null,
  createdAt: 5
})

async function withUsers (database: Database): Promise<<Result>(work: (accounts: AccountTransaction) => Promise<Result>) => Promise<Result>> {
  const { transaction } = createAccountStore(database)
  await transaction(async (accounts) => {
    await accounts.insertUser(user('u1'))
    await accounts.insertUser(user('u2'))
  })
  return transaction
}

rule('the tables themselves refuse a second owner, holder and invitation', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const transaction = await withUsers(database)
  await transaction(async (accounts) => {
    await accounts.insertIdentity(identity('u1'))
    await accounts.putIdentifier(identifier('u1', true))
    await accounts.insertInvitation({ userId: 'u1', address: 'x@b.example', canonical: 'x@b.example', createdAt: 1 })
  })
  const before = await dump(database)
  const conflict = { code: 'store_unavailable', detail: { reason: 'conflict' } }
  await t.rejects(transaction((accounts) => accounts.insertIdentity(identity('u2'))), conflict)
  await t.rejects(transaction((accounts) => accounts.putIdentifier(identifier('u2', true))), conflict)
  await t.rejects(transaction((accounts) => accounts.insertInvitation({ userId: 'u2', address: 'X@b.example', canonical: 'x@b.example', createdAt: 1 })), conflict)
  await t.rejects(transaction((accounts) => accounts.insertUser(user('u1'))), conflict)
  t.same(await dump(database), before)
  await transaction((accounts) => accounts.putIdentifier(identifier('u2', false)))
  t.equal((await dump(database)).identifiers!.length, 2, 'unverified, anybody may have it')
})

rule('nothing is written for a user who is not there, and nothing verified without its provenance', async (t, engine) => {
  const transaction = await withUsers(await openTestDatabase(t, await engine.newLocation(t)))
  const refused = (reason: string) => ({ code: 'store_unavailable', detail: { reason } })
  await t.rejects(transaction((accounts) => accounts.insertIdentity(identity('u3'))), refused(engine.words.foreignKey))
  await t.rejects(transaction((accounts) => accounts.putIdentifier(identifier('u3', false))), refused(engine.words.foreignKey))
  await t.rejects(transaction((accounts) => accounts.putIdentifier({ ...identifier('u1', true), provenance: null })), refused(engine.words.check))
})

rule('an update changes what a sign-in may change, and never key, owner and time of creation', async (t, engine) => {
  const transaction = await withUsers(await openTestDatabase(t, await engine.newLocation(t)))
  await transaction((accounts) => accounts.insertIdentity(identity('u1')))
  const email = { address: 'a@b.example', canonical: 'a@b.example', source: 'upn', score: 50, verified: true, evidence: [] } as const
  const changes = { sub: 's2', iss: 'i2', authority: 'http://localhost', profile: { ...identity('u1').profile, displayName: 'Kim' }, email, lastSignInAt: null }
  const found = await transaction(async (accounts) => {
    await accounts.updateIdentity({ ...identity('u2'), ...changes, createdAt: 99 })
    return await accounts.findIdentity('t1', 'o1')
  })
  t.same(found, { ...identity('u1'), ...changes })
  t.equal(await transaction((accounts) => accounts.hasIdentities(true)), true)
  t.equal(await transaction((accounts) => accounts.hasIdentities(false)), false)
})

rule('lists are in the order in which things came', async (t, engine) => {
  const transaction = await withUsers(await openTestDatabase(t, await engine.newLocation(t)))
  const [oids, addresses] = await transaction(async (accounts) => {
    for (const [oid, createdAt] of [['o3', 1], ['o2', 3], ['o1', 2]] as const) await accounts.insertIdentity({ ...identity('u1', oid), createdAt })
    for (const [address, createdAt] of [['b@x', 2], ['c@x', 1], ['a@x', 2]] as const) await accounts.putIdentifier({ ...identifier('u1', false), address, canonical: address, createdAt })
    return [(await accounts.identitiesOf('u1')).map(({ oid }) => oid), (await accounts.identifiersOf('u1')).map(({ address }) => address)]
  })
  t.same(oids, ['o3', 'o1', 'o2'])
  t.same(addresses, ['c@x', 'a@x', 'b@x'])
})

rule('a profile or an address that cannot be read is as if nothing had been said', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const transaction = await withUsers(database)
  await transaction((accounts) => accounts.insertIdentity(identity('u1')))
  for (const text of ['', 'null', '{"verified":true}', '{"__proto__":{"verified":true}}']) {
    await database.run((db) => sql`update identities set profile = ${text}, email = ${text}`.execute(db))
    const found = await transaction((accounts) => accounts.findIdentity('t1', 'o1'))
    t.same(found!.email, { address: null, canonical: null, source: null, score: 0, verified: false, evidence: [] })
    t.same(found!.profile, { displayName: null, givenName: null, familyName: null, preferredUsername: null })
  }
})

rule('text with a NUL in it is a mistake of whoever gave it, on every engine, and nothing is written (E20)', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const transaction = await withUsers(database)
  const before = await dump(database)
  const refused = { code: 'invalid_request', statusCode: 400, detail: { reason: 'nul_in_text' } }
  await t.rejects(transaction((accounts) => accounts.insertUser({ ...user('u3'), displayName: 'Ann\0' })), refused)
  await t.rejects(transaction(async (accounts) => {
    await accounts.insertIdentity(identity('u1'))
    await accounts.insertIdentity({ ...identity('u1', 'o2'), sub: 's\0' })
  }), refused)
  await t.rejects(transaction((accounts) => accounts.findUser('u1\0')), refused)
  t.same(await dump(database), before)
  const profile = { ...identity('u1').profile, displayName: 'Ann\0' }
  await transaction((accounts) => accounts.insertIdentity({ ...identity('u1'), profile }))
  t.same((await transaction((accounts) => accounts.findIdentity('t1', 'o1')))!.profile, profile, 'within JSON it is written as an escape')
})

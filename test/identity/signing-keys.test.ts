import { createPrivateKey, createPublicKey, createHash } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { inject } from 'light-my-request'
import Provider from 'oidc-provider'
import t, { type Test } from 'tap'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { publishedAfter, publishedAhead } from '../../src/identity/key-schedule.ts'
import { createSigningKeys, listKeys, rotateKeys, type SigningKeySettings } from '../../src/identity/signing-keys.ts'
import type { KeySet } from '../../src/identity/types.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import type { Database } from '../../src/store/open.ts'
import { count, dump, openTestDatabase } from '../store/database.ts'

const older = 'a signing key test secret of some length'
const newer = 'the newer signing key test secret, as long'
const sealKeysOf = (...secrets: string[]): Buffer[] => deriveKeys(secrets, 'identity-key')
const gentle = { publishedAhead, compromised: false }

interface World {
  readonly clock: { now: number }
  readonly database: Database
  readonly settings: SigningKeySettings
}

async function world (t: Test): Promise<World> {
  const clock = { now: 1_000_000_000_000 }
  const database = await openTestDatabase(t)
  const project = { name: 'identity', simulated: false }
  return { clock, database, settings: { store: createKeyStore(database), project, sealKeys: sealKeysOf(older), environment: { now: () => clock.now } } }
}

const kidsOf = ({ keys }: KeySet, alg: string): string[] => keys.filter((key) => key.alg === alg).map(({ kid }) => kid)

t.test('the first boot makes a key for each algorithm, and every later one finds them', async (t) => {
  const { settings, database } = await world(t)
  const made = await createSigningKeys(settings).prepare()
  t.same(made.keys.map(({ alg, use, kty }) => [alg, use, kty]).sort(), [['ES256', 'sig', 'EC'], ['RS256', 'sig', 'RSA']])
  t.same(await createSigningKeys(settings).prepare(), made)
  t.same(await createSigningKeys(settings).current(), made)
  t.equal(await count(database, 'identity_keys'), 2)
  for (const key of made.keys) t.equal(createPrivateKey({ key: key as never, format: 'jwk' }).type, 'private')
})

t.test('of servers that boot at once one makes the keys', async (t) => {
  const { settings, database } = await world(t)
  const sets = await Promise.all(Array.from({ length: 5 }, async () => await createSigningKeys(settings).prepare()))
  t.equal(new Set(sets.map(({ version }) => version)).size, 1)
  t.equal(await count(database, 'identity_keys'), 2)
})

t.test('the table has no private key that could be used (X03)', async (t) => {
  const { settings, database } = await world(t)
  const { keys } = await createSigningKeys(settings).prepare()
  const stored = JSON.stringify(await dump(database))
  for (const key of keys) for (const member of ['d', 'n', 'x', 'p', 'q']) if (key[member] !== undefined) t.notOk(stored.includes(key[member]), member)
})

t.test('projects and worlds have keys of their own in one database', async (t) => {
  const { settings, database } = await world(t)
  const sets = await Promise.all([
    settings, { ...settings, project: { name: 'another', simulated: false } }, { ...settings, project: { name: 'identity', simulated: true } }
  ].map(async (one) => await createSigningKeys(one).prepare()))
  t.equal(new Set(sets.map(({ version }) => version)).size, 3)
  t.equal(await count(database, 'identity_keys'), 6)
})

t.test('a rotation is seen by every server before the new key signs, and the old one stays as long as needed (P21)', async (t) => {
  const { settings, clock, database } = await world(t)
  const server = createSigningKeys(settings)
  const first = await server.prepare()
  t.equal(await server.current(), await server.current(), 'what is fresh is not read again')
  t.equal(await rotateKeys(settings, gentle), 2)
  t.equal((await server.current()).version, first.version)
  clock.now += 60_000
  const published = await server.current()
  for (const alg of ['ES256', 'RS256']) t.same(kidsOf(published, alg), [...kidsOf(first, alg), kidsOf(published, alg)[1]], 'the old one signs, the new one is there')
  t.equal(published.keys.length, 4)

  clock.now += publishedAhead - 60_000
  const signing = await server.current()
  t.not(signing.version, published.version)
  for (const alg of ['ES256', 'RS256']) t.same(kidsOf(signing, alg), kidsOf(published, alg).reverse())

  clock.now += publishedAfter - 1
  t.equal((await server.current()).keys.length, 4)
  clock.now += 1
  t.same((await server.current()).keys.map(({ kid }) => kid), signing.keys.slice(0, 2).map(({ kid }) => kid))
  t.equal(await count(database, 'identity_keys'), 4)
  t.equal(await rotateKeys(settings, gentle), 3)
  t.equal(await count(database, 'identity_keys'), 4, 'what is over goes with the next rotation')
})

t.test('a key begins to sign on time, not when the list happens to be read', async (t) => {
  const { settings, clock } = await world(t)
  await createSigningKeys(settings).prepare()
  await rotateKeys(settings, { ...gentle, publishedAhead: 90_000 })
  const server = createSigningKeys(settings)
  clock.now += 60_000
  const before = await server.current()
  clock.now += 29_999
  t.equal((await server.current()).version, before.version)
  clock.now += 1
  t.not((await server.current()).version, before.version)
})

t.test('a compromised key goes at once, and the new one signs', async (t) => {
  const { settings } = await world(t)
  const server = createSigningKeys(settings)
  const first = await server.prepare()
  await rotateKeys(settings, gentle)
  t.equal(await rotateKeys(settings, { publishedAhead: 0, compromised: true }), 3)
  const { keys } = await createSigningKeys(settings).current()
  t.equal(keys.length, 2)
  t.same(keys.filter(({ kid }) => first.keys.some((key) => key.kid === kid)), [])
})

t.test('of rotations done at once one makes the new keys', async (t) => {
  const { settings, database } = await world(t)
  await createSigningKeys(settings).prepare()
  const outcomes = await Promise.all(Array.from({ length: 4 }, async () => await rotateKeys(settings, gentle)))
  t.same([...outcomes].sort(), [2, null, null, null])
  t.equal(await count(database, 'identity_keys'), 4)
})

t.test('the list says what each key does, and has nothing of the key', async (t) => {
  const { settings, clock } = await world(t)
  t.same(await listKeys(settings), [])
  const { keys } = await createSigningKeys(settings).prepare()
  await rotateKeys(settings, gentle)
  const listed = await listKeys(settings)
  t.same(listed.map(({ generation, algorithm, state }) => [generation, algorithm, state]), [[1, 'ES256', 'signing'], [1, 'RS256', 'signing'], [2, 'ES256', 'next'], [2, 'RS256', 'next']])
  t.equal(listed[0]!.kid, keys.find(({ alg }) => alg === 'ES256')!.kid)
  t.same(Object.keys(listed[0]!).sort(), ['algorithm', 'createdAt', 'generation', 'kid', 'signsAt', 'state'])
  t.equal(listed[2]!.signsAt, clock.now + publishedAhead)
})

t.test('keys outlive a rotation of the secrets: the next boot seals them with the newest', async (t) => {
  const { settings } = await world(t)
  const first = await createSigningKeys(settings).prepare()
  t.same(await createSigningKeys({ ...settings, sealKeys: sealKeysOf(newer, older) }).prepare(), first)
  t.same(await createSigningKeys({ ...settings, sealKeys: sealKeysOf(newer) }).prepare(), first, 'the older secret may go')
  await t.rejects(createSigningKeys(settings).prepare(), { code: 'FST_ENTRA_CONFIGURATION' })
})

t.test('with other secrets nothing is signed and nothing is rotated', async (t) => {
  const { settings, database } = await world(t)
  await createSigningKeys(settings).prepare()
  const before = await dump(database)
  const strangers = { ...settings, sealKeys: sealKeysOf(newer) }
  const server = createSigningKeys(strangers)
  const works: Array<() => Promise<unknown>> = [server.prepare, server.current, async () => await rotateKeys(strangers, gentle)]
  for (const work of works) {
    await t.rejects(async () => await work(), { code: 'FST_ENTRA_CONFIGURATION', message: /the signing key .* of project "identity" cannot be opened with option "secrets"\. Give the secret/ })
  }
  t.same(await dump(database), before)
})

t.test('keys that were exchanged by hand sign nothing', async (t) => {
  const { settings, database } = await world(t)
  await createSigningKeys(settings).prepare()
  await createSigningKeys({ ...settings, project: { name: 'another', simulated: false } }).prepare()
  const rows = (await dump(database)).identity_keys as Array<{ kid: string, project: string, sealed: string, algorithm: string }>
  const foreign = rows.find(({ project, algorithm }) => project === 'another' && algorithm === 'ES256')!
  await database.run((db) => db.updateTable('identity_keys').set({ sealed: foreign.sealed }).where('project', '=', 'identity').where('algorithm', '=', 'ES256').execute())
  await t.rejects(createSigningKeys(settings).prepare(), { code: 'FST_ENTRA_CONFIGURATION' })
  const sealed = await createSeal(settings.sealKeys).seal({ ...await createSeal(settings.sealKeys).open(foreign.sealed) as object, alg: 'RS256' })
  await database.run((db) => db.updateTable('identity_keys').set({ sealed, kid: foreign.kid }).where('project', '=', 'identity').where('algorithm', '=', 'ES256').execute())
  await t.rejects(createSigningKeys(settings).prepare(), { code: 'FST_ENTRA_CONFIGURATION' }, 'nor under another algorithm')
})

t.test('a project that never ran is not rotated: its name is likely another one', async (t) => {
  const { settings, database } = await world(t)
  await t.rejects(rotateKeys(settings, gentle), { message: /project "identity" has no signing keys yet/ })
  await t.rejects(rotateKeys({ ...settings, project: { name: 'identity', simulated: true } }, gentle), { message: /project "identity" \(simulator\) has no/ })
  t.equal(await count(database, 'identity_keys'), 0)
})

t.test('where the store fails once, the next request reads anew', async (t) => {
  const { settings } = await world(t)
  const first = await createSigningKeys(settings).prepare()
  const failing = { fails: true }
  const store = {
    ...settings.store,
    list: async (project: typeof settings.project) => {
      if (failing.fails) throw new Error('down')
      return await settings.store.list(project)
    }
  }
  const server = createSigningKeys({ ...settings, store })
  await t.rejects(Promise.all([server.current(), server.current()]), { message: 'down' })
  failing.fails = false
  t.same(await server.current(), first)
})

t.test('oidc-provider signs with the first key of an algorithm, and publishes public parts alone (P21)', async (t) => {
  const { settings, clock } = await world(t)
  await createSigningKeys(settings).prepare()
  await rotateKeys(settings, { ...gentle, publishedAhead: 0 })
  clock.now += 1
  await rotateKeys(settings, gentle)
  const set = await createSigningKeys(settings).current()
  t.equal(set.keys.length, 6)
  const provider = new Provider('https://login.example.com', {
    jwks: { keys: set.keys.map((key) => ({ ...key })) },
    adapter: (() => ({})) as never,
    ttl: { IdToken: 60 },
    features: { devInteractions: { enabled: false } },
    clients: ['RS256', 'ES256'].map((alg) => ({ client_id: alg, token_endpoint_auth_method: 'none', redirect_uris: ['https://a.example.com/'], id_token_signed_response_alg: alg as 'RS256' }))
  })
  const answer = provider.callback()
  const response = await inject((request, reply) => { void answer(request as never, reply as never) }, { url: '/jwks', headers: { host: 'login.example.com' } })
  const { keys } = response.json<{ keys: Array<Record<string, string>> }>()
  t.same(keys.map(({ kid }) => kid), set.keys.map(({ kid }) => kid))
  for (const key of keys) {
    t.same(Object.keys(key).filter((name) => !['kty', 'use', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e'].includes(name)), [])
    t.equal(createPublicKey({ key: key as never, format: 'jwk' }).type, 'public')
  }
  for (const alg of ['RS256', 'ES256']) {
    const client = (await provider.Client.find(alg))!
    const token = await new provider.IdToken({ sub: 'ann' }, { client, ctx: undefined as never }).issue({ use: 'idtoken' })
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: keys as never }), { algorithms: [alg] })
    t.equal(protectedHeader.kid, set.keys.find((key) => key.alg === alg)!.kid)
  }
})

t.test('a kid is the thumbprint of its key', async (t) => {
  const { settings } = await world(t)
  const { keys } = await createSigningKeys(settings).prepare()
  const { x, y, kid } = keys.find(({ alg }) => alg === 'ES256')!
  t.equal(kid, createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y })).digest('base64url'))
})

import type { ClientRecord, ClientSecret } from '../../src/identity/types.ts'
import { createClientStore } from '../../src/store/identity-clients.ts'
import { count, openTestDatabase } from './database.ts'
import { rule } from './engines.ts'

const secretOf = (name: string): ClientSecret => ({ id: name, hash: `hash of ${name}`, createdAt: 5 })

const shop: ClientRecord = {
  id: 'shop',
  name: 'Shop',
  type: 'web',
  url: 'https://shop.example.com',
  redirectUrls: ['https://shop.example.com/callback'],
  logoutRedirectUrls: [],
  authentication: 'client_secret_basic',
  idTokenAlgorithm: 'RS256',
  refreshTokens: true,
  scopes: ['openid', 'email', 'offline_access'],
  firstParty: false,
  backchannelLogoutUrl: 'https://shop.example.com/logout',
  jwks: null,
  secrets: [secretOf('one')]
}

const robot: ClientRecord = { ...shop, id: 'robot', name: 'A robot', url: null, authentication: 'private_key_jwt', backchannelLogoutUrl: null, jwks: { keys: [{ kty: 'RSA', n: 'n', e: 'AQAB' }] }, secrets: [] }

rule('clients are found as they were added, each in its project', async (t, engine) => {
  const store = createClientStore(await openTestDatabase(t, await engine.newLocation(t)))
  t.equal(await store.add('p', shop, 1), true)
  t.equal(await store.add('p', robot, 2), true)
  t.equal(await store.add('q', { ...shop, name: 'Other shop', secrets: [] }, 2), true)
  t.same(await store.find('p', 'shop'), shop)
  t.same(await store.find('p', 'robot'), robot)
  t.match(await store.find('q', 'shop'), { name: 'Other shop', secrets: [] })
  t.equal(await store.find('q', 'robot'), null)
  t.same(await store.list('p'), [robot, shop], 'by name')
  t.same(await store.list('r'), [])
})

rule('an id is used once, and whoever comes second changes nothing', async (t, engine) => {
  const store = createClientStore(await openTestDatabase(t, await engine.newLocation(t)))
  const added = await Promise.all(Array.from({ length: 5 }, async (_, index) => await store.add('p', { ...shop, name: `Shop ${index}`, secrets: [secretOf(`by ${index}`)] }, 1)))
  t.equal(added.filter(Boolean).length, 1)
  const winner = added.indexOf(true)
  t.match(await store.find('p', 'shop'), { name: `Shop ${winner}`, secrets: [secretOf(`by ${winner}`)] })
  t.equal((await store.find('p', 'shop'))!.secrets.length, 1)
})

rule('a client has two secrets at most, however many are added at once', async (t, engine) => {
  const store = createClientStore(await openTestDatabase(t, await engine.newLocation(t)))
  await store.add('p', shop, 1)
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => await store.addSecret('p', 'shop', secretOf(name), 2)))
  t.same([...outcomes].sort(), ['added', 'full', 'full', 'full'])
  const { secrets } = (await store.find('p', 'shop'))!
  t.equal(secrets.length, 2)
  t.equal(await store.removeSecret('p', 'shop', 'one'), true)
  t.equal(await store.removeSecret('p', 'shop', 'one'), false)
  t.same((await store.find('p', 'shop'))!.secrets, secrets.slice(1), 'the other one goes on')
  t.equal(await store.addSecret('p', 'shop', secretOf('e'), 2), 'added', 'in the place that is free')
  t.equal(await store.addSecret('p', 'shop', secretOf('f'), 2), 'full')
})

rule('there are no secrets of what is no client', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const store = createClientStore(database)
  await store.add('p', shop, 1)
  t.equal(await store.addSecret('p', 'nobody', secretOf('a'), 2), 'unknown')
  t.equal(await store.addSecret('q', 'shop', secretOf('a'), 2), 'unknown')
  t.equal(await store.removeSecret('q', 'shop', 'one'), false)
  t.equal(await store.remove('q', 'shop'), false)
  t.equal(await store.remove('p', 'shop'), true)
  t.equal(await store.remove('p', 'shop'), false)
  t.equal(await store.find('p', 'shop'), null)
  t.equal(await count(database, 'identity_client_secrets'), 0)
})

rule('what cannot be understood is no client', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const store = createClientStore(database)
  await store.add('p', shop, 1)
  await store.add('p', robot, 1)
  const { id, name, secrets, ...description } = robot
  const spoilt = [
    { type: 'any' }, { type: undefined }, { authentication: 'tls' }, { url: 5 }, { backchannelLogoutUrl: {} }, { refreshTokens: 1 }, { firstParty: 'true' },
    { redirectUrls: 'https://a.example' }, { redirectUrls: [5] }, { logoutRedirectUrls: null }, { scopes: ['openid', null] }, { jwks: {} }, { jwks: { keys: [{}] } }, { jwks: { keys: [null] } }, { jwks: [] }
  ].map((change) => JSON.stringify({ ...description, ...change }))
  for (const record of ['', 'null', '[]', ...spoilt]) {
    await database.run((db) => db.updateTable('identity_clients').set({ record }).where('id', '=', 'robot').execute())
    t.equal(await store.find('p', 'robot'), null, record)
    t.same(await store.list('p'), [shop])
  }
  const record = `{"__proto__":{"firstParty":true},"isAdmin":true,${JSON.stringify(description).slice(1)}`
  await database.run((db) => db.updateTable('identity_clients').set({ record }).where('id', '=', 'robot').execute())
  t.same(await store.find('p', 'robot'), robot, 'and no more is taken over than a client has')
})

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { matchesSecret } from '../../src/identity/client-secrets.ts'
import { createClientStore } from '../../src/store/identity-clients.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dump, openTestDatabase, temporaryFolder } from '../store/database.ts'
import { rule } from '../store/engines.ts'
import { type Machine, machine } from './command-line.ts'

interface World extends Machine { readonly location: string, readonly folder: string }

/** A machine with a database that an application has made. */
async function world (t: Test): Promise<World> {
  const folder = temporaryFolder(t)
  const location = join(folder, 'accounts.sqlite')
  await (await openDatabase(location)).close()
  return { ...machine({ DATABASE_URL: location }), location, folder }
}

const addShop = ['clients', 'add', '--id', 'shop', '--name', 'The shop', '--type', 'web', '--redirect-url', 'https://shop.example.com/callback']

t.test('a client is added, and its secret is shown once', async (t) => {
  const { run, location } = await world(t)
  const { code, json, errors } = await run(...addShop)
  t.equal(code, 0, errors)
  const { client, secret } = json()
  t.match(client, { id: 'shop', name: 'The shop', type: 'web', authentication: 'client_secret_basic', scopes: ['openid', 'profile', 'email'], secrets: [{ id: /^[0-9a-f]{8}$/, createdAt: '2001-09-09T01:46:40.000Z' }] })
  const shown = await run('clients', 'show', 'shop')
  t.same(shown.json(), { client })
  for (const { output } of [shown, await run('clients', 'list')]) t.notOk(output.includes(secret))

  const database = await openTestDatabase(t, location)
  const kept = await createClientStore(database).find('identity', 'shop')
  t.ok(matchesSecret(secret, kept!.secrets.map(({ hash }) => hash)))
  t.notOk(JSON.stringify(await dump(database)).includes(secret), 'and it is not kept')
  t.notOk(shown.output.includes(kept!.secrets[0]!.hash), 'nor is its hash shown')
})

t.test('every option of a client has its flag', async (t) => {
  const { run, folder } = await world(t)
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const file = join(folder, 'keys.json')
  writeFileSync(file, JSON.stringify({ keys: [key] }))
  const { code, json, errors } = await run('clients', 'add', '--name', 'Robot', '--type', 'web', '--redirect-url', 'https://a.example.com/1', '--redirect-url', 'https://a.example.com/2',
    '--logout-redirect-url', 'https://a.example.com/out', '--url', 'https://a.example.com/', '--authentication', 'private_key_jwt', '--jwks-file', file, '--id-token-algorithm', 'ES256',
    '--scope', 'email', '--scope', 'orders', '--refresh-tokens', '--first-party', '--backchannel-logout-url', 'https://a.example.com/told', '--project', 'another')
  t.equal(code, 0, errors)
  t.match(json().client.id, /^[0-9a-f]{32}$/, 'an id is made where none is given')
  const { id, ...client } = json().client
  t.same(client, {
    name: 'Robot',
    type: 'web',
    url: 'https://a.example.com/',
    redirectUrls: ['https://a.example.com/1', 'https://a.example.com/2'],
    logoutRedirectUrls: ['https://a.example.com/out'],
    authentication: 'private_key_jwt',
    idTokenAlgorithm: 'ES256',
    refreshTokens: true,
    scopes: ['openid', 'email', 'orders', 'offline_access'],
    firstParty: true,
    backchannelLogoutUrl: 'https://a.example.com/told',
    jwks: { keys: [key] },
    secrets: []
  })
  t.equal(json().secret, undefined, 'a client that has none is given none')
  t.same((await run('clients', 'list')).json(), { clients: [] }, 'projects have clients of their own')
  t.match((await run('clients', 'list', '--project', 'another')).json(), { clients: [{ id }] })
})

t.test('what is no client is refused with the reason, and nothing is added', async (t) => {
  const { run, folder } = await world(t)
  const wrong = await run('clients', 'add', '--id', 'shop', '--name', 'Shop', '--type', 'web', '--redirect-url', 'https://*.example.com/')
  t.equal(wrong.code, 1)
  t.equal(wrong.output, '')
  t.match(wrong.errors, /^fastify-entra clients add: client "shop": option "redirectUrls": "https:\/\/\*\.example\.com\/" has a "\*"/)
  t.match(await run('clients', 'add', '--name', 'Shop'), { code: 1, errors: /option "type" must be .* but nothing was given/ })

  writeFileSync(join(folder, 'keys.txt'), 'no keys')
  t.match(await run(...addShop, '--jwks-file', join(folder, 'keys.txt')), { code: 1, errors: /--jwks-file: the file is no JSON/ })
  t.match(await run(...addShop, '--jwks-file', join(folder, 'nothing')), { code: 1, errors: /--jwks-file: ".*nothing" cannot be read \(ENOENT\)/ })
  t.same((await run('clients', 'list')).json(), { clients: [] })

  await run(...addShop)
  const twice = await run(...addShop)
  t.match(twice, { code: 1, output: '', errors: /project "identity" has a client "shop" already\. Give another --id/ })
})

t.test('secrets are replaced one by one', async (t) => {
  const { run, clock } = await world(t)
  const first = (await run(...addShop)).json()
  clock.now += 1_000
  const second = await run('clients', 'secret', 'add', 'shop')
  t.match(second.json(), { id: 'shop', secretId: /^[0-9a-f]{8}$/, secret: /^[\w-]{43}$/ })
  t.not(second.json().secret, first.secret)
  t.match(await run('clients', 'secret', 'add', 'shop'), { code: 1, output: '', errors: /has two secrets already\. Remove the one/ })
  t.match(await run('clients', 'secret', 'remove', 'shop', first.secret), { code: 1, errors: /has no secret of that id/ })
  t.notMatch((await run('clients', 'secret', 'remove', 'shop', first.secret)).errors, first.secret, 'who gives the secret itself does not read it in a log')
  const [{ id }] = first.client.secrets
  t.same((await run('clients', 'secret', 'remove', 'shop', id)).json(), { id: 'shop', removed: id })
  const { client } = (await run('clients', 'show', 'shop')).json()
  t.same(client.secrets, [{ id: second.json().secretId, createdAt: '2001-09-09T01:46:41.000Z' }])
  t.equal((await run('clients', 'secret', 'add', 'shop')).code, 0)
})

t.test('an app without secrets is given none', async (t) => {
  const { run } = await world(t)
  const added = await run('clients', 'add', '--id', 'spa', '--name', 'Spa', '--type', 'spa', '--redirect-url', 'https://spa.example.com/')
  t.equal(added.json().secret, undefined)
  t.match(await run('clients', 'secret', 'add', 'spa'), { code: 1, errors: /the client "spa" has no secrets: it authenticates by "none"/ })
})

t.test('what is not there cannot be shown, changed or removed', async (t) => {
  const { run } = await world(t)
  for (const words of [['show'], ['remove'], ['secret', 'add']]) {
    t.match(await run('clients', ...words, 'nobody'), { code: 1, output: '', errors: /project "identity" has no client "nobody"/ }, words.join(' '))
  }
  t.match(await run('clients', 'secret', 'remove', 'nobody', 'x'), { code: 1 })
  await run(...addShop)
  t.same((await run('clients', 'remove', 'shop')).json(), { removed: 'shop' })
  t.match(await run('clients', 'remove', 'shop'), { code: 1 })
})

t.test('a client that goes while it is given a secret is one that there is not', async (t) => {
  const { run, location } = await world(t)
  await run(...addShop)
  const { run: runLate } = machine({ DATABASE_URL: location }, {
    // The secret is made after the client was found: there it goes.
    randomBytes: (size) => {
      const database = new DatabaseSync(location)
      database.exec('delete from identity_clients')
      database.close()
      return Buffer.alloc(size)
    }
  })
  t.match(await runLate('clients', 'secret', 'add', 'shop'), { code: 1, output: '', errors: /has no client "shop"/ })
})

rule('the commands do the same on every engine', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  await (await openDatabase(location)).close()
  const { run } = machine({ DATABASE_URL: location })
  const added = await run(...addShop)
  t.equal(added.code, 0, added.errors)
  t.match((await run('clients', 'list')).json(), { clients: [{ id: 'shop' }] })
  t.equal((await run('clients', 'secret', 'add', 'shop')).code, 0)
  t.equal((await run('clients', 'remove', 'shop')).code, 0)
  t.same((await run('keys', 'list')).json(), { keys: [] })
})

import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import Provider from 'oidc-provider'
import t from 'tap'
import { clientFinder } from '../../plugins/identity/clients.ts'
import { clientMetadata, extraClientMetadata } from '../../src/identity/client-metadata.ts'
import type { ClientOptions } from '../../src/identity/client-options.ts'
import { keepSecret, makeSecret, matchesSecret } from '../../src/identity/client-secrets.ts'
import { readClient } from '../../src/identity/client.ts'
import type { ClientRecord, ClientStore } from '../../src/identity/types.ts'
import { seededBytes } from '../random.ts'

const secret = 'a client secret with 32 characters'.replaceAll(' ', '-')
const web: ClientOptions = { id: 'shop', name: 'Shop', type: 'web', redirectUrls: ['https://shop.example.com/callback'], secrets: [secret] }
const spa: ClientOptions = { id: 'spa', name: 'Spa', type: 'spa', redirectUrls: ['https://spa.example.com/'] }
const native: ClientOptions = { id: 'app', name: 'App', type: 'native', redirectUrls: ['com.example.app:/callback', 'http://127.0.0.1/callback'] }

const read = (given: object): ClientRecord => readClient(given, { where: 'fastify-entra: option "clients"', withSecrets: true, at: 5 })

const jwkOf = (type: 'rsa' | 'ec' | 'ed25519', options: object = {}, part: 'publicKey' | 'privateKey' = 'publicKey'): Record<string, unknown> =>
  ({ ...(generateKeyPairSync(type as 'rsa', { modulusLength: 2048, namedCurve: 'P-256', ...options } as never) as unknown as KeyPairKeyObjectResult)[part].export({ format: 'jwk' }) })
const rsa = jwkOf('rsa')
const ec = jwkOf('ec')

const robot: ClientOptions = { id: 'robot', name: 'Robot', type: 'web', redirectUrls: ['https://robot.example.com/'], authentication: 'private_key_jwt', jwks: { keys: [rsa] } }

t.test('a client has the defaults of its type', async (t) => {
  t.same(read(web), {
    id: 'shop',
    name: 'Shop',
    type: 'web',
    url: null,
    redirectUrls: ['https://shop.example.com/callback'],
    logoutRedirectUrls: [],
    authentication: 'client_secret_basic',
    idTokenAlgorithm: 'RS256',
    refreshTokens: false,
    scopes: ['openid', 'profile', 'email'],
    firstParty: false,
    backchannelLogoutUrl: null,
    jwks: null,
    secrets: [keepSecret(secret, 5)]
  })
  t.match(read(spa), { authentication: 'none', secrets: [] })
  t.match(read(native), { authentication: 'none' })
  const all = read({ ...web, url: 'https://shop.example.com', logoutRedirectUrls: ['https://shop.example.com'], authentication: 'client_secret_post', refreshTokens: true, scopes: ['openid', 'orders'], firstParty: true, backchannelLogoutUrl: 'https://shop.example.com/out' })
  t.match(all, { url: 'https://shop.example.com', authentication: 'client_secret_post', refreshTokens: true, scopes: ['openid', 'orders', 'offline_access'], firstParty: true, backchannelLogoutUrl: 'https://shop.example.com/out' })
})

t.test('a record cannot be changed, and shares nothing with what it was made of', async (t) => {
  const given = { ...robot, redirectUrls: ['https://robot.example.com/'], jwks: { keys: [{ ...rsa }] } }
  const record = read(given)
  given.redirectUrls.push('https://evil.example')
  given.jwks.keys[0]!.n = 'AQAB'
  t.same(record.redirectUrls, ['https://robot.example.com/'])
  t.same(record.jwks, { keys: [rsa] })
  t.throws(() => { (record.redirectUrls as string[]).push('https://evil.example') })
})

const refused: ReadonlyArray<readonly [title: string, given: object, message: RegExp]> = [
  ['no id', { ...web, id: undefined }, /^fastify-entra: option "clients": option "id" must be 1 to 100 letters/],
  ['an id that a header could not carry', { ...web, id: 'my shop' }, /client "my shop": option "id" must be/],
  ['an id that looks like a flag', { ...web, id: '-shop' }, /client "-shop": option "id" must be/],
  ['no name', { ...web, name: ' ' }, /option "name"/],
  ['a name that hides its end', { ...web, name: 'Shop \u202ekcatta' }, /option "name" must be text of up to 100 characters without control/],
  ['a type that there is not', { ...web, type: 'mobile' }, /option "type" must be "web"/],
  ['an unknown option', { ...web, redirect_urls: [] }, /there is no option "redirect_urls"\. Did you mean "redirectUrls"/],
  ['no redirect URL', { ...web, redirectUrls: [] }, /option "redirectUrls" must be a list of URLs, one at least/],
  ['redirect URLs that are no texts', { ...web, redirectUrls: [5] }, /option "redirectUrls" must be/],
  ['logout URLs that are no list', { ...web, logoutRedirectUrls: 'https://a.example' }, /option "logoutRedirectUrls" must be/],
  ['a logout URL that could not be a redirect URL', { ...web, logoutRedirectUrls: ['https://*.example.com'] }, /option "logoutRedirectUrls": "https:\/\/\*\.example\.com" has a "\*"/],
  ['a script as page', { ...web, url: 'javascript:alert(1)' }, /option "url" must be an http or https URL/],
  ['offline_access as scope', { ...web, scopes: ['offline_access'] }, /option "scopes" must be .* refreshTokens: true/],
  ['a scope with a space', { ...web, scopes: ['a b'] }, /option "scopes" must be/],
  ['refresh tokens by a word', { ...web, refreshTokens: 'yes' }, /option "refreshTokens" must be true or false/],
  ['first party by a word', { ...web, firstParty: 1 }, /option "firstParty" must be true or false/],
  ['a method that there is not', { ...web, authentication: 'client_secret_jwt' }, /option "authentication" must be/],
  ['a web app without secret', { ...web, secrets: undefined }, /option "secrets": with "authentication" "client_secret_basic" one is needed, which openssl/],
  ['a web app that wants none', { ...web, secrets: undefined, authentication: 'none' }, /option "authentication": "none" is for apps that can keep no secret/],
  ['a single-page app with a secret', { ...spa, authentication: 'client_secret_post', secrets: [secret] }, /option "authentication": whatever runs in a browser can be read there/],
  ['a native app with a key', { ...native, authentication: 'private_key_jwt', jwks: { keys: [rsa] } }, /option "authentication": whatever is installed on many machines/],
  ['a secret that nobody asks for', { ...spa, secrets: [secret] }, /option "secrets": with "authentication" "none" none is taken/],
  ['a short secret', { ...web, secrets: ['short-secret'] }, /option "secrets" must be a list of one or two secrets.*it is not shown here.*openssl/],
  ['a secret with a space', { ...web, secrets: [`${secret} x`] }, /option "secrets" must be/],
  ['three secrets', { ...web, secrets: [secret, `${secret}2`, `${secret}3`] }, /option "secrets" must be/],
  ['no secret in the list', { ...web, secrets: [] }, /option "secrets" must be/],
  ['keys without their method', { ...web, jwks: { keys: [rsa] } }, /option "jwks": goes with "authentication" "private_key_jwt"/],
  ['the method without keys', { ...robot, jwks: undefined }, /option "jwks": goes with/],
  ['keys that are no set', { ...robot, jwks: [rsa] }, /option "jwks" must be a JSON Web Key Set/],
  ['an empty set', { ...robot, jwks: { keys: [] } }, /option "jwks" must be/],
  ['a key that is no object', { ...robot, jwks: { keys: ['x'] } }, /option "jwks" must be/],
  ['a private key', { ...robot, jwks: { keys: [jwkOf('rsa', {}, 'privateKey')] } }, /option "jwks": key 1 has the private member "d": make a new key/],
  ['a symmetric key', { ...robot, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }, /key 1 has the private member "k"/],
  ['a short key', { ...robot, jwks: { keys: [jwkOf('rsa', { modulusLength: 1024 })] } }, /key 1 is shorter than 2048 bits/],
  ['another curve', { ...robot, jwks: { keys: [jwkOf('ec', { namedCurve: 'P-384' })] } }, /key 1 is neither RSA nor of the curve P-256/],
  ['another kind of key', { ...robot, jwks: { keys: [jwkOf('ed25519')] } }, /key 1 is neither RSA nor/],
  ['a key for encryption', { ...robot, jwks: { keys: [{ ...rsa, use: 'enc' }] } }, /key 1 is not for signatures/],
  ['a key that is none', { ...robot, jwks: { keys: [{ kty: 'RSA', n: 5 }] } }, /key 1 cannot be read/],
  ['several keys without kid', { ...robot, jwks: { keys: [rsa, ec] } }, /key 1 has no "kid" of its own/],
  ['several keys with one kid', { ...robot, jwks: { keys: [{ ...rsa, kid: 'a' }, { ...ec, kid: 'a' }] } }, /key 2 has no "kid" of its own/],
  ['a native app that is to be told', { ...native, backchannelLogoutUrl: 'https://app.example.com/' }, /option "backchannelLogoutUrl": a native app has no server/],
  ['an app that is told by http', { ...web, backchannelLogoutUrl: 'http://shop.example.com/' }, /option "backchannelLogoutUrl": "http:\/\/shop\.example\.com\/" uses http, which is for loopback/],
  ['an app that is told at a fragment', { ...web, backchannelLogoutUrl: 'https://shop.example.com/#' }, /option "backchannelLogoutUrl": .* has a fragment/],
  ['an app that is told at no URL', { ...web, backchannelLogoutUrl: 'shop.example.com' }, /option "backchannelLogoutUrl" must be an https URL/]
]

t.test('what is no client is refused, with the reason (P24)', async (t) => {
  for (const [title, given, message] of refused) {
    t.throws(() => read(given), { code: 'FST_ENTRA_CONFIGURATION', message }, title)
  }
  t.doesNotThrow(() => read({ ...robot, jwks: { keys: [{ ...rsa, kid: 'a', use: 'sig' }, { ...ec, kid: 'b' }] } }))
  t.doesNotThrow(() => read({ ...web, backchannelLogoutUrl: 'http://localhost:4000/out' }))
})

t.test('no message shows a secret or a part of a key', async (t) => {
  for (const [, given] of refused) {
    try {
      read(given)
    } catch (error) {
      const { message } = error as Error
      for (const hidden of [secret, 'short-secret', rsa.n, 'c2VjcmV0']) t.notOk(message.includes(hidden as string), message)
    }
  }
})

t.test('secrets of stored clients are made beside them', async (t) => {
  const { secrets, ...description } = web
  t.same(readClient(description, { where: 'fastify-entra clients add', withSecrets: false, at: 5 }).secrets, [])
})

t.test('a secret is 32 random bytes, and only its hash is kept', async (t) => {
  const environment = { now: () => 5, randomBytes: seededBytes('secret') }
  const { secret, kept } = makeSecret(environment)
  t.equal(Buffer.from(secret, 'base64url').length, 32)
  t.not(makeSecret(environment).secret, secret)
  t.notOk(JSON.stringify(kept).includes(secret))
  t.match(kept, { id: /^[0-9a-f]{8}$/, createdAt: 5 })
})

t.test('a secret is right where it is one of those that are kept', async (t) => {
  const hashes = [keepSecret('one', 0).hash, keepSecret('two', 0).hash]
  t.equal(matchesSecret('one', hashes), true)
  t.equal(matchesSecret('two', hashes), true)
  for (const wrong of ['', 'On', 'one ', 'onetwo', hashes[0]!]) t.equal(matchesSecret(wrong, hashes), false, wrong)
  t.equal(matchesSecret('one', []), false)
  t.equal(matchesSecret('', ['']), false, 'a hash that was cut is nobody\'s')
})

/** A provider as strict as ours is, to read what we write. */
const provider = new Provider('https://login.example.com', {
  adapter: (() => ({ find: async () => undefined })) as never,
  jwks: { keys: [jwkOf('rsa', {}, 'privateKey') as never] },
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  responseTypes: ['code'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  extraClientMetadata: { properties: [...extraClientMetadata] }
})
const settings = { scopes: ['openid', 'offline_access', 'profile', 'email'], placeholder: 'a placeholder that nobody knows' }
const Client = provider.Client as unknown as new (metadata: object) => InstanceType<typeof provider.Client>
const clientOf = (given: object): InstanceType<typeof provider.Client> => new Client(clientMetadata(read(given), settings))

t.test('oidc-provider takes every client that we take', async (t) => {
  for (const given of [web, spa, native, robot, { ...web, authentication: 'client_secret_post', refreshTokens: true, firstParty: true, url: 'https://shop.example.com', backchannelLogoutUrl: 'http://localhost:4000/out', logoutRedirectUrls: ['https://shop.example.com'] }]) {
    t.doesNotThrow(() => clientOf(given), given.id)
  }
  const client = clientOf({ ...web, refreshTokens: true, firstParty: true, scopes: ['email', 'orders'] })
  t.match(client, { clientId: 'shop', clientName: 'Shop', grantTypes: ['authorization_code', 'refresh_token'], responseTypes: ['code'], first_party: true, secret_hashes: [keepSecret(secret, 5).hash] })
  t.equal(client.scope, 'openid email offline_access', 'scopes that the provider does not have are left out')
  t.same(clientOf(web).grantTypes, ['authorization_code'])
})

t.test('what is no id of a client is not looked up', async (t) => {
  const asked: string[] = []
  const store = { find: async (_project: string, id: string) => { asked.push(id); return null } }
  const find = clientFinder(new Map([['known', read(web)]]), store as unknown as ClientStore, 'identity')
  for (const id of ['', '\0', 'a\0', ' a', '.a', 'ä', 'x'.repeat(101), '__proto__']) t.equal(await find(id), null, id)
  t.same(asked, [])
  t.equal((await find('known'))!.id, web.id)
  t.equal(await find('a.b~c-d_e'), null)
  t.same(asked, ['a.b~c-d_e'])
})

t.test('oidc-provider is told no secret: should nobody compare with the hashes, none is right', async (t) => {
  const metadata = clientMetadata(read(web), settings)
  t.equal(metadata.client_secret, settings.placeholder)
  t.notOk(JSON.stringify(metadata).includes(secret))
  const client = clientOf(web) as unknown as { compareClientSecret: (given: string) => boolean }
  for (const wrong of [secret, keepSecret(secret, 5).hash, '']) t.equal(client.compareClientSecret(wrong), false)
  for (const given of [spa, robot]) t.equal(clientMetadata(read(given), settings).client_secret, undefined)
})

t.test('the port of a loopback address may differ for native apps alone (RFC 8252 section 7.3)', async (t) => {
  const loopback = 'http://127.0.0.1/callback'
  t.equal(clientOf(native).redirectUriAllowed('http://127.0.0.1:5123/callback'), true)
  t.equal(clientOf(native).redirectUriAllowed('http://127.0.0.1:5123/other'), false)
  t.equal(clientOf(native).redirectUriAllowed('http://localhost:5123/callback'), false)
  for (const given of [{ ...web, redirectUrls: [loopback] }, { ...spa, redirectUrls: [loopback] }]) {
    t.equal(clientOf(given).redirectUriAllowed(loopback), true)
    t.equal(clientOf(given).redirectUriAllowed('http://127.0.0.1:5123/callback'), false, given.type)
  }
})

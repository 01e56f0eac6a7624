import { mock } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import Fastify from 'fastify'
import * as openid from 'openid-client'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import identity, { type IdentityOptions } from '../../plugins/identity.ts'
import { loadOidcProvider } from '../../plugins/identity/load.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { makeSecret } from '../../src/identity/client-secrets.ts'
import { readClient } from '../../src/identity/client.ts'
import { rotateKeys } from '../../src/identity/signing-keys.ts'
import { createClientStore } from '../../src/store/identity-clients.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import { callback, clients, errorOf, goOn, secret, signInTo, startAuthorization, startSite, answerOf, appOrigin } from '../identity/site.ts'
import { takesLong } from '../patient.ts'

takesLong()

async function boot (...options: object[]): Promise<void> {
  const app = Fastify()
  try {
    await app.register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:', secrets: ['x'.repeat(32)] })
    for (const given of options) await app.register(identity, given as IdentityOptions)
    await app.ready()
  } finally {
    await app.close()
  }
}

t.test('wrong options are refused at registration, with the remedy', async (t) => {
  const wrong: Array<[object, RegExp]> = [
    [{ project: 'Two Words' }, /option "project" must be a name of at most 32 lower-case letters/],
    [{ issuerPath: 'identity' }, /option "issuerPath" must be a plain path such as "\/auth\/identity"/],
    [{ issuerPath: '/' }, /option "issuerPath"/],
    [{ issuerPath: '/identity/' }, /without a slash at its end/],
    [{ clients: {} }, /option "clients" must be a list of clients.*Each is an object such as/],
    [{ clients: [{ ...clients.spa, redirectUrls: ['https://*.example/'] }] }, /client "spa".*nothing stands for anything here/],
    [{ clients: [clients.spa, clients.spa] }, /client "spa" is there twice/],
    [{ clients: [{ ...clients.spa, scopes: ['admin'] }] }, /there is no scope "admin". The scopes are openid, profile, email, email_trust, offline_access/],
    [{ accessTokenLifetime: 0 }, /option "accessTokenLifetime" must be milliseconds/],
    [{ idTokenLifetime: 1 }, /option "idTokenLifetime" must be milliseconds/],
    [{ refreshTokenLifetime: -1 }, /option "refreshTokenLifetime" must be milliseconds/],
    [{ refreshTokenAbsoluteLifetime: '1d' }, /option "refreshTokenAbsoluteLifetime" must be milliseconds/],
    [{ refreshTokenLifetime: 100_000, refreshTokenAbsoluteLifetime: 90_000 }, /"refreshTokenLifetime" \(100000\) is longer than "refreshTokenAbsoluteLifetime" \(90000\)/],
    [{ refreshTokenReuseGrace: 60_001 }, /option "refreshTokenReuseGrace" must be milliseconds/],
    [{ backchannelLogoutTimeout: 1 }, /option "backchannelLogoutTimeout" must be milliseconds/],
    [{ identityDecorator: 'a b' }, /option "identityDecorator" must be a name/],
    [{ issuer: 'https://id.example' }, /there is no option "issuer"/]
  ]
  for (const [options, message] of wrong) await t.rejects(boot(options), { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(options).slice(0, 60))
})

t.test('two projects have two places, two names and two decorators', async (t) => {
  await t.rejects(boot({}, {}), /another project is at "\/auth\/identity" already. Give option "issuerPath" of project "identity"/)
  await t.rejects(boot({}, { issuerPath: '/second' }), /another project is called "identity" already. Give option "project" another name/)
  await t.rejects(boot({}, { project: 'second' }), /app.identity belongs to another plugin. Give ours another name by option "identityDecorator"/)
  await boot({}, { project: 'second', identityDecorator: 'second' })
})

t.test('without the package, the message says what to install', async (t) => {
  await t.rejects(loadOidcProvider(async () => { throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' }) }), /the package oidc-provider is not installed. Install it: npm install oidc-provider/)
  await t.rejects(loadOidcProvider(async () => { throw new TypeError('broken') }), TypeError)
})

t.test('projects share nothing but the person: not clients, not tokens, not keys', async (t) => {
  const site = await startSite(t, {
    after: async (app) => await app.register(identity, { project: 'partners', issuerPath: '/partners', identityDecorator: 'partners', clients: [{ ...clients.spa, name: 'Partner' }] })
  })
  const partners = (site.app as unknown as { partners: { issuer: string, project: string } }).partners
  t.same([partners.issuer, partners.project, site.app.identity.project], [`${site.origin}/partners`, 'partners', 'identity'])
  const browser = site.newBrowser()
  const own = await site.discover('spa')
  const tokens = await signInTo(own, browser, { scope: 'openid offline_access' })
  const other = await openid.discovery(new URL(partners.issuer), 'spa', {}, openid.None(), { execute: [openid.allowInsecureRequests] })
  const there = await signInTo(other, browser)
  t.equal(there.claims()!.sub, tokens.claims()!.sub, 'one person')
  t.equal(there.claims()!.iss, partners.issuer)
  t.equal(await errorOf(openid.refreshTokenGrant(other, tokens.refresh_token!)), 'invalid_grant')
  t.ok(await errorOf(openid.fetchUserInfo(other, tokens.access_token, openid.skipSubjectCheck)))
  t.equal((await fetch(`${partners.issuer}/logout?id_token_hint=${tokens.id_token}`)).status, 400)
  const kids = await Promise.all([site.issuer, partners.issuer].map(async (issuer) => (await (await fetch(`${issuer}/jwks`)).json() as { keys: Array<{ kid: string }> }).keys.map(({ kid }) => kid)))
  t.equal(new Set(kids.flat()).size, 4)
  await site.app.sessions.signOutEverywhere(tokens.claims()!.sub)
  t.ok(await errorOf(openid.fetchUserInfo(other, there.access_token, openid.skipSubjectCheck)), 'and one end')
})

t.test('keys are rotated while the server runs: both are published, tokens of either hold', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5) })
  t.teardown(() => mock.timers.reset())
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const before = await signInTo(config, browser, { scope: 'openid offline_access' })
  const { database, keys, config: { environment } } = signInOf(site.app)
  const settings = { store: createKeyStore(database), project: { name: 'identity', simulated: true }, sealKeys: keys('identity-key'), environment }
  t.equal(await rotateKeys(settings, { publishedAhead: 120_000, compromised: false }), 2)
  mock.timers.tick(61_000)
  const published = async () => (await (await fetch(`${site.issuer}/jwks`)).json() as { keys: Array<{ kid: string }> }).keys.map(({ kid }) => kid)
  const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid
  t.equal((await published()).length, 4, 'the new ones are there before they sign')
  const during = await openid.refreshTokenGrant(config, before.refresh_token!)
  t.equal(kidOf(during.id_token!), kidOf(before.id_token!))
  mock.timers.tick(61_000)
  const after = await openid.refreshTokenGrant(config, during.refresh_token!)
  t.not(kidOf(after.id_token!), kidOf(before.id_token!))
  const set = createRemoteJWKSet(new URL(`${site.issuer}/jwks`))
  for (const token of [before.id_token!, after.id_token!]) t.ok(await jwtVerify(token, set, { issuer: site.issuer, audience: 'spa' }))
  t.equal((await browser.open(`${site.issuer}/logout?id_token_hint=${before.id_token}`)).status, 200, 'an ID token of before is still a hint')
})

t.test('ID tokens and logout tokens are signed by what the client wants', async (t) => {
  const site = await startSite(t, { identity: { clients: [{ ...clients.spa, idTokenAlgorithm: 'ES256' }] } })
  const tokens = await signInTo(await site.discover('spa', openid.None(), { id_token_signed_response_alg: 'ES256' }), site.newBrowser())
  const { protectedHeader } = await jwtVerify(tokens.id_token!, createRemoteJWKSet(new URL(`${site.issuer}/jwks`)), { issuer: site.issuer, audience: 'spa' })
  t.equal(protectedHeader.alg, 'ES256')
})

t.test('clients of the store are there beside those of the options, which come first', async (t) => {
  const site = await startSite(t)
  const store = createClientStore(signInOf(site.app).database)
  const { secret: made, kept } = makeSecret({ now: () => 0, randomBytes: (size) => Buffer.alloc(size, 7) })
  const stored = readClient({ id: 'stored', name: 'Stored', type: 'web', redirectUrls: [callback], firstParty: true, scopes: ['email', 'gone'] }, { where: 'test', withSecrets: false, at: 0 })
  await store.add('identity', { ...stored, secrets: [kept] }, 0)
  await store.add('identity', { ...stored, id: 'spa', redirectUrls: ['https://evil.example/'] }, 0)
  await store.add('elsewhere', { ...stored, id: 'foreign' }, 0)
  const config = await site.discover('stored', openid.ClientSecretBasic(made))
  t.ok((await signInTo(config, site.newBrowser(), { scope: 'openid email' })).id_token)
  const evil = await startAuthorization(await site.discover('spa'), { redirect_uri: 'https://evil.example/' })
  t.equal((await site.newBrowser().open(evil.url)).status, 400)
  t.equal((await site.newBrowser().open((await startAuthorization(await site.discover('foreign'))).url)).status, 400)

  const { secret: second, kept: keptSecond } = makeSecret({ now: () => 0, randomBytes: (size) => Buffer.alloc(size, 8) })
  await store.addSecret('identity', 'stored', keptSecond, 2)
  for (const good of [made, second]) t.ok(await signInTo(await site.discover('stored', openid.ClientSecretBasic(good)), site.newBrowser()), 'two secrets at a time')
  await store.removeSecret('identity', 'stored', kept.id)
  t.equal(await errorOf(openid.refreshTokenGrant(config, 'x')), 'invalid_client', 'and the old one is over')

  const browser = site.newBrowser()
  const page = await goOn(browser, await browser.open((await startAuthorization(await site.discover('guest', openid.ClientSecretBasic(secret)))).url, appOrigin))
  t.ok(answerOf(page).code)
})

t.test('a client that is gone gets nothing any more', async (t) => {
  const site = await startSite(t, { identity: { clients: [] } })
  const store = createClientStore(signInOf(site.app).database)
  const stored = readClient({ id: 'stored', name: 'Stored', type: 'spa', redirectUrls: [callback], refreshTokens: true }, { where: 'test', withSecrets: false, at: 0 })
  await store.add('identity', stored, 0)
  const config = await site.discover('stored')
  const browser = site.newBrowser()
  const tokens = await signInTo(config, browser, { scope: 'openid offline_access' })
  const waiting = await browser.open((await startAuthorization(config, { prompt: 'consent' })).url)
  t.match(waiting.body, 'Allow')
  await store.remove('identity', 'stored')
  t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), 'invalid_client')
  t.ok(await errorOf(openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck)))
  t.equal((await browser.open(waiting.url)).status, 400)
  await browser.submit(`${site.origin}/auth/logout`, {})
  t.notMatch(site.log(), 'could not be told', 'nor is it told that the session ended')
})

t.test('behind a proxy, addresses come from the options alone, and a request that came as http is refused', async (t) => {
  const app = Fastify({ trustProxy: true })
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: 'https://app.example', clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 'a-secret-of-the-portal', database: ':memory:', secrets: ['x'.repeat(32)] })
  await app.register(identity, { clients: [clients.spa] })
  const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
  const document = await app.inject({ url: '/auth/identity/.well-known/openid-configuration', headers: { ...evil, 'x-forwarded-proto': 'https' } })
  t.notMatch(document.body, 'evil')
  t.equal(document.json().authorization_endpoint, 'https://app.example/auth/identity/authorize')
  const query = new URLSearchParams({ client_id: 'spa', response_type: 'code', redirect_uri: callback, scope: 'openid', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' })
  const answer = await app.inject({ url: `/auth/identity/authorize?${query}`, headers: { ...evil, 'x-forwarded-proto': 'https' } })
  t.equal(answer.statusCode, 303)
  for (const cookie of [answer.headers['set-cookie']].flat()) t.match(cookie, /^__Secure-entra-identity-(?:interaction|resume)=[\w-]+; path=\/auth\/identity\/(?:interaction|authorize)\/[\w-]+; expires=.+; samesite=lax; secure; httponly$/i)
  const plain = await app.inject({ url: '/auth/identity/.well-known/openid-configuration', headers: { ...evil, 'x-forwarded-proto': 'http' } })
  t.match(plain.json(), { statusCode: 500, code: 'insecure_transport' })
})

t.test('where the store does not answer, apps are told so and nobody is signed in', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const tokens = await signInTo(config, site.newBrowser(), { scope: 'openid offline_access' })
  await signInOf(site.app).database.close()
  const answer = await fetch(`${site.issuer}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'spa', refresh_token: tokens.refresh_token! }) })
  t.match({ status: answer.status, ...await answer.json() as object }, { status: 503, error: 'server_error' })
  t.match(site.log(), /"reason":"closed"/)
})

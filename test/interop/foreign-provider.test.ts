import { createPublicKey, type KeyObject } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { ClientMetadata } from 'oidc-provider'
import t, { type Test } from 'tap'
import entra, { type EntraOptions, type SignInResult } from '../../plugins/fastify-entra.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { type Browser, createBrowser, type Page } from './browser.ts'
import { ada, type ForeignProvider, type ForeignTraits, startForeignProvider } from './foreign-provider.ts'

takesLong()

const clientId = '11111111-aaaa-bbbb-cccc-000000000001'
const clientSecret = 'a-secret-of-both-sides'

interface World {
  readonly provider: ForeignProvider
  readonly app: FastifyInstance
  readonly origin: string
  readonly results: SignInResult[]
  readonly log: () => string
}

/** The whole application on a port of this machine, with the real clock, at a provider that nobody here wrote. */
async function setUp (t: Test, options: Partial<EntraOptions> = {}, traits: ForeignTraits = {}, client: Partial<ClientMetadata> = {}): Promise<World> {
  const origin = `http://localhost:${await reservePort()}`
  const provider = await startForeignProvider(t, {
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [`${origin}/auth/microsoft/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
    ...client
  }, traits)
  const lines: string[] = []
  const results: SignInResult[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(entra, {
    baseUrl: origin,
    clientId,
    clientSecret,
    authority: provider.authority,
    tenant: provider.tid,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    secrets: ['test-secret-of-at-least-32-characters'],
    database: ':memory:',
    use_email_as_identifier: true,
    returnTokens: true,
    onSignIn: (_request, _reply, result) => { results.push(result) },
    ...options
  })
  app.get('/me', { onRequest: app.requireUser }, (request) => ({ user: request.user, email: request.scoredEmail }))
  await app.listen({ port: Number(new URL(origin).port), host: 'localhost' })
  t.teardown(async () => await app.close())
  return { provider, app, origin, results, log: () => lines.join('') }
}

/** Signs in and consents on the provider's pages. It gives a refresh token only to whom consent is asked for anew. */
async function signIn (browser: Browser, origin: string): Promise<Page> {
  const login = await browser.get(`${origin}/auth/microsoft/login?return_to=/me&prompt=consent`)
  const consent = await browser.submit(login, { login: 'ada-at-the-provider', password: 'any' })
  return await browser.submit(consent)
}

for (const [kind, tenant] of [['one GUID', undefined], ['a domain', 'contoso.example'], ['common', 'common']] as const) {
  t.test(`the whole sign-in holds against oidc-provider over real HTTP, tenant: ${kind}`, async (t) => {
    const { app, provider, origin, results } = await setUp(t, tenant === undefined ? {} : { tenant })
    const browser = createBrowser()
    const me = await signIn(browser, origin)
    t.equal(me.status, 200)
    t.equal(me.url.href, `${origin}/me`)
    t.match(JSON.parse(me.body), {
      user: { identity: { tid: provider.tid, oid: ada } },
      email: { canonical: 'ada@contoso.example', score: 90, verified: true }
    })
    const callback = browser.visited.find(({ pathname }) => pathname === '/auth/microsoft/callback')!
    t.equal(callback.searchParams.get('iss'), `${provider.authority}/${provider.tid}/v2.0`, 'which says who answers (RFC 9207)')

    const tokens = results[0]!.tokens!
    t.match(decodeProtectedHeader(tokens.idToken), { alg: 'RS256', kid: 'foreign' })
    t.match(decodeJwt(tokens.idToken), { aud: clientId, sub: 'ada-at-the-provider', nonce: /^[\w-]{43}$/ })
    const refreshed = await signInOf(app).client!.refresh(tokens.refreshToken!, ['openid'])
    t.not(refreshed.accessToken, tokens.accessToken)
    t.equal(provider.asked.filter((path) => path === '/oauth2/v2.0/token').length, 2)
    t.equal(provider.asked.filter((path) => path === '/discovery/v2.0/keys').length, 1)

    const replayed = await browser.get(callback.href)
    t.equal(replayed.url.searchParams.get('error'), 'invalid_state')
    t.equal(provider.asked.filter((path) => path === '/oauth2/v2.0/token').length, 2, 'a code is sent once')
    t.equal(JSON.parse((await browser.get(`${origin}/me`)).body).user.id, JSON.parse(me.body).user.id)
  })
}

t.test('it takes our certificate as well: private_key_jwt, signed with PS256, for its token endpoint', async (t) => {
  const { certificate, privateKey, key } = makeCertificate()
  const options = { clientSecret: undefined, credentials: [{ certificate, privateKey }] }
  const registered = (key: KeyObject): Partial<ClientMetadata> => ({
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'PS256',
    jwks: { keys: [createPublicKey(key).export({ format: 'jwk' }) as never] }
  })
  const { app, provider, origin, results } = await setUp(t, options, {}, registered(key))
  t.equal((await signIn(createBrowser(), origin)).status, 200)
  t.ok((await signInOf(app).client!.refresh(results[0]!.tokens!.refreshToken!, ['openid'])).accessToken)
  t.equal(provider.asked.filter((path) => path === '/oauth2/v2.0/token').length, 2)

  const other = await setUp(t, options, {}, registered(makeCertificate('another').key))
  t.equal((await signIn(createBrowser(), other.origin)).url.searchParams.get('error'), 'provider_error', 'and no other one')
})

t.test('who gives no consent there is told so here', async (t) => {
  const { origin } = await setUp(t)
  const browser = createBrowser()
  const login = await browser.get(`${origin}/auth/microsoft/login`)
  const aborted = await browser.get(`${login.url.href}/abort`)
  t.equal(aborted.url.pathname, '/auth/error')
  t.equal(aborted.url.searchParams.get('error'), 'access_denied')
})

const wrong: Array<[title: string, traits: ForeignTraits, reason: string]> = [
  ['keys that do not say whose tokens they sign, as any other provider has them', { keyMembers: () => ({}) }, 'key_issuer'],
  ['keys of another tenant', { keyMembers: (issuer) => ({ issuer: issuer.replace('c0ffee', 'decafe') }) }, 'key_issuer'],
  ['a tenant that the issuer is not of', { claims: { tid: '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10' } }, 'iss'],
  ['no object id', { claims: { oid: undefined } }, 'missing_oid'],
  ['another version', { claims: { ver: '1.0' } }, 'ver']
]

for (const [title, traits, reason] of wrong) {
  t.test(`${title}: no sign-in`, async (t) => {
    const { origin, log } = await setUp(t, {}, traits)
    const browser = createBrowser()
    const refused = await signIn(browser, origin)
    t.equal(refused.url.searchParams.get('error'), 'invalid_token')
    t.match(log(), `"reason":"${reason}"`)
    t.equal((await browser.get(`${origin}/me`)).url.pathname, '/auth/sign-in')
  })
}

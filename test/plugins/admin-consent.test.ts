import Fastify from 'fastify'
import t from 'tap'
import adminConsent, { type AdminConsentResult } from '../../plugins/admin-consent.ts'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import provider from '../../plugins/provider.ts'
import simulatorPlugin, { adminConsentAs, signInAs } from '../../plugins/simulator.ts'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { seededBytes } from '../random.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const path = '/auth/microsoft/admin-consent'
const strict = '7f6b2a54-2c1f-4b75-9d0e-0d8a3c5e9b11'
const other = 'c1f3a7d2-5b8e-4a90-8c6d-2e7f1b0a9d33'
const redirectUris = ['https://app.example/auth/microsoft/callback', `https://app.example${path}/callback`]

/** An application whose customer lets none but administrators consent. */
async function strictApp (t: Parameters<typeof httpsApp>[0], options: Partial<EntraOptions> = {}) {
  return await httpsApp(t, options, {
    simulator: {
      redirectUris,
      tenants: [{ id: strict, domains: ['strict.example'], userConsent: false }, { id: other, domains: ['other.example'] }],
      accounts: [
        { key: 'worker', tenant: strict, claims: { email: 'worker@strict.example', xms_edov: true } },
        { key: 'boss', tenant: strict, isAdministrator: true, claims: { email: 'boss@strict.example' } },
        { key: 'chief', tenant: other, isAdministrator: true }
      ]
    }
  })
}

/** Starts, and gives the address at Microsoft and the attempt's cookie. */
async function start ({ app }: TestApp, query = '', headers: Record<string, string> = navigation) {
  const response = await app.inject({ url: path + query, headers })
  return {
    response,
    url: response.statusCode === 303 ? new URL(response.headers.location!) : null,
    cookie: [response.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]).join('; ')
  }
}

const callback = async ({ app }: TestApp, query: Record<string, string> | string, cookie: string, headers: Record<string, string> = program) =>
  await app.inject({ url: `${path}/callback?${typeof query === 'string' ? query : new URLSearchParams(query).toString()}`, headers: { ...headers, cookie } })

t.test('a person of a strict tenant reads who must act, the administrator consents by the link, and then the person signs in', async (t) => {
  const test = await strictApp(t)
  const before = await test.rows(['used_attempts'])
  const refused = await test.simulator.signIn(test.app, 'worker', { headers: navigation })
  t.equal(refused.location, '/auth/error?error=access_denied&help=admin_consent')
  t.match(test.log(), /"aadsts":90094,"correlationId":"[\da-f-]{36}","actor":"administrator","remedy":"An administrator consents.*adminConsentUrl/)
  const page = (await test.app.inject({ url: refused.location!, headers: navigation })).body
  t.match(page, 'An administrator of your organisation has to allow this application first.')
  t.match(page, `<a href="https://app.example${path}" rel="noopener noreferrer"><bdi>https://app.example${path}</bdi></a>`)
  t.equal(page.match(/class="button"/g)!.length, 1)

  const consented = await test.simulator.adminConsent(test.app, 'boss', { query: { return_to: '/public' } })
  t.match({ statusCode: consented.statusCode, location: consented.location }, { statusCode: 303, location: '/auth/sign-in?return_to=%2Fpublic&consented=1' })
  t.equal(consented.cookie, '', 'and nobody is signed in by that')
  t.match((await test.app.inject({ url: consented.location!, headers: navigation })).body, /if you have allowed this application for your organisation.*href="\/auth\/microsoft\/login\?return_to=%2Fpublic"/s)
  t.equal(await test.rows(['used_attempts']), before, 'nothing is stored')

  t.match(await test.simulator.signIn(test.app, 'worker'), { statusCode: 303, location: '/auth/account' })
})

t.test('the request has what Microsoft asks for, and nothing that a link could change', async (t) => {
  const test = await strictApp(t, { adminConsentScopes: ['https://graph.microsoft.com/.default'] })
  const { url } = await start(test, '?client_id=evil&redirect_uri=https://evil.example&scope=Mail.ReadWrite&state=fixed&tenant=Strict.Example')
  t.equal(url!.origin + url!.pathname, 'https://login.microsoftonline.com/strict.example/v2.0/adminconsent')
  const { state, ...rest } = Object.fromEntries(url!.searchParams)
  t.match(state, /^[\w-]{43}$/)
  t.same(rest, { client_id: test.simulator.clientId, scope: 'https://graph.microsoft.com/.default', redirect_uri: redirectUris[1] })
  t.equal((await start(test)).url!.pathname, '/organizations/v2.0/adminconsent', 'never common: personal accounts have no administrator')
  const standard = await strictApp(t)
  t.equal((await start(standard)).url!.searchParams.get('scope'), 'openid profile email')
})

t.test('the tenant of a link is a GUID or a domain name, and where the application has one tenant, that one', async (t) => {
  const test = await strictApp(t)
  for (const tenant of ['common', 'consumers', 'organizations', 'a', '../x', 'a.example/evil', 'a.example?x=', '', `${'a'.repeat(250)}.example`, strict.slice(1)]) {
    t.match((await start(test, `?tenant=${encodeURIComponent(tenant)}`, program)).response.json(), { statusCode: 400, code: 'invalid_request' }, tenant.slice(0, 30))
  }
  t.match((await start(test, `?tenant=${strict}&tenant=${other}`, program)).response.json(), { code: 'invalid_request' }, 'O17')
  const single = await strictApp(t, { tenant: strict })
  t.equal((await start(single)).url!.pathname, `/${strict}/v2.0/adminconsent`)
  t.equal((await start(single, `?tenant=${strict.toUpperCase()}`)).url!.pathname, `/${strict}/v2.0/adminconsent`)
  t.match((await start(single, `?tenant=${other}`, program)).response.json(), { statusCode: 403, code: 'tenant_not_allowed' })
})

t.test('the link is made by the application, and only to where a sign-in may end', async (t) => {
  const test = await strictApp(t)
  t.equal(test.app.microsoft.adminConsentUrl(), `https://app.example${path}`)
  t.equal(test.app.microsoft.adminConsentUrl({ tenant: strict, return_to: '/settings?a=b' }), `https://app.example${path}?tenant=${strict}&return_to=%2Fsettings%3Fa%3Db`)
  t.throws(() => test.app.microsoft.adminConsentUrl({ return_to: 'https://evil.example' }), { code: 'redirect_not_allowed' })
})

t.test('only a person who opens a page starts it, and no open redirect', async (t) => {
  const test = await strictApp(t)
  for (const headers of [{ 'sec-fetch-mode': 'no-cors' }, { 'sec-fetch-dest': 'iframe' }, { 'sec-fetch-dest': 'image' }]) {
    t.match((await start(test, '', { ...program, ...headers })).response.json(), { statusCode: 400, code: 'invalid_request' }, 'O32')
  }
  for (const target of ['https://evil.example', '//evil.example', '/\\evil.example', '/auth/logout', path, `${path}/callback`]) {
    t.match((await start(test, `?return_to=${encodeURIComponent(target)}`, program)).response.json(), { statusCode: 400, code: 'redirect_not_allowed' }, target)
  }
  t.equal((await start(test, '', { ...program, 'x-forwarded-proto': 'http' })).response.statusCode, 500, 'S21')
  for (const method of ['POST', 'HEAD', 'DELETE'] as const) {
    for (const url of [path, `${path}/callback`]) t.equal((await test.app.inject({ method, url, headers: program })).statusCode, 405, `${method} ${url}`)
  }
})

t.test('an administrator who declines leads to a page that says so, and the hook is told', async (t) => {
  const told: AdminConsentResult[] = []
  const test = await strictApp(t, { onAdminConsent: (_request, _reply, result) => { told.push(result) } })
  const { location } = await test.simulator.adminConsent(test.app, 'boss', { cancel: true })
  t.equal(location, '/auth/error?error=access_denied')
  t.match(test.log(), /"reason":"admin_consent_declined","actor":"administrator"/)
  t.match((await test.simulator.adminConsent(test.app, 'boss', { cancel: true, headers: program })).response.json(), { statusCode: 403, code: 'access_denied' })
  t.same(told, [{ tenant: null, granted: false, scopes: [] }, { tenant: null, granted: false, scopes: [] }])
  t.equal((await test.simulator.signIn(test.app, 'worker', { headers: program })).statusCode, 403, 'and nobody of the tenant signs in')
})

t.test('programs get JSON, and the application may answer itself', async (t) => {
  const test = await strictApp(t)
  t.same((await test.simulator.adminConsent(test.app, 'boss', { headers: program })).response.json(), { tenant: strict, granted: true, scopes: ['openid', 'profile', 'email'] })
  const told: AdminConsentResult[] = []
  const own = await strictApp(t, {
    onAdminConsent: async (_request, reply, result) => {
      told.push(result)
      await reply.redirect('/thanks', 303)
    }
  })
  t.equal((await own.simulator.adminConsent(own.app, 'boss', { query: { tenant: strict } })).location, '/thanks')
  t.match(told, [{ tenant: strict, granted: true, scopes: ['openid', 'profile', 'email'] }])
  t.ok(Object.isFrozen(told[0]) && Object.isFrozen(told[0]!.scopes))
})

t.test('who is signed in already goes back to where they came from', async (t) => {
  const test = await strictApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'boss')
  const consented = await test.simulator.adminConsent(test.app, 'boss', { cookie, query: { return_to: '/public?x=1' } })
  t.equal(consented.location, '/public?x=1')
  t.equal(consented.cookie, cookie, 'the session is as it was')
})

t.test('a forged callback, one of another browser and a replay are refused, and do nothing', async (t) => {
  const told: unknown[] = []
  const test = await strictApp(t, { onAdminConsent: (...all) => { told.push(all) } })
  const granted = { admin_consent: 'True', tenant: strict, scope: 'openid' }
  const { url, cookie } = await start(test)
  const state = url!.searchParams.get('state')!
  const before = await test.rows()
  for (const [query, from, why] of [
    [{ ...granted, state: 'f'.repeat(43) }, cookie, 'forged'], [granted, cookie, 'without a state'], [{ ...granted, state }, '', 'in another browser']
  ] as const) t.match((await callback(test, { ...query }, from)).json(), { statusCode: 400, code: 'invalid_state' }, why)
  t.match((await callback(test, `state=${state}&state=${state}&admin_consent=True&tenant=${strict}`, cookie)).json(), { code: 'invalid_request' }, 'O17')
  t.match((await callback(test, `state=${state}&admin_consent=True&tenant=${strict}&tenant=${other}`, cookie)).json(), { code: 'invalid_request' }, 'O17')
  t.equal(await test.rows(), before)
  t.same(told, [])
  t.equal((await callback(test, { ...granted, state }, cookie)).statusCode, 200, 'the positive control')
  t.match((await callback(test, { ...granted, state }, cookie)).json(), { statusCode: 400, code: 'invalid_state' }, 'replayed')
  t.equal(told.length, 1)
  t.equal((await test.simulator.signIn(test.app, 'worker', { headers: program })).statusCode, 403, 'what a browser says grants nothing')
})

t.test('an attempt for the one is none for the other', async (t) => {
  const test = await strictApp(t)
  const consent = await start(test)
  const login = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
  const cookie = [login.headers['set-cookie']!].flat().map((one) => one.split(';')[0]).join('; ')
  const state = new URL(login.headers.location!).searchParams.get('state')!
  t.match((await callback(test, { admin_consent: 'True', tenant: strict, state }, cookie)).json(), { code: 'invalid_state' })
  const atSignIn = await test.app.inject({ url: `/auth/microsoft/callback?code=c&state=${consent.url!.searchParams.get('state')}`, headers: { ...program, cookie: consent.cookie } })
  t.match(atSignIn.json(), { code: 'invalid_state' })
  t.equal(test.log().match(/"reason":"unknown_intent"/g)!.length, 2)
  t.equal(test.simulator.requests.token, 0)
})

t.test('an answer that is none, or names another tenant than was asked, is refused', async (t) => {
  const test = await strictApp(t)
  for (const [query, code] of [
    [{}, 'invalid_request'], [{ admin_consent: 'False', tenant: strict }, 'invalid_request'], [{ admin_consent: 'True' }, 'invalid_request'],
    [{ admin_consent: 'True', tenant: 'strict.example' }, 'invalid_request'], [{ admin_consent: 'True', tenant: other }, 'invalid_request'],
    [{ admin_consent: 'True', error: 'invalid_client', error_description: 'AADSTS650056: canary' }, 'provider_error'],
    [{ admin_consent: 'True', error: 'access_denied', error_description: 'AADSTS65004: canary', tenant: strict }, 'access_denied'],
    [{ error: 'temporarily_unavailable' }, 'provider_unavailable']
  ] as const) {
    const { url, cookie } = await start(test, `?tenant=${strict}`)
    t.equal((await callback(test, { ...query, state: url!.searchParams.get('state')! }, cookie)).json().code, code, JSON.stringify(query))
  }
  t.match(test.log(), '"aadsts":650056')
  t.notMatch(test.log(), 'canary')
})

t.test('what the browser says stays bounded and plain', async (t) => {
  const test = await strictApp(t)
  for (const [scope, scopes] of [[undefined, []], ['a <script> "b" c\\d', ['a', '<script>']], ['x'.repeat(4_096), ['x'.repeat(4_096)]], ['x'.repeat(4_097), []]] as const) {
    const { url, cookie } = await start(test)
    const answer = await callback(test, { admin_consent: 'true', tenant: strict.toUpperCase(), ...(scope && { scope }), state: url!.searchParams.get('state')! }, cookie)
    t.same(answer.json(), { tenant: strict, granted: true, scopes })
    t.match(answer.headers['content-type'], 'application/json')
  }
})

t.test('where it may not end any more it ends at the default', async (t) => {
  const test = await strictApp(t)
  const state = 's'.repeat(43)
  const attempt = { state, nonce: 'n', verifier: 'v', returnTo: 'https://left.example/', intent: { action: 'admin-consent', tenant: 'organizations' }, startedAt: test.clock.now }
  const sealed = await createSeal(deriveKeys(['test-secret-of-at-least-32-characters'], 'attempt')).seal(attempt)
  const answer = await callback(test, { admin_consent: 'True', tenant: strict, state }, `__Host-entra-attempt-${state.slice(0, 10)}=${sealed}`, navigation)
  t.equal(answer.headers.location, '/auth/sign-in?return_to=%2Fauth%2Faccount&consented=1')
})

t.test('a parser of an application that gives nothing at all breaks nothing', async (t) => {
  const test = await httpsApp(t, {}, { server: { trustProxy: true, logger: false, routerOptions: { querystringParser: () => null as never } } })
  t.equal((await start(test)).url!.pathname, '/organizations/v2.0/adminconsent')
  t.match((await callback(test, '', '')).json(), { statusCode: 400, code: 'invalid_state' })
})

t.test('with form_post for sign-ins the administrator still comes back by a link', async (t) => {
  const test = await strictApp(t, { responseMode: 'form_post' })
  t.match(await test.simulator.adminConsent(test.app, 'boss'), { statusCode: 303, location: '/auth/sign-in?return_to=%2Fauth%2Faccount&consented=1' })
  t.equal((await test.simulator.signIn(test.app, 'worker')).statusCode, 303)
})

t.test('where sign-ins are switched off there is neither route nor link', async (t) => {
  const test = await strictApp(t, { enabled: false })
  for (const url of [path, `${path}/callback`]) t.equal((await test.app.inject({ url, headers: program })).statusCode, 404)
  t.throws(() => test.app.microsoft.adminConsentUrl(), { code: 'FST_ENTRA_CONFIGURATION', message: /Register the admin-consent plugin/ })
})

t.test('personal accounts have no administrator: there is no route, and whoever asks for one is told', async (t) => {
  const test = await strictApp(t, { tenant: 'consumers' })
  t.equal((await test.app.inject({ url: path, headers: program })).statusCode, 404)
  await t.rejects(strictApp(t, { tenant: 'consumers', adminConsentPath: '/x' }), { code: 'FST_ENTRA_CONFIGURATION', message: /"tenant" is "consumers".*no administrator/ })
})

t.test('wrong options are refused by name', async (t) => {
  for (const [options, message] of [
    [{ adminConsentPath: 'x' }, /option "adminConsentPath" must be a plain path/], [{ adminConsentPath: '/x/' }, /"adminConsentPath"/],
    [{ adminConsentScopes: [] }, /option "adminConsentScopes" must be a list of scopes.*\.default/], [{ adminConsentScopes: ['a b'] }, /"adminConsentScopes"/],
    [{ onAdminConsent: 'x' }, /option "onAdminConsent" must be a function/]
  ] as const) await t.rejects(strictApp(t, options as never), { code: 'FST_ENTRA_CONFIGURATION', message })
})

t.test('alone with the provider it answers in JSON, under the path that it is given', async (t) => {
  const now = () => Date.UTC(2021, 10, 22)
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(simulatorPlugin, { baseUrl: 'http://localhost:3000', environment: { now, randomBytes: seededBytes('alone') }, accounts: [{ key: 'boss', tenant: 'contoso.example', isAdministrator: true }] })
  await app.register(provider, { baseUrl: 'http://localhost:3000', database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], environment: { now, randomBytes: seededBytes('alone too') }, onSignIn: (_request, reply) => { void reply.send('in') } })
  await app.register(adminConsent, { adminConsentPath: '/allow' })
  const { response } = await adminConsentAs(app, 'boss', { adminConsentPath: '/allow' })
  t.match(response.json(), { granted: true, tenant: '62d81b84-3105-40cb-979d-5dd0aafa28d9' })
  t.equal((await signInAs(app, 'ada')).response.body, 'in', 'the provider\'s own redirect URI is there as well')
  await t.rejects(adminConsentAs(app, 'boss', { adminConsentPath: '/nowhere' }), { message: /the admin consent route \/nowhere answered 404.*Option "adminConsentPath" of the admin consent says where it is/ })
})

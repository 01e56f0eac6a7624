import t from 'tap'
import { createSeal } from '../../src/core/seal.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import type { SignInResult } from '../../plugins/sign-in-result.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const options = { allowedScopes: ['Mail.Read', 'https://graph.microsoft.com/Files.Read'], uiLocales: ['de', 'pt-BR'] }

async function start ({ app }: TestApp, query: string, headers: Record<string, string> = navigation) {
  const response = await app.inject({ url: `/auth/microsoft/login?${query}`, headers })
  const cookie = [response.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]).join('; ')
  return { response, cookie, url: response.headers.location! }
}

const parametersOf = (url: string): Record<string, string> => Object.fromEntries(new URL(url).searchParams)

t.test('a link may ask for a recent sign-in, for languages and for scopes that the options list', async (t) => {
  const test = await httpsApp(t, options)
  const { url } = await start(test, 'max_age=600&ui_locales=PT-br%20de&provider_scopes=Mail.Read,https%3A%2F%2Fgraph.microsoft.com%2FFiles.Read%20openid')
  t.match(parametersOf(url), { max_age: '600', ui_locales: 'pt-BR de', scope: 'openid profile email Mail.Read https://graph.microsoft.com/Files.Read' })
  t.equal([...new URL(url).searchParams.keys()].length, new Set(new URL(url).searchParams.keys()).size, 'each parameter once')
  const plain = parametersOf((await start(test, '')).url)
  t.notOk(['max_age', 'ui_locales', 'provider_scopes'].some((name) => name in plain))
  t.equal(plain.scope, 'openid profile email')
})

t.test('what is not listed never reaches Microsoft, and nothing is started (O13, O14)', async (t) => {
  const test = await httpsApp(t, options)
  for (const query of [
    'provider_scopes=Mail.ReadWrite', 'provider_scopes=Mail.Read%20offline_access', 'provider_scopes=Mail.Read&provider_scopes=Mail.Send', 'provider_scopes=', 'provider_scopes[]=Mail.Read',
    'ui_locales=fr', 'ui_locales=de%26prompt%3Dnone', 'ui_locales=de&ui_locales=de', 'ui_locales=', `ui_locales=${'de%20'.repeat(300)}`,
    'max_age=-1', 'max_age=1.5', 'max_age=', 'max_age=1&max_age=2', 'max_age=999999999', 'provider=Google', 'provider=MicrosoftOAuth&provider=MicrosoftOAuth'
  ]) {
    const { response } = await start(test, query, program)
    const isIgnored = query === 'provider_scopes[]=Mail.Read'
    t.equal(response.statusCode, isIgnored ? 303 : 400, query)
    if (isIgnored) t.equal(parametersOf(response.headers.location!).scope, 'openid profile email')
    else t.match([response.json().code, response.headers['set-cookie']], ['invalid_request', undefined])
    t.notMatch(response.body, /Mail|fr\b/, 'nothing of the request is reflected')
  }
  const { url } = await start(test, 'scope=Mail.Read&claims=%7B%7D&acr_values=1&id_token_hint=x&mkt=de&display=popup&max_age=0')
  t.same(Object.keys(parametersOf(url)).sort(), ['client_id', 'code_challenge', 'code_challenge_method', 'max_age', 'nonce', 'redirect_uri', 'response_mode', 'response_type', 'scope', 'state'])
  t.match(test.log(), /unlisted_provider_scopes.*allowedScopes/)
})

t.test('by default a link may ask for no further scope and no language', async (t) => {
  const test = await httpsApp(t)
  for (const query of ['provider_scopes=Mail.Read', 'ui_locales=de']) t.equal((await start(test, query, program)).response.statusCode, 400, query)
  t.equal((await start(test, 'provider_scopes=openid%20email')).response.statusCode, 303, 'these are asked for in any case')
})

t.test('what was asked for is kept with the attempt, and Microsoft gives it', async (t) => {
  const results: SignInResult[] = []
  const { app, simulator } = await httpsApp(t, { ...options, onSignIn: (_request, _reply, result) => { results.push(result) } })
  t.equal((await simulator.signIn(app, 'ada', { query: { provider_scopes: 'Mail.Read', max_age: '60' } })).location, '/auth/account')
  t.match(results[0]!.authorization.attempt, { scopes: ['Mail.Read'], maxAge: 60 })
  await simulator.signIn(app, 'ada')
  t.match(results[1]!.authorization.attempt, { scopes: undefined, maxAge: undefined })
})

t.test('with max_age the token must say that the person has just shown who they are', async (t) => {
  const test = await httpsApp(t)
  const { app, simulator, clock } = test
  const seconds = Math.floor(clock.now / 1_000)
  t.equal((await simulator.signIn(app, 'ada', { query: { max_age: '0' } })).location, '/auth/account')
  const before = await test.rows(['used_attempts'])
  for (const [authTime, maxAge, reason] of [[seconds - 61, '0', 'too_old'], [seconds - 661, '600', 'too_old'], [undefined, '600', 'missing'], ['now', '600', 'missing'], [seconds + 120, '600', 'future']] as const) {
    const { location, cookies } = await simulator.signIn(app, 'ada', { query: { max_age: maxAge }, claims: { auth_time: authTime } })
    t.equal(location, '/auth/error?error=reauth_required', `${String(authTime)} ${reason}`)
    t.notOk('__Host-entra-session' in cookies)
    t.match(test.log(), `auth_time_${reason}`)
  }
  t.equal(await test.rows(['used_attempts']), before, 'nothing has changed')
  t.equal((await simulator.signIn(app, 'ada', { query: { max_age: '600' }, claims: { auth_time: seconds - 600 } })).location, '/auth/account')
  t.equal((await simulator.signIn(app, 'ada', { claims: { auth_time: 1 } })).location, '/auth/account', 'nobody asked')
})

t.test('where the optional claim was forgotten in the portal, the log says so', async (t) => {
  const test = await httpsApp(t, {}, { simulator: { optionalClaims: ['email', 'xms_edov'] } })
  t.equal((await test.simulator.signIn(test.app, 'ada', { query: { max_age: '60' } })).location, '/auth/error?error=reauth_required')
  t.match(test.log(), /auth_time_missing.*Add the optional claim \\"auth_time\\"/)
})

t.test('a person who links may be asked for the same', async (t) => {
  const { app, simulator } = await httpsApp(t, options)
  const { cookie } = await simulator.signIn(app, 'ada')
  const fields = { max_age: '0', ui_locales: 'de', provider_scopes: 'Mail.Read' }
  t.equal((await simulator.link(app, 'pat', { cookie, fields })).statusCode, 303)
  const refused = await simulator.link(app, 'mallory', { cookie, fields, claims: { auth_time: 5 } })
  t.match(refused.location, 'error=reauth_required')
  const page = await app.inject({ method: 'POST', url: '/auth/microsoft/link', headers: { ...program, cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }, payload: 'provider_scopes=Mail.Send' })
  t.match([page.statusCode, page.json().code], [400, 'invalid_request'])
})

t.test('an attempt that an older version started is finished by this one (a rolling deployment)', async (t) => {
  const test = await httpsApp(t)
  const { app, simulator, clock } = test
  const { url, cookie } = await start(test, '')
  const picked = await simulator.fetch(url, { method: 'POST', body: new URLSearchParams({ simulator_account: 'ada' }), redirect: 'manual' })
  const { search } = new URL(picked.headers.get('location')!)
  const [name, sealed] = cookie.split('=') as [string, string]
  const seal = createSeal(signInOf(app).keys('attempt'))
  const { state, nonce, verifier, returnTo, intent, ...others } = await seal.open(sealed) as Record<string, unknown>
  t.same(others, { startedAt: clock.now })
  const old = await seal.seal({ state, nonce, verifier, returnTo, intent, startedAt: clock.now })
  const answer = await app.inject({ url: `/auth/microsoft/callback${search}`, headers: { ...navigation, cookie: `${name}=${old}` } })
  t.equal(answer.headers.location, '/auth/account')
})

t.test('the address of a sign-in has what it may ask for, and a mistake is told to who makes it', async (t) => {
  const test = await httpsApp(t, options)
  const { app } = test
  const url = app.microsoft.authorizationUrl({ max_age: 0, ui_locales: 'de pt-BR', provider_scopes: ['Mail.Read', 'openid'], return_to: '/inbox', prompt: undefined as never })
  t.same(parametersOf(url), { max_age: '0', ui_locales: 'de pt-BR', provider_scopes: 'Mail.Read openid', return_to: '/inbox' })
  const { response } = await start(test, new URL(url).search.slice(1))
  t.match(parametersOf(response.headers.location!), { scope: 'openid profile email Mail.Read', max_age: '0' })
  t.equal(parametersOf(app.microsoft.authorizationUrl({ provider_scopes: 'Mail.Read,openid' })).provider_scopes, 'Mail.Read,openid')
  for (const link of [{ max_age: -1 }, { max_age: 1.5 }, { max_age: NaN }, { ui_locales: 'fr' }, { provider_scopes: ['Mail.Send'] }, { provider_scopes: [] }, { login_hint: 'a b' }, { prompt: 'create' as never }]) {
    t.throws(() => app.microsoft.authorizationUrl(link), { code: 'invalid_request' }, JSON.stringify(link))
  }
})

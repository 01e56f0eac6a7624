import { Cookie } from 'tough-cookie'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const callbackPath = '/auth/microsoft/callback'

/** Starts a sign-in and gives the address that Microsoft is asked at, and the attempt's cookie. */
async function start ({ app }: TestApp, query = '', headers: Record<string, string> = navigation) {
  const response = await app.inject({ url: `/auth/microsoft/login${query}`, headers })
  const cookie = [response.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]).join('; ')
  return { response, cookie, url: response.statusCode === 303 ? new URL(response.headers.location!) : null }
}

/** Lets somebody pick an account at the simulator; gives the query of the callback. */
async function pick ({ simulator }: TestApp, url: URL, account: string): Promise<string> {
  const answer = await simulator.fetch(url, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
  return new URL(answer.headers.get('location')!).search
}

async function callback ({ app }: TestApp, query: string, cookie: string, headers: Record<string, string> = program) {
  return await app.inject({ url: callbackPath + query, headers: { ...headers, cookie } })
}

t.test('a person ends with a session, and the application knows who it is', async (t) => {
  const test = await httpsApp(t)
  const { statusCode, location, cookie } = await test.simulator.signIn(test.app, 'ada')
  t.match({ statusCode, location }, { statusCode: 303, location: '/auth/account' })
  const me = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  t.match(me, { displayName: 'Ada Lovelace', email: { address: 'ada@contoso.example', score: 90, verified: true }, identity: { oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' } })
  t.match(me.id, /^[0-9a-f-]{36}$/)
  const again = await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: again.cookie } })).json().id, me.id, 'and is the same user the next time')
})

t.test('the request to Microsoft has what the code flow needs, and nothing that a link could change', async (t) => {
  const test = await httpsApp(t)
  const { url } = await start(test, '?client_id=evil&redirect_uri=https://evil.example&response_type=token&response_mode=fragment&state=fixed&nonce=fixed&scope=Mail.Read&code_challenge=x&login_hint=ada@contoso.example&domain_hint=contoso.example&prompt=select_account&provider=MicrosoftOAuth')
  t.equal(url!.origin + url!.pathname, 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize')
  const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(url!.searchParams)
  t.same(rest, {
    response_type: 'code',
    response_mode: 'query',
    client_id: test.simulator.clientId,
    redirect_uri: 'https://app.example/auth/microsoft/callback',
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    login_hint: 'ada@contoso.example',
    domain_hint: 'contoso.example',
    prompt: 'select_account'
  })
  for (const value of [state, nonce, challenge]) t.match(value, /^[\w-]{43}$/)
  t.equal([...url!.searchParams.keys()].length, new Set(url!.searchParams.keys()).size, 'each parameter once')
})

t.test('absolute addresses come from the options, whatever headers say', async (t) => {
  const test = await httpsApp(t)
  const { url, response } = await start(test, '', { ...navigation, host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-port': '444', forwarded: 'host=evil.example' })
  t.equal(url!.searchParams.get('redirect_uri'), 'https://app.example/auth/microsoft/callback', 'O16')
  t.notMatch(JSON.stringify(response.headers), 'evil.example')
})

t.test('cookies are __Host-, Secure, HttpOnly, Lax and for the whole site', async (t) => {
  const test = await httpsApp(t)
  const { response } = await start(test)
  const attempt = Cookie.parse(String(response.headers['set-cookie']))!
  t.match(attempt.toJSON(), { path: '/', secure: true, httpOnly: true, sameSite: 'lax', maxAge: 600 })
  t.match(attempt.key, /^__Host-entra-attempt-[\w-]{10}$/)
  t.equal(attempt.domain, null)
  const { response: signedIn } = await test.simulator.signIn(test.app, 'ada')
  const session = [signedIn.headers['set-cookie'] ?? []].flat().map((one) => Cookie.parse(one)!).find(({ key }) => key === '__Host-entra-session')!
  t.match(session.toJSON(), { path: '/', secure: true, httpOnly: true, sameSite: 'lax' })
  t.equal(session.domain, null)
  t.ok(session.cookieString().length < 4_096)
})

t.test('an attempt is finished once: of twenty callbacks at once one reaches Microsoft', async (t) => {
  const test = await httpsApp(t)
  const { url, cookie } = await start(test)
  const query = await pick(test, url!, 'ada')
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await callback(test, query, cookie)))
  t.equal(test.simulator.requests.token, 1)
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [303, ...Array.from({ length: 19 }, () => 400)].sort())
  t.ok(answers.filter(({ statusCode }) => statusCode === 400).every((answer) => answer.json().code === 'invalid_state'))
  t.equal((await callback(test, query, cookie)).json().code, 'invalid_state', 'nor is it later')
  t.equal(test.simulator.requests.token, 1)
})

t.test('fifty first sign-ins of one identity at once make one user', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  const all = await Promise.all(Array.from({ length: 50 }, async () => await test.simulator.signIn(test.app, 'ada')))
  t.ok(all.every(({ statusCode, location }) => statusCode === 303 && location === '/auth/account'))
  const users = await Promise.all(all.map(async ({ cookie }) => (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json().id))
  t.equal(new Set(users).size, 1)
  const tables = new Map<string, unknown[]>(JSON.parse(await test.rows()))
  for (const name of ['users', 'identities', 'identifiers']) t.equal(tables.get(name)!.length, 1, name)
})

t.test('tabs do not disturb each other', async (t) => {
  const test = await httpsApp(t)
  const first = await start(test, '?return_to=/first')
  const second = await start(test, '?return_to=/second', { ...navigation, cookie: first.cookie })
  const both = `${first.cookie}; ${second.cookie}`
  t.equal((await callback(test, await pick(test, first.url!, 'ada'), both)).headers.location, '/first')
  t.equal((await callback(test, await pick(test, second.url!, 'pat'), both)).headers.location, '/second')
})

t.test('a browser that starts a sixth attempt loses the first', async (t) => {
  const test = await httpsApp(t)
  const cookies: string[] = []
  for (let tab = 0; tab < 5; tab++) {
    test.clock.now += 1_000
    cookies.push((await start(test, '', { ...navigation, cookie: cookies.join('; ') })).cookie)
  }
  test.clock.now += 1_000
  const { response } = await start(test, '', { ...navigation, cookie: cookies.join('; ') })
  const [cleared, own] = [response.headers['set-cookie']].flat()
  t.ok(cleared!.startsWith(`${cookies[0]!.split('=')[0]}=; Max-Age=0; Path=/`))
  t.match(own, /^__Host-entra-attempt-.*Max-Age=600/)
})

t.test('a callback that this browser did not start is refused, and Microsoft is not asked', async (t) => {
  const test = await httpsApp(t)
  const { url } = await start(test)
  const query = await pick(test, url!, 'mallory')
  const victim = await start(test)
  for (const cookie of ['', victim.cookie]) {
    const before = await test.rows()
    const answer = await callback(test, query, cookie)
    t.equal(answer.json().code, 'invalid_state', 'O02')
    t.equal(answer.headers['set-cookie'], undefined)
    t.equal(await test.rows(), before)
  }
  t.equal(test.simulator.requests.token, 0)
})

t.test('a stolen code in another attempt is refused, by Microsoft and by the nonce', async (t) => {
  const test = await httpsApp(t)
  const victim = await start(test)
  const code = new URLSearchParams(await pick(test, victim.url!, 'ada')).get('code')
  const attacker = await start(test)
  const answer = await callback(test, `?code=${code}&state=${attacker.url!.searchParams.get('state')}`, attacker.cookie)
  t.equal(answer.json().code, 'invalid_state', 'O10: the verifier is another one')
  t.match(test.log(), /"aadsts":501481/)
})

t.test('the same ID token in another attempt is refused', async (t) => {
  const test = await httpsApp(t)
  let kept: string | undefined
  test.simulator.setTokenResponseHook((response) => {
    kept ??= response.id_token as string
    return { ...response, id_token: kept }
  })
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
  const second = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(second.response.json(), { statusCode: 401, code: 'invalid_token' }, 'T25')
  t.match(test.log(), '"reason":"nonce"')
})

t.test('an attempt ends after ten minutes', async (t) => {
  const test = await httpsApp(t)
  const { url, cookie } = await start(test)
  const query = await pick(test, url!, 'ada')
  test.clock.now += 600_001
  t.equal((await callback(test, query, cookie)).json().code, 'invalid_state')
})

t.test('who cancels gets access_denied; a forged error changes nothing', async (t) => {
  const test = await httpsApp(t)
  const signedIn = await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows(['used_attempts'])
  const pending = await start(test)
  const forged = await callback(test, '?error=access_denied', `${signedIn.cookie}; ${pending.cookie}`)
  t.match(forged.json(), { statusCode: 400, code: 'invalid_state' }, 'O19')
  t.equal(forged.headers['set-cookie'], undefined, 'the pending attempt survives')

  const cancelled = await test.simulator.signIn(test.app, 'carl', { cookie: signedIn.cookie, headers: program })
  t.match(cancelled.response.json(), { statusCode: 403, code: 'access_denied' })
  t.equal(await test.rows(['used_attempts']), before)
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: cancelled.cookie } })).statusCode, 200, 'the session that was there is kept')
  const state = `&state=${pending.url!.searchParams.get('state')}`
  t.equal((await callback(test, `?error=access_denied${state}`, pending.cookie)).json().code, 'access_denied')
  t.equal((await callback(test, `?error=access_denied${state}`, pending.cookie)).json().code, 'invalid_state', 'and that attempt is burnt')
})

t.test('duplicate and stray parameters of the callback are refused', async (t) => {
  const test = await httpsApp(t)
  const { url, cookie } = await start(test)
  const state = url!.searchParams.get('state')!
  for (const query of [`?code=a&code=b&state=${state}`, `?code=a&state=${state}&state=${state}`, `?code=a&error=b&state=${state}`]) {
    t.equal((await callback(test, query, cookie)).json().code, 'invalid_request', `O17 ${query.slice(0, 12)}`)
  }
  for (const query of ['', '?code=x', '?code=x&state=', `?code=x&state=${'x'.repeat(10_240)}`, '?code=x&state=unknown', `?id_token=x&access_token=y&state[]=${state}`]) {
    t.equal((await callback(test, query, cookie)).json().code, 'invalid_state', `O01 ${query.slice(0, 12)}`)
  }
  t.equal(test.simulator.requests.token, 0)
  t.equal((await callback(test, await pick(test, url!, 'ada'), cookie)).statusCode, 303, 'the attempt was not burnt')
})

t.test('a foreign issuer in the answer is refused before the token request', async (t) => {
  const test = await httpsApp(t)
  const { url, cookie } = await start(test)
  const query = await pick(test, url!, 'ada')
  t.equal((await callback(test, `${query}&iss=https%3A%2F%2Fevil.example`, cookie)).json().code, 'invalid_token', 'O23')
  t.equal(test.simulator.requests.token, 0)
  const other = await start(test)
  const wrongTenant = `${await pick(test, other.url!, 'ada')}&iss=${encodeURIComponent('https://login.microsoftonline.com/5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10/v2.0')}`
  t.equal((await callback(test, wrongTenant, other.cookie)).json().code, 'invalid_token', 'nor is another tenant\'s')
  const good = await start(test)
  const right = `${await pick(test, good.url!, 'ada')}&iss=${encodeURIComponent('https://login.microsoftonline.com/62d81b84-3105-40cb-979d-5dd0aafa28d9/v2.0')}`
  t.equal((await callback(test, right, good.cookie)).statusCode, 303)
})

t.test('HEAD, OPTIONS and POST neither start nor finish a sign-in', async (t) => {
  const test = await httpsApp(t)
  const { url, cookie } = await start(test)
  const query = await pick(test, url!, 'ada')
  for (const method of ['HEAD', 'OPTIONS', 'POST', 'PUT'] as const) {
    for (const path of ['/auth/microsoft/login', callbackPath + query]) {
      const answer = await test.app.inject({ method, url: path, headers: { ...navigation, cookie, 'x-http-method-override': 'GET' } })
      t.equal(answer.statusCode, 405, `O20 ${method} ${path.slice(0, 24)}`)
      t.equal(answer.headers['set-cookie'], undefined)
    }
  }
  t.equal(test.simulator.requests.token, 0)
  t.notMatch(test.log(), new URLSearchParams(query).get('code')!, 'and the log has no code of theirs')
  t.equal((await callback(test, query, cookie)).statusCode, 303)
})

t.test('an attempt that was started for something else is not finished as a sign-in', async (t) => {
  const secrets = ['one-secret-for-two-servers-of-32-chars']
  const test = await httpsApp(t, { secrets })
  const { createSeal } = await import('../../src/core/seal.ts')
  const { deriveKeys } = await import('../../src/core/secrets.ts')
  const state = 's'.repeat(43)
  const sealed = await createSeal(deriveKeys(secrets, 'attempt')).seal({ state, nonce: 'n', verifier: 'v', returnTo: '/', intent: 'link', startedAt: test.clock.now })
  const answer = await callback(test, `?code=x&state=${state}`, `__Host-entra-attempt-${state.slice(0, 10)}=${sealed}`)
  t.match(answer.json(), { code: 'invalid_state' })
  t.match(test.log(), '"reason":"unknown_intent"')
})

t.test('a query that is none does no harm', async (t) => {
  const test = await httpsApp(t, {}, { server: { trustProxy: true, logger: false, routerOptions: { querystringParser: () => null as never } } })
  t.equal((await start(test)).response.statusCode, 303)
  t.equal((await callback(test, '?code=x', '')).json().code, 'invalid_state')
})

t.test('only a navigation starts a sign-in', async (t) => {
  const test = await httpsApp(t)
  for (const [mode, destination] of [['no-cors', 'image'], ['navigate', 'iframe'], ['cors', 'empty']]) {
    const { response } = await start(test, '', { ...program, 'sec-fetch-mode': mode!, 'sec-fetch-dest': destination! })
    t.match(response.json(), { code: 'invalid_request' }, `O32 ${mode} ${destination}`)
    t.equal(response.headers['set-cookie'], undefined)
  }
  t.ok((await start(test, '', { ...navigation, 'sec-fetch-site': 'cross-site' })).url, 'a link from another site works')
  t.ok((await start(test, '', program)).url, 'and so does a client that does not say')
})

t.test('return targets are checked at the start', async (t) => {
  const test = await httpsApp(t, { allowedRedirectUrls: ['https://*.partner.example/app/**'] })
  for (const target of ['https://evil.example', '//evil.example', '/\\evil.example', '/auth/logout', '/auth/microsoft/login', '/auth/sign-in', '/auth/error', '', 'https://partner.example/app/x']) {
    const { response } = await start(test, `?return_to=${encodeURIComponent(target)}`, program)
    t.match(response.json(), { statusCode: 400, code: 'redirect_not_allowed' }, target)
    t.equal(response.headers['set-cookie'], undefined)
  }
  t.match((await start(test, '?return_to=/a&return_to=/b', program)).response.json(), { code: 'redirect_not_allowed' })
  for (const target of ['/invoices?page=2#top', 'https://a.partner.example/app/x', '/auth/account']) {
    t.equal((await test.simulator.signIn(test.app, 'ada', { query: { return_to: target } })).location, target)
  }
})

t.test('return targets are checked again at the end', async (t) => {
  const secrets = ['one-secret-for-two-servers-of-32-chars']
  const before = await httpsApp(t, { secrets, allowedRedirectUrls: ['https://partner.example/**'] })
  const after = await httpsApp(t, { secrets })
  const { url, cookie } = await start(before, `?return_to=${encodeURIComponent('https://partner.example/x')}`)
  const answer = await callback(after, await pick(after, url!, 'ada'), cookie)
  t.match(answer.headers.location ?? answer.json(), '/auth/account', 'O28: what is not allowed any more falls back to the default')
})

t.test('a session id that was there before the sign-in is worth nothing after it', async (t) => {
  const test = await httpsApp(t)
  const first = await test.simulator.signIn(test.app, 'ada')
  const second = await test.simulator.signIn(test.app, 'pat', { cookie: first.cookie })
  t.not(second.cookies['__Host-entra-session'], first.cookies['__Host-entra-session'])
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: first.cookie } })).statusCode, 401, 'O31, S01')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: second.cookie } })).json().displayName, 'Pat Personal')
})

t.test('browsers are sent to the error page, with a code and nothing else', async (t) => {
  const test = await httpsApp(t)
  const answer = await callback(test, '?code=x&state=<script>', '', navigation)
  t.match({ statusCode: answer.statusCode, location: answer.headers.location }, { statusCode: 303, location: '/auth/error?error=invalid_state' })
  t.equal(answer.headers['cache-control'], 'no-store')
  const page = await test.app.inject({ url: '/auth/error?error=invalid_state&error_description=<script>', headers: navigation })
  t.equal(page.statusCode, 400)
  t.match(page.body, 'Start again')
  t.notMatch(page.body, 'script>')
  for (const query of ['?error=made_up', '', '?error=', '?error=invalid_state&error=invalid_state', '?error=constructor']) {
    const unknown = await test.app.inject({ url: `/auth/error${query}`, headers: navigation })
    t.match({ statusCode: unknown.statusCode, body: unknown.body }, { statusCode: 404, body: 'names no reason' }, query)
    t.equal(unknown.headers['cache-control'], 'no-store')
    t.match(unknown.headers['content-security-policy'], /default-src 'none'/)
  }
  t.equal((await test.app.inject({ url: '/auth/error?error=server_error', headers: navigation })).statusCode, 500, 'a fault of ours is one')
})

t.test('an application\'s own error page gets the code, wherever it is', async (t) => {
  for (const [errorRedirectUrl, location] of [['/oops', '/oops?error=invalid_state'], ['https://www.example/oops?a=b', 'https://www.example/oops?a=b&error=invalid_state']] as const) {
    const test = await httpsApp(t, { errorRedirectUrl })
    t.equal((await callback(test, '?state=x', '', navigation)).headers.location, location)
  }
})

t.test('behind a proxy that is not trusted, the sign-in says which option is missing', async (t) => {
  const test = await httpsApp(t, {}, { server: { trustProxy: false } })
  const { response } = await start(test, '', { ...program })
  t.match(response.json(), { statusCode: 500, code: 'insecure_transport' }, 'S21')
  t.equal(response.headers['set-cookie'], undefined)
  t.match(test.log(), /trustProxy/)
})

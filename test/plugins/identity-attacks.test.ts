import { generateKeyPairSync } from 'node:crypto'
import { mock } from 'node:test'
import { SignJWT } from 'jose'
import * as openid from 'openid-client'
import t from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import { afterLogout, answerOf, appOrigin, callback, clients, errorOf, goOn, redeem, rowsOf, secret, signInTo, type Site, startAuthorization, startSite, submit } from '../identity/site.ts'
import { ask, basicOf, challenge, good, token } from '../identity/requests.ts'
import { takesLong } from '../patient.ts'

takesLong()

t.test('a redirect URL that is not registered character by character is never gone to (P02)', async (t) => {
  const site = await startSite(t)
  for (const url of [`${callback}/`, `${callback}?a=1`, 'http://localhost:9/Callback', 'http://localhost:9/callback/../callback', 'https://localhost:9/callback', 'http://localhost:10/callback', 'http://127.0.0.1:9/callback', 'javascript:alert(1)', 'http://localhost:9@evil.example/callback']) {
    const { page, code } = await ask(site, { ...good, redirect_uri: url })
    t.match({ status: page.status, code }, { status: 400, code: 'invalid_redirect_uri' }, url)
    t.notMatch(page.body, 'evil.example')
  }
  const { redirect_uri: _left, ...without } = good
  for (const client of ['basic', 'native']) t.match((await ask(site, { ...without, client_id: client })).page.status, 400, 'nor is one taken that was left out')
  t.match((await ask(site, { ...good, client_id: 'unknown' })).code, 'invalid_client')
  t.match((await ask(site, good)).page.body, 'simulator_account', 'while the right one goes on')
})

t.test('the port of a loopback address may differ for a native app, and for no other', async (t) => {
  const site = await startSite(t)
  t.match((await ask(site, { ...good, client_id: 'native', redirect_uri: 'http://127.0.0.1:51234/callback' })).page.body, 'simulator_account')
  for (const url of ['http://127.0.0.1:51234/other', 'http://[::1]:51234/callback', 'http://localhost:51234/callback', 'com.example.app:/other', 'com.example.app2:/callback']) {
    t.equal((await ask(site, { ...good, client_id: 'native', redirect_uri: url })).code, 'invalid_redirect_uri', url)
  }
})

t.test('a parameter that is there twice is refused (P03)', async (t) => {
  const site = await startSite(t)
  for (const name of Object.keys(good)) {
    const { page, told, code } = await ask(site, [...Object.entries(good), [name, (good as Record<string, string>)[name]!]])
    t.equal(told.error ?? code, 'invalid_request', name)
    t.notOk(page.url.includes('code='), name)
  }
  const form: Array<[string, string]> = [['grant_type', 'authorization_code'], ['code', 'x'], ['code', 'y'], ['redirect_uri', callback]]
  t.match(await token(site, form, basicOf('basic', secret)), { status: 400, body: { error: 'invalid_request' } })
})

t.test('PKCE is for every client, and by S256 (P05)', async (t) => {
  const site = await startSite(t)
  const { code_challenge: _challenge, code_challenge_method: _method, ...without } = good
  for (const client of ['basic', 'spa'].map((id) => ({ client_id: id }))) {
    t.match((await ask(site, { ...without, ...client })).told, { error: 'invalid_request', state: 'st' }, 'without a challenge')
    t.match((await ask(site, { ...good, ...client, code_challenge_method: 'plain' })).told, { error: 'invalid_request' }, 'with plain')
    t.match((await ask(site, { ...without, ...client, code_challenge: challenge })).told, { error: 'invalid_request' }, 'without a method it would be plain')
    t.match((await ask(site, { ...good, ...client, code_challenge: 'short' })).told, { error: 'invalid_request' })
  }
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  for (const verifier of [openid.randomPKCECodeVerifier(), 'short', 'x'.repeat(129), '']) {
    const started = await startAuthorization(config)
    const { code } = answerOf(await goOn(browser, await browser.open(started.url, appOrigin)))
    const form = { grant_type: 'authorization_code', client_id: 'spa', code: code!, redirect_uri: callback, code_verifier: verifier }
    t.match(await token(site, form), { status: 400, body: { error: verifier.length > 42 && verifier.length < 129 ? 'invalid_grant' : /^invalid_(?:grant|request)$/ } })
    t.match(await token(site, { ...form, code_verifier: started.verifier }), { status: 200 }, 'a wrong verifier does not use the code up')
  }
})

t.test('what is no code flow is not there: implicit, hybrid, request objects, devices, and the rest (P18)', async (t) => {
  const site = await startSite(t)
  const fetched: string[] = []
  const real = globalThis.fetch
  globalThis.fetch = async (url, init) => { fetched.push(String(url)); return await real(url, init) }
  t.teardown(() => { globalThis.fetch = real })
  for (const type of ['token', 'id_token', 'code id_token', 'code token', 'none']) {
    t.match((await ask(site, { ...good, response_type: type })).told.error ?? 'fragment', /unsupported_response_type|unauthorized_client|fragment/, type)
  }
  const object = [{ alg: 'none' }, { redirect_uri: 'https://evil.example/' }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  t.equal((await ask(site, { ...good, request: `${object}.` })).told.error, 'request_not_supported')
  t.equal((await ask(site, { ...good, request_uri: 'http://169.254.169.254/' })).told.error, 'request_uri_not_supported')
  t.equal((await ask(site, { ...good, registration: '{}' })).told.error, 'registration_not_supported')
  t.same(fetched.filter((url) => url.includes('169.254')), [], 'and nothing was fetched')
  for (const grant of ['password', 'client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:token-exchange']) {
    t.match(await token(site, { grant_type: grant }, basicOf('basic', secret)), { status: 400, body: { error: /unsupported_grant_type|unauthorized_client/ } }, grant)
  }
  for (const path of ['reg', 'registration', 'request', 'device', 'device/auth', 'token/introspection', 'backchannel', 'interaction', 'challenge']) {
    t.equal((await fetch(`${site.issuer}/${path}`, { method: 'POST' })).status, 404, path)
  }
})

t.test('strange parameters are refused, and are no fault of the server\'s (P20)', async (t) => {
  const site = await startSite(t)
  const browser = site.newBrowser()
  await signInTo(await site.discover('spa'), browser)
  const strange: Array<Record<string, string>> = [
    ...['{', '[]', 'null', '5', '{"id_token":null}', '{"id_token":[]}', '{"id_token":{"email":5}}', '{"userinfo":{"email":"x"}}', '{"id_token":{"acr":{"essential":true,"values":"x"}}}'].map((claims) => ({ claims })),
    ...['-1', '1.5', 'x', '1e99'].map((maxAge) => ({ max_age: maxAge })),
    ...['none login', 'create', 'none consent'].map((prompt) => ({ prompt })),
    { id_token_hint: 'x.y.z' }, { response_mode: 'web_message' }, { scope: 'openid \u0000' }, { scope: 'profile', nonce: 'n' }
  ]
  for (const parameters of strange) {
    const { page, told } = await ask(site, { ...good, ...parameters }, browser)
    t.match(told.error ?? String(page.status), /^(?:invalid_request|invalid_scope|unsupported_response_mode|400)$/, JSON.stringify(parameters))
  }
  t.ok((await ask(site, { ...good, ui_locales: 'de '.repeat(2_000).trim() }, browser)).told.code, 'and what is only long is let through')
  for (const query of ['?', '?client_id=basic&client_id=basic', '?a[b]=c', '?%E0%A4%A']) t.equal((await browser.once(`${site.issuer}/authorize${query}`)).status, 400, query)
  t.notMatch(site.log(), /"level":(?:50|60)/)
})

t.test('a code is good once: the second time it ends what came of the first (P06)', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const started = await startAuthorization(config, { scope: 'openid offline_access' })
  const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
  const tokens = await redeem(config, started, url)
  t.equal((await openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck)).sub, tokens.claims()!.sub)
  t.equal(await errorOf(redeem(config, started, url)), 'invalid_grant')
  t.ok(await errorOf(openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck)), 'the access token is dead')
  t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), 'invalid_grant', 'and so is the refresh token')
})

t.test('of twenty redemptions at once, one succeeds', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const started = await startAuthorization(config)
  const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
  const errors = await Promise.all(Array.from({ length: 20 }, async () => await errorOf(redeem(config, started, url))))
  t.same(errors.sort(), [...Array.from({ length: 19 }, () => 'invalid_grant'), null].sort())
})

t.test('a code is for its client and its redirect URL', async (t) => {
  const site = await startSite(t)
  const browser = site.newBrowser()
  const [spa, basic] = [await site.discover('spa'), await site.discover('basic', openid.ClientSecretBasic(secret))]
  const started = await startAuthorization(spa)
  const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
  t.equal(await errorOf(redeem(basic, started, url)), 'invalid_grant', 'another client')
  const { code } = answerOf({ url } as Parameters<typeof answerOf>[0])
  const form = { grant_type: 'authorization_code', client_id: 'spa', code: code!, code_verifier: started.verifier }
  t.match(await token(site, { ...form, redirect_uri: afterLogout }), { body: { error: 'invalid_grant' } })
  t.match(await token(site, form), { body: { error: 'invalid_request' } }, 'and says it again')
  t.equal(await errorOf(redeem(spa, started, url)), null)
})

t.test('a code lives a minute, an access token and a refresh token as long as the options say (P08)', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5) })
  t.teardown(() => mock.timers.reset())
  const minute = 60_000
  const site = await startSite(t, { entra: { absoluteTimeout: 30 * 86_400_000, idleTimeout: 30 * 86_400_000 }, identity: { clients: [clients.spa], accessTokenLifetime: 5 * minute, refreshTokenLifetime: 60 * minute, refreshTokenAbsoluteLifetime: 150 * minute } })
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const finished = async (later: number) => {
    const started = await startAuthorization(config, { scope: 'openid offline_access' })
    const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
    mock.timers.tick(later)
    return await redeem(config, started, url)
  }
  t.equal(await errorOf(finished(61_000)), 'invalid_grant')
  let tokens = await finished(59_000)
  t.equal(tokens.expires_in, 300)
  const { access_token: accessToken } = tokens
  mock.timers.tick(4 * minute)
  t.equal(await errorOf(openid.fetchUserInfo(config, accessToken, openid.skipSubjectCheck)), null)
  mock.timers.tick(minute + 1_000)
  t.ok(await errorOf(openid.fetchUserInfo(config, accessToken, openid.skipSubjectCheck)))
  for (const later of [53, 59]) {
    mock.timers.tick(later * minute)
    tokens = await openid.refreshTokenGrant(config, tokens.refresh_token!)
  }
  mock.timers.tick(34 * minute)
  t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), 'invalid_grant', 'refreshing ends, however often it was done')
  const idle = await finished(0)
  mock.timers.tick(61 * minute)
  t.equal(await errorOf(openid.refreshTokenGrant(config, idle.refresh_token!)), 'invalid_grant', 'a refresh token that nobody uses ends earlier')
})

t.test('a client authenticates as it is registered, and in no other way (P09)', async (t) => {
  const site = await startSite(t)
  const form = { grant_type: 'refresh_token', refresh_token: 'unknown' }
  const right = { status: 400, body: { error: 'invalid_grant' } }
  t.match(await token(site, form, basicOf('basic', secret)), right, 'control: basic')
  t.match(await token(site, { ...form, client_id: 'post', client_secret: secret }), right, 'control: post')
  t.match(await token(site, { ...form, client_id: 'spa' }), right, 'control: none')

  const refusal = { status: 401, body: { error: 'invalid_client' } }
  const wrong = await token(site, form, basicOf('basic', `${secret}x`))
  t.match(wrong, refusal, 'wrong secret')
  t.match(wrong.headers.get('www-authenticate'), /^Basic realm=/)
  t.match(await token(site, { ...form, client_id: 'basic', client_secret: secret }), refusal, 'basic by post')
  t.match(await token(site, form, basicOf('post', secret)), refusal, 'post by basic')
  t.match(await token(site, form, basicOf('BASIC', secret)), refusal, 'another letter case')
  t.match(await token(site, form, basicOf('spa', secret)), refusal, 'a public client with a secret')
  t.match(await token(site, { ...form, client_id: 'spa', client_secret: secret }), refusal)
  t.match(await token(site, { ...form, client_id: 'basic' }), refusal, 'none')
  t.match(await token(site, { ...form, client_id: 'nobody' }), refusal)
  t.match(await token(site, { ...form, client_secret: secret }, basicOf('basic', secret)), { status: 400, body: { error: 'invalid_request' } }, 'two ways at once (RFC 6749 section 5.2)')
  t.match(await token(site, form, { authorization: `Basic ${Buffer.from('basic:%zz').toString('base64')}` }), { status: 400, body: { error: 'invalid_request' } }, 'not encoded')
  const inQuery = await fetch(`${site.issuer}/token?client_id=post&client_secret=${secret}`, { method: 'POST', body: new URLSearchParams(form) })
  t.equal(inQuery.status, 400, 'in the query')
  t.notMatch(site.log(), secret)
})

t.test('a refresh token that comes again after a while ends its family (P11); of two that come at once, one is taken', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5) })
  t.teardown(() => mock.timers.reset())
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const first = await signInTo(config, browser, { scope: 'openid offline_access' })
  const results = await Promise.allSettled(Array.from({ length: 20 }, async () => await openid.refreshTokenGrant(config, first.refresh_token!)))
  const taken = results.filter(({ status }) => status === 'fulfilled') as Array<PromiseFulfilledResult<typeof first>>
  t.equal(taken.length, 1, 'one new member')
  const second = await openid.refreshTokenGrant(config, taken[0]!.value.refresh_token!)
  t.ok(second.refresh_token, 'which is alive')
  mock.timers.tick(2_001)
  t.equal(await errorOf(openid.refreshTokenGrant(config, first.refresh_token!)), 'invalid_grant', 'a replay')
  t.equal(await errorOf(openid.refreshTokenGrant(config, second.refresh_token!)), 'invalid_grant', 'and the family is dead')
  t.ok(await errorOf(openid.fetchUserInfo(config, second.access_token, openid.skipSubjectCheck)))
})

t.test('with refreshTokenReuseGrace 0 every second use ends the family', async (t) => {
  const site = await startSite(t, { identity: { clients: [clients.spa], refreshTokenReuseGrace: 0 } })
  const config = await site.discover('spa')
  const first = await signInTo(config, site.newBrowser(), { scope: 'openid offline_access' })
  const second = await openid.refreshTokenGrant(config, first.refresh_token!)
  t.equal(await errorOf(openid.refreshTokenGrant(config, first.refresh_token!)), 'invalid_grant')
  t.equal(await errorOf(openid.refreshTokenGrant(config, second.refresh_token!)), 'invalid_grant')
})

t.test('refreshing gives no more than was given, and to nobody else (P12)', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const { refresh_token: refreshToken } = await signInTo(config, site.newBrowser(), { scope: 'openid offline_access' })
  t.equal(await errorOf(openid.refreshTokenGrant(config, refreshToken!, { scope: 'openid email' })), 'invalid_scope')
  t.equal(await errorOf(openid.refreshTokenGrant(await site.discover('native'), refreshToken!)), 'invalid_grant')
  const narrow = await openid.refreshTokenGrant(config, refreshToken!, { scope: 'openid' })
  t.equal(narrow.scope, 'openid')
})

t.test('nobody revokes the tokens of another app', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const { refresh_token: refreshToken } = await signInTo(config, site.newBrowser(), { scope: 'openid offline_access' })
  await openid.tokenRevocation(await site.discover('basic', openid.ClientSecretBasic(secret)), refreshToken!)
  t.equal(await errorOf(openid.refreshTokenGrant(config, refreshToken!)), null)
})

t.test('a link of anybody\'s signs nobody out (P14)', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const tokens = await signInTo(config, browser, { scope: 'openid offline_access' })
  for (const query of ['', '?client_id=spa', `?post_logout_redirect_uri=${encodeURIComponent(afterLogout)}`, `?client_id=spa&post_logout_redirect_uri=${encodeURIComponent(afterLogout)}`, `?id_token_hint=${tokens.id_token}`]) {
    const page = await browser.open(`${site.issuer}/logout${query}`, 'https://evil.example')
    t.equal(page.status, 200)
    t.match(page.body, 'Sign out?', `asked: ${query.slice(0, 30)}`)
  }
  const posted = await browser.submit(`${site.issuer}/logout`, { client_id: 'spa' }, 'https://evil.example')
  t.match(posted.body, 'Sign out?', 'and so is whoever posts')
  for (const xsrf of ['', 'x', 'f'.repeat(48)]) t.equal((await browser.submit(`${site.issuer}/logout/confirm`, { xsrf, logout: 'yes' })).status, 400)
  t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), null, 'nothing has ended')
  t.equal((await browser.once(`${site.origin}/me`)).status, 200)
})

t.test('a sign-out returns only to where its app is registered for', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  for (const browser of [site.newBrowser(), site.newBrowser()]) {
    const { id_token: hint } = await signInTo(config, browser)
    for (const url of ['https://evil.example/', `${afterLogout}/`, `${afterLogout}?x=1`, callback]) {
      const page = await browser.open(openid.buildEndSessionUrl(config, { id_token_hint: hint!, post_logout_redirect_uri: url }).href)
      t.equal(page.status, 400, url)
      t.notMatch(page.body, 'evil.example')
    }
    const unknown = await browser.open(`${site.issuer}/logout?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F`)
    const end = await submit(browser, unknown, 'name="xsrf"', { logout: 'yes' })
    t.equal(new URL(end.url).origin, site.origin, 'without an app there is nowhere to return to')
    t.match(end.body, 'You are signed out')
  }
  for (const hint of ['x', 'a.b.c', `${'x'.repeat(20)}.e30.`]) t.equal((await site.newBrowser().open(`${site.issuer}/logout?id_token_hint=${hint}`)).status, 400)
})

t.test('who is not signed in is not asked, and goes on to where the app wants them', async (t) => {
  const site = await startSite(t)
  const browser = site.newBrowser()
  const page = await browser.open(`${site.issuer}/logout?client_id=spa&state=s&post_logout_redirect_uri=${encodeURIComponent(afterLogout)}`)
  t.equal(page.url, `${afterLogout}?state=s`)
  t.equal((await browser.open(`${site.issuer}/logout?client_id=spa&post_logout_redirect_uri=${encodeURIComponent(afterLogout)}`)).url, afterLogout)
  const own = await browser.open(`${site.issuer}/logout`)
  t.match(own.body, 'You are signed out')
  t.equal((await browser.jar.getCookies(site.issuer)).length, 0, 'and no cookie is left')
  t.equal(JSON.parse(await rowsOf(site.app))[0][1].length, 0, 'nor a row')
})

t.test('an interaction is its browser\'s own (P15)', async (t) => {
  const site = await startSite(t, { identity: { clients: [clients.guest] } })
  const config = await site.discover('guest', openid.ClientSecretBasic(secret))
  const [attacker, victim] = [site.newBrowser(), site.newBrowser()]
  const start = async (browser: typeof attacker) => (await browser.once((await startAuthorization(config)).url)).headers.location as string
  await goOn(victim, await victim.open(`${site.origin}/auth/microsoft/login`))
  await goOn(attacker, await attacker.open(`${site.origin}/auth/microsoft/login`), 'mallory')
  const [theirs, own] = [await start(attacker), await start(victim)]
  t.match((await attacker.open(site.origin + theirs)).body, 'Allow', 'control: whose it is sees it')
  t.equal((await victim.open(site.origin + theirs)).status, 400, 'nobody else does')
  t.match((await victim.open(site.origin + own)).body, 'Allow', 'control: and so does the other')
  const before = await rowsOf(site.app)
  t.equal((await victim.submit(site.origin + theirs, { answer: 'allow' })).status, 400, 'nor answers it')
  t.equal(await rowsOf(site.app), before)
  const resume = `${site.issuer}/authorize/${theirs.split('/').at(-1)}`
  t.equal((await victim.open(resume)).status, 400, 'nor goes on with it')
  t.equal((await victim.open(`${site.origin}/auth/identity/interaction/unknown`)).status, 400)
})

t.test('who answers is who was asked: somebody else who has signed in meanwhile lets no app have anything', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('guest', openid.ClientSecretBasic(secret))
  const browser = site.newBrowser()
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  const page = await browser.open((await startAuthorization(config)).url)
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`), 'pat')
  const answer = await submit(browser, page, 'value="allow"')
  t.equal(answer.status, 400, 'the page was made for somebody else')
  const other = await browser.open((await startAuthorization(config)).url)
  await browser.submit(`${site.origin}/auth/logout`, {})
  t.ok((await submit(browser, other, 'value="allow"')).status >= 400, 'nor for nobody')
  t.equal((await browser.open(other.url)).status, 400, 'who sees nothing of it either')
  t.same(JSON.parse(await rowsOf(site.app))[3][1], [])
})

t.test('a page that asks for consent is nothing without the session that it was made for', async (t) => {
  const site = await startSite(t)
  const browser = site.newBrowser()
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  const page = await browser.open((await startAuthorization(await site.discover('guest', openid.ClientSecretBasic(secret)))).url)
  t.match((await browser.open(page.url)).body, 'Allow', 'control: it is there')
  await browser.jar.setCookie(`entra-session-${new URL(site.origin).port}=; Max-Age=0; Path=/`, site.origin)
  const end = await browser.open(page.url)
  t.match(new URL(end.url).searchParams.get('error') ?? end.body, 'session_mismatch')
  t.equal((await submit(browser, page, 'value="allow"')).status >= 400, true)
  t.same(JSON.parse(await rowsOf(site.app))[3][1], [])
})

t.test('who signs in between somebody else\'s answer and its end gets nothing of it, and stays signed in', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const picker = await browser.open((await startAuthorization(config)).url, appOrigin)
  const callback = (await browser.once(picker.url, { simulator_account: 'ada' })).headers.location as string
  const interaction = (await browser.once(callback)).headers.location as string
  const answered = await browser.once(site.origin + interaction)
  const resume = /^0; url=(.+)$/.exec(answered.headers.refresh as string)![1]!
  t.match(answered.body, resume.replaceAll('&', '&amp;'), 'a link for browsers that do not go on by themselves')
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`), 'pat')
  t.equal((await browser.open(resume)).status, 400)
  t.match(JSON.parse((await browser.open(`${site.origin}/me`)).body), { displayName: 'Pat Personal' })
  await browser.submit(`${site.origin}/auth/logout`, {})
  t.equal((await browser.open(resume)).status, 400, 'nor does who is nobody')
})

t.test('an assertion is good once, also for twenty that come at once', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const site = await startSite(t, { identity: { clients: [{ ...clients.basic, authentication: 'private_key_jwt', secrets: undefined, jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256' }] } }] } })
  const assertion = await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setIssuer('basic').setSubject('basic').setAudience(site.issuer).setJti('one').setIssuedAt().setExpirationTime('1m').sign(privateKey)
  const form = { grant_type: 'refresh_token', refresh_token: 'unknown', client_assertion: assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' }
  const errors = await Promise.all(Array.from({ length: 20 }, async () => (await token(site, form)).body.error))
  t.equal(errors.filter((error) => error === 'invalid_grant').length, 1, 'let in, and told that the refresh token is none')
  t.equal(errors.filter((error) => error === 'invalid_client').length, 19)
})

t.test('prompt=none asks nothing, and says what it would have to ask', async (t) => {
  const site = await startSite(t)
  const browser = site.newBrowser()
  t.equal((await ask(site, { ...good, prompt: 'none' }, browser)).told.error, 'login_required')
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  t.ok((await ask(site, { ...good, prompt: 'none' }, browser)).told.code, 'who is signed in to the application is signed in here')
  t.equal((await ask(site, { ...good, client_id: 'guest', prompt: 'none' }, browser)).told.error, 'consent_required')
  t.equal((await ask(site, { ...good, client_id: 'native', prompt: 'none', redirect_uri: 'com.example.app:/callback' }, browser)).told.error, 'interaction_required')
})

t.test('only our own page consents (P23)', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('guest', openid.ClientSecretBasic(secret))
  const browser = site.newBrowser()
  const page = await goOnToConsent(site, browser, config)
  const policy = String(page.headers['content-security-policy'])
  for (const part of ["frame-ancestors 'none'", `form-action 'self' ${appOrigin}`, "default-src 'none'"]) t.ok(policy.includes(part), part)
  t.equal(page.headers['cache-control'], 'no-store')
  t.notMatch(page.body, '<b>app</b>', 'what an app is called is text')
  for (const words of ['Guest &lt;b&gt;app&lt;/b&gt;', 'Ada Lovelace', 'https://guest.example/', 'localhost:9', 'See your e-mail address']) t.ok(page.body.includes(words), words)
  const foreign = await browser.submit(page.url, { answer: 'allow' }, 'https://evil.example')
  t.match(foreign.url, /\/auth\/error\?error=cross_site_request$/)
  t.same(JSON.parse(await rowsOf(site.app))[3][1], [], 'and nothing is let through')
  t.equal((await browser.submit(page.url, { answer: 'perhaps' })).status, 400)
  t.equal(answerOf(await submit(browser, page, 'value="deny"')).error, 'access_denied')
})

async function goOnToConsent (site: Site, browser: ReturnType<Site['newBrowser']>, config: openid.Configuration) {
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  return await browser.open((await startAuthorization(config, { scope: 'openid email' })).url, appOrigin)
}

t.test('consent is asked for once, again for more, and again after it was taken back', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('guest', openid.ClientSecretBasic(secret))
  const browser = site.newBrowser()
  const asksFor = async (scope: string, more: Record<string, string> = {}) => {
    const page = await browser.open((await startAuthorization(config, { scope, ...more })).url, appOrigin)
    if (page.status === 0) return null
    return [...page.body.matchAll(/<li>([^<]+)<\/li>/g)].map(([, words]) => words)
  }
  const page = await goOnToConsent(site, browser, config)
  t.ok(answerOf(await submit(browser, page, 'value="allow"')).code)
  t.equal(await asksFor('openid email'), null, 'not again')
  t.match(await asksFor('openid email profile'), ['Know that it is you', 'See your name', /^See your e-mail/])
  t.match(await asksFor('openid', { claims: '{"userinfo":{"given_name":null}}' }), ['Know that it is you', 'See your name'], 'a claim by its name is asked for as well')
  t.match(await asksFor('openid email', { prompt: 'consent' }), ['Know that it is you', /^See your e-mail/], 'an app may want the page')
  t.match(await asksFor('openid email offline_access'), [/./, /./, /while you are away/])
  await submit(browser, await browser.open((await startAuthorization(config, { scope: 'openid email offline_access' })).url), 'value="allow"')
  t.equal(await asksFor('openid email offline_access'), null, 'access while away is remembered, too')

  const tokens = await signInTo(config, browser, { scope: 'openid email offline_access' })
  const { sub } = tokens.claims()!
  t.match(await site.app.identity.consents(sub), [{ clientId: 'guest', scopes: ['email', 'offline_access', 'openid'], claims: [] }])
  t.equal(await site.app.identity.revokeConsent(sub, 'guest'), true)
  t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), 'invalid_grant', 'what was given is over (P12)')
  t.equal((await asksFor('openid email'))?.length, 2)
  t.equal(await site.app.identity.revokeConsent(sub, 'guest'), false)
  await browser.open(`${site.origin}/me`)
  await site.app.accounts.delete(sub)
  t.same(await site.app.identity.consents(sub), [], 'who is gone has let nobody have anything')
})

t.test('a native app that anybody could be is asked for each time, first-party or not', async (t) => {
  const site = await startSite(t, { identity: { clients: [clients.native, { ...clients.native, id: 'claimed', redirectUrls: ['https://app.example.com/callback'] }] } })
  const browser = site.newBrowser()
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  for (const redirectUri of ['com.example.app:/callback', 'http://127.0.0.1:5000/callback']) {
    const request = { ...good, client_id: 'native', redirect_uri: redirectUri }
    const { page } = await ask(site, request, browser)
    t.match(page.body, 'Allow')
    t.match(page.headers['content-security-policy'], redirectUri.startsWith('http') ? "form-action 'self' http://127.0.0.1:5000;" : "form-action 'self' com.example.app:;")
    t.ok(answerOf(await submit(browser, page, 'value="allow"')).code)
    t.match((await ask(site, request, browser)).page.body, 'Allow', 'again')
  }
  t.ok((await ask(site, { ...good, client_id: 'claimed', redirect_uri: 'https://app.example.com/callback' }, browser)).told.code, 'a URL that is certain to be the app\'s own is enough')
})

t.test('trust is not laundered: an address that is not proven is never verified for an app (P16)', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('basic', openid.ClientSecretBasic(secret))
  const claims = async (account: string) => {
    const tokens = await signInTo(config, site.newBrowser(), { scope: 'openid email email_trust' }, account)
    const { sub, ...rest } = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub)
    t.ok(sub)
    return rest
  }
  t.same(await claims('ada'), { email: 'ada@contoso.example', email_verified: true, email_score: 90, email_evidence: 'domain_owner_verified' })
  t.same(await claims('pat'), { email: 'pat@outlook.example', email_verified: true, email_score: 90, email_evidence: 'domain_owner_verified' })
  t.same(await claims('mallory'), { email: 'ada@contoso.example', email_verified: false, email_score: 20, email_evidence: 'asserted' })
  t.same(await claims('mallory-denied'), { email: 'ada@contoso.example', email_verified: false, email_score: 0, email_evidence: 'denied' })
  t.same(await claims('mallory-mapped'), { email: 'ada@contoso.example', email_verified: false, email_score: 20, email_evidence: 'asserted' })
  t.same(await claims('amir'), { email: 'amir@contoso.example', email_verified: false, email_score: 20, email_evidence: 'asserted' })
  t.same(await claims('noel'), {})
})

t.test('sub stays with the user, whatever Microsoft says, and is never given again (P17)', async (t) => {
  const site = await startSite(t, { entra: { use_email_as_identifier: true } })
  const config = await site.discover('spa')
  const subOf = async () => (await signInTo(config, site.newBrowser())).claims()!.sub
  const first = await subOf()
  t.equal(await subOf(), first)
  t.match(first, /^[0-9a-f-]{36}$/)
  await site.app.accounts.releaseEmail(first, 'ada@contoso.example')
  t.equal(await subOf(), first, 'without the address')
  await site.app.accounts.delete(first)
  t.not(await subOf(), first, 'who comes again after that is somebody else')
})

t.test('nothing in the database can be used (X03), and nothing secret is in the log', async (t) => {
  const site = await startSite(t)
  const config = await site.discover('spa')
  const browser = site.newBrowser()
  const started = await startAuthorization(config, { scope: 'openid email offline_access' })
  const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
  const tokens = await redeem(config, started, url)
  await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!, { scope: 'openid email profile' }))
  const rows = await signInOf(site.app).database.run(async (db) => JSON.stringify([
    await db.selectFrom('identity_artifacts').selectAll().execute(), await db.selectFrom('identity_sessions').selectAll().execute(), await db.selectFrom('identity_keys').selectAll().execute()
  ]))
  const secrets = { code: answerOf({ url } as Parameters<typeof answerOf>[0]).code!, access: tokens.access_token, refresh: tokens.refresh_token!, id: tokens.id_token!, state: started.state, nonce: started.nonce, verifier: started.verifier }
  for (const [name, value] of Object.entries(secrets)) {
    t.notOk(rows.includes(value), `no ${name} in a row`)
    t.notOk(site.log().includes(value), `no ${name} in the log`)
  }
  t.notMatch(rows, /"d\\?":|ada@/)
})

t.test('the key set holds no private key (P21)', async (t) => {
  const site = await startSite(t)
  const { keys } = await (await fetch(`${site.issuer}/jwks`)).json() as { keys: Array<Record<string, unknown>> }
  t.same(keys.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
  for (const key of keys) for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) t.notOk(name in key, `${key.alg} ${name}`)
})

t.test('scripts of other origins read nothing: only a single-page app at its own origin', async (t) => {
  const site = await startSite(t)
  const cors = async (client: string, origin: string, headers: Record<string, string> = {}) =>
    (await fetch(`${site.issuer}/token`, { method: 'POST', headers: { origin, ...headers }, body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: client }) })).headers.get('access-control-allow-origin')
  t.equal(await cors('spa', appOrigin), appOrigin)
  t.equal(await cors('spa', 'https://evil.example'), null)
  t.equal(await cors('native', appOrigin), null)
  t.equal(await cors('post', appOrigin), null)
  const preflight = await fetch(`${site.issuer}/token`, { method: 'OPTIONS', headers: { origin: appOrigin, 'access-control-request-method': 'POST' } })
  t.equal(preflight.status, 204)
})

t.test('other methods are refused', async (t) => {
  const site = await startSite(t)
  for (const method of ['HEAD', 'PUT', 'DELETE']) {
    const answer = await fetch(`${site.issuer}/authorize`, { method })
    t.match({ status: answer.status, allow: answer.headers.get('allow') }, { status: 405, allow: 'GET, POST, OPTIONS' }, method)
  }
})

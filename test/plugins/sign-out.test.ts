import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { ConfigurationError } from '../../src/core/errors.ts'
import type { AuthEvent } from '../../src/core/events.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'
import { createPerson, type Person } from './person.ts'

const own = { origin: 'https://app.example' }
const frontChannelPath = '/auth/microsoft/front-channel-logout'
const frontChannelUrl = `https://app.example${frontChannelPath}`
const landing = 'https://app.example/auth/signed-out'
const contoso = 'https://login.microsoftonline.com/62d81b84-3105-40cb-979d-5dd0aafa28d9/v2.0'
const consumers = 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'

/** The test kit's simulator is not registered at the application, so what the plugin registers there by itself is registered here by hand. */
async function setUp (t: Pick<Test, 'teardown'>, options: Parameters<typeof httpsApp>[1] = {}, before?: (app: FastifyInstance) => unknown): Promise<TestApp & { ended: Array<Pick<AuthEvent, 'userId' | 'reason'>> }> {
  const test = await httpsApp(t, options, { ...(before && { before }) })
  test.simulator.registerRedirectUri(landing)
  test.simulator.registerFrontChannelLogoutUrl(frontChannelUrl)
  const ended: Array<Pick<AuthEvent, 'userId' | 'reason'>> = []
  signInOf(test.app).listen(async ({ type, userId, reason }) => { if (type === 'sessions_ended') ended.push({ userId, reason }) })
  return { ...test, ended }
}

const isIn = async (person: Person): Promise<boolean> => (await person.ask('/me')).statusCode === 200
const frame = { accept: 'text/html', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', 'x-forwarded-proto': 'https' }

/** The `sid` that a token of this account had: what Microsoft's sign-out page would call with. */
async function sidOf ({ simulator }: TestApp, sign: () => Promise<unknown>): Promise<string> {
  let sid = ''
  simulator.setTokenResponseHook((body) => {
    sid = JSON.parse(Buffer.from(String(body.id_token).split('.')[1]!, 'base64url').toString()).sid
    return body
  })
  await sign()
  simulator.setTokenResponseHook(null)
  return sid
}

t.test('whoever signs out here stays signed in at Microsoft, unless it is asked for', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  const out = await ada.post('/auth/logout')
  t.same(out.hops, ['/auth/logout', '/auth/sign-in?signed_out=1'])
  t.match(out.body, 'At Microsoft you may still be signed in.')
  const silent = await ada.open('/auth/microsoft/login?prompt=none')
  t.equal(silent.hops.at(-1), '/auth/account', 'there')
})

t.test('who asks for it is signed out here first, then at Microsoft, and lands on a page that says so', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  const { hops, body } = await ada.post('/auth/logout', { at: 'microsoft' })
  const [, toMicrosoft] = hops
  const url = new URL(toMicrosoft!)
  t.equal(url.origin + url.pathname, 'https://login.microsoftonline.com/common/oauth2/v2.0/logout')
  t.same([...url.searchParams.keys()], ['post_logout_redirect_uri', 'logout_hint'], 'and nothing else of ours')
  t.equal(url.searchParams.get('post_logout_redirect_uri'), landing)
  t.match(url.searchParams.get('logout_hint'), /^O\.[\w-]+$/, 'the token\'s own hint, so that nobody is asked which account is meant')
  t.match(body, /Ada Lovelace is signed out at this browser/)
  t.equal(await isIn(ada), false)
  const landed = await ada.open('/auth/signed-out')
  t.same(landed.hops, ['/auth/signed-out', '/auth/sign-in?signed_out=microsoft'])
  t.match(landed.body, /You are signed out here, and back from signing out at Microsoft\./)
  t.match((await ada.open('/auth/microsoft/login?prompt=none')).hops.at(-1), '/auth/error?error=interaction_required', 'at Microsoft as well')
})

t.test('the local session ends first, also when nothing follows', async (t) => {
  const test = await setUp(t, { signOutAtMicrosoft: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const answer = await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...navigation, ...own, cookie } })
  t.equal(answer.statusCode, 303)
  t.match(answer.headers.location, 'https://login.microsoftonline.com/common/oauth2/v2.0/logout?')
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode, 401)
  t.equal(test.simulator.requests.logout, 0, 'no request of the server: Microsoft may be down')
})

t.test('a program is told where its browser should go', async (t) => {
  const test = await setUp(t, { signOutAtMicrosoft: true })
  const post = async (url: string, payload: object) => {
    const { cookie } = await test.simulator.signIn(test.app, 'ada')
    return await test.app.inject({ method: 'POST', url, headers: { ...program, ...own, cookie }, payload })
  }
  for (const url of ['/auth/logout', '/auth/sessions/end-all']) {
    const answer = await post(url, {})
    t.equal(answer.statusCode, 200)
    t.same(Object.keys(answer.json()), ['url'])
    t.match(answer.json().url, /^https:\/\/login\.microsoftonline\.com\/common\/oauth2\/v2\.0\/logout\?post_logout_redirect_uri=https%3A%2F%2Fapp\.example%2Fauth%2Fsigned-out&logout_hint=/)
    t.equal((await post(url, { at: 'here' })).statusCode, 204, 'unless it says otherwise')
  }
  const nobody = await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, ...own } })
  t.same(nobody.json(), { url: `https://login.microsoftonline.com/common/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent(landing)}` }, 'whose session is over is sent as well, without a hint')
})

t.test('signing out everywhere means every browser here, and this one at Microsoft', async (t) => {
  const test = await setUp(t)
  const [here, elsewhere] = [createPerson(test), createPerson(test)]
  await here.signIn('ada')
  await elsewhere.signIn('ada')
  const { hops } = await here.post('/auth/sessions/end-all', { at: 'microsoft' })
  t.match(hops[1], '/oauth2/v2.0/logout?')
  t.same([await isIn(here), await isIn(elsewhere)], [false, false])
  await elsewhere.open('/auth/microsoft/login?prompt=none')
  t.equal(await isIn(elsewhere), true, 'the other browser is signed in at Microsoft as before')
})

t.test('what a request may ask for is one of two words, and nothing has ended where it is another', async (t) => {
  const test = await setUp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (const url of ['/auth/logout', '/auth/sessions/end-all']) {
    for (const at of ['', 'Microsoft', 'https://evil.example', 5, null, ['microsoft']]) {
      const answer = await test.app.inject({ method: 'POST', url, headers: { ...program, ...own, cookie }, payload: { at } })
      t.match(answer.json(), { statusCode: 400, code: 'invalid_request' })
    }
  }
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode, 200)
})

t.test('another site signs nobody out, neither here nor at Microsoft', async (t) => {
  const test = await setUp(t, { signOutAtMicrosoft: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, {}]) {
    const answer = await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, ...headers, cookie }, payload: { at: 'microsoft' } })
    t.match(answer.json(), { statusCode: 403, code: 'cross_site_request' })
  }
  t.equal((await test.app.inject({ url: '/auth/logout', headers: { ...navigation, cookie } })).statusCode, 405)
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode, 200)
})

t.test('the account page offers the way out that is not the usual one, and its policy lets it lead to Microsoft', async (t) => {
  for (const [signOutAtMicrosoft, text, at] of [[false, 'Sign out here and at Microsoft', 'microsoft'], [true, 'Sign out here only', 'here']] as const) {
    const test = await setUp(t, { signOutAtMicrosoft, postLogoutRedirectUri: 'https://www.example/bye' })
    const { cookie } = await test.simulator.signIn(test.app, 'ada')
    const page = await test.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
    t.match(page.body, new RegExp(`<form method="post" action="/auth/logout">\\s*<input[^>]*csrf_token[^>]*><input type="hidden" name="at" value="${at}">\\s*<button class="button other" type="submit">${text}</button>`))
    t.match(page.headers['content-security-policy'], "form-action 'self' https://login.microsoftonline.com https://login.live.com https://www.example;")
    const out = await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, ...own, cookie }, payload: { at: 'microsoft' } })
    t.equal(new URL(out.json().url).searchParams.get('post_logout_redirect_uri'), 'https://www.example/bye')
  }
})

t.test('a hint that was sealed with a secret that is gone is left out, and one that rotated still works', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const [old, young] = ['old-secret-of-at-least-32-characters', 'new-secret-of-at-least-32-characters']
  const before = await httpsApp(t, { database, secrets: [old] })
  const { cookie } = await before.simulator.signIn(before.app, 'ada')
  const row = JSON.parse(await before.rows()).find(([table]: [string]) => table === 'sessions')[1][0]
  t.match(row.login_hint, /^eyJ[\w.-]+$/, 'sealed')
  t.notMatch(await before.rows(), /O\.[\w-]{40}/, 'the store does not show it')
  t.match(row.microsoft_session, /^[\w-]{43}$/)
  const rotated = await httpsApp(t, { database, secrets: [young, old], signOutAtMicrosoft: true })
  const hint = async (test: TestApp, by: string): Promise<string | null> => {
    const { url } = (await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, ...own, cookie: by } })).json()
    return new URL(url).searchParams.get('logout_hint')
  }
  t.match(await hint(rotated, cookie), /^O\./)
  const second = await rotated.simulator.signIn(rotated.app, 'ada')
  await signInOf(rotated.app).database.run(async (db) => await db.updateTable('sessions').set({ login_hint: row.login_hint.replace(/.{4}$/, 'AAAA') }).execute())
  rotated.clock.now += 1_000
  t.equal(await hint(rotated, second.cookie), null)
})

t.test('where no sid and no hint are asked for, everything else works', async (t) => {
  const test = await httpsApp(t, { signOutAtMicrosoft: true }, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], optionalClaims: [] } })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const row = JSON.parse(await test.rows()).find(([table]: [string]) => table === 'sessions')[1][0]
  t.match(row, { microsoft_session: null, login_hint: null, confirmed_at: test.clock.now, authenticated_at: test.clock.now })
  const answer = await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, ...own, cookie } })
  t.equal(new URL(answer.json().url).searchParams.has('logout_hint'), false)
})

t.test('who signs out at Microsoft is signed out here: its page calls by sid alone, without a cookie', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  const pat = createPerson(test)
  await pat.signIn('pat')
  const userId = (await ada.ask('/me')).json().id
  const choice = await ada.atMicrosoft('https://login.microsoftonline.com/common/oauth2/v2.0/logout')
  t.match(choice.body, 'Which account do you want to sign out of?')
  const page = await ada.atMicrosoft('https://login.microsoftonline.com/common/oauth2/v2.0/logout', { simulator_account: 'ada' })
  const [, src] = /<iframe src="([^"]+)"/.exec(page.body)!
  t.match(src, /^https:\/\/app\.example\/auth\/microsoft\/front-channel-logout\?sid=[0-9a-f-]{36}$/)
  t.match(page.headers['content-security-policy'], 'frame-src https://app.example;')
  t.equal(await isIn(ada), true, 'until the frame is loaded')
  const answer = await test.app.inject({ url: src!.slice('https://app.example'.length), headers: frame })
  t.match({ statusCode: answer.statusCode, body: answer.body }, { statusCode: 200, body: '' })
  t.same([await isIn(ada), await isIn(pat)], [false, true])
  t.same(test.ended, [{ userId, reason: 'ended_at_microsoft' }])
  t.match(test.log(), /"sessions":1.*somebody signed out at Microsoft, and so here/)
  t.notMatch(test.log(), new URL(src!).searchParams.get('sid')!, 'the log has no sid')
})

t.test('the answer to a front-channel logout can be framed by Microsoft alone, is stored nowhere, sets no cookie and says nothing', async (t) => {
  const test = await setUp(t, {}, (app) => {
    // As @fastify/helmet does: past Fastify's own headers.
    app.addHook('onRequest', async (_request, reply) => {
      reply.raw.setHeader('x-frame-options', 'SAMEORIGIN')
      reply.raw.setHeader('content-security-policy', "frame-ancestors 'self'")
      reply.raw.setHeader('cross-origin-resource-policy', 'same-origin')
      reply.header('x-frame-options', 'DENY')
    })
    app.addHook('onSend', async (_request, reply) => { reply.header('set-cookie', 'tracking=1') })
  })
  const ada = createPerson(test)
  const sid = await sidOf(test, async () => await ada.signIn('ada'))
  const answers = []
  for (const query of ['', '?sid=unknown', `?sid=${sid}&iss=https://evil.example`, `?sid=${sid}`, `?sid=${sid}`]) {
    answers.push(await test.app.inject({ url: frontChannelPath + query, headers: { ...frame, cookie: 'x=<script>' } }))
  }
  for (const { statusCode, headers, body } of answers) {
    t.equal(statusCode, 200)
    t.match(headers, {
      'content-security-policy': "default-src 'none'; frame-ancestors https://login.microsoftonline.com https://login.live.com",
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'cross-origin',
      'content-type': 'text/html; charset=utf-8'
    })
    t.notOk('x-frame-options' in headers)
    t.notOk('set-cookie' in headers)
    t.equal(body, '')
    const { date, ...rest } = headers
    const { date: firstDate, ...first } = answers[0]!.headers
    t.same(rest, first, 'whether a session was there or not')
  }
})

t.test('a forged or garbled sid, a foreign issuer and another authority end nothing', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  const sid = await sidOf(test, async () => await ada.signIn('ada'))
  const before = await test.rows()
  const queries = [
    '', '?sid=', '?sid', '?sid=null', '?sid=*', '?sid=%00', `?sid=${sid.toUpperCase()}`, `?sid=${sid}%20`, `?sid=${sid.slice(0, -1)}`, `?sid=${'x'.repeat(100_000)}`,
    `?sid=${sid}&sid=${sid}`, `?sid[]=${sid}`, `?SID=${sid}`, `?sid=${sid}&iss=${contoso}&iss=${contoso}`, "?sid=' or 1=1 --", '?sid=__proto__', '?iss=' + contoso,
    ...[
      '', 'https://evil.example', 'https://login.microsoftonline.com', consumers, contoso.toUpperCase(), `${contoso}/`, contoso.replace('.com', '.us'), contoso.replace('https', 'http'), 'null'
    ].map((iss) => `?sid=${sid}&iss=${encodeURIComponent(iss)}`)
  ]
  for (const query of queries) t.equal((await test.app.inject({ url: frontChannelPath + query, headers: frame })).statusCode, 200, query.slice(0, 80))
  t.equal(await test.rows(), before)
  t.equal(await isIn(ada), true)
  t.same(test.ended, [])
  const row = JSON.parse(before).find(([table]: [string]) => table === 'sessions')[1][0]
  await test.app.inject({ url: `${frontChannelPath}?sid=${row.microsoft_session}`, headers: frame })
  t.equal(await isIn(ada), true, 'what the store has is no sid')

  await test.app.inject({ url: `${frontChannelPath}?sid=${sid}&iss=${encodeURIComponent(contoso)}`, headers: frame })
  t.equal(await isIn(ada), false, 'the issuer of the session\'s own tenant')
})

t.test('the same sid at another authority is another session', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const secrets = ['test-secret-of-at-least-32-characters']
  const test = await httpsApp(t, { database, secrets })
  const ada = createPerson(test)
  const sid = await sidOf(test, async () => await ada.signIn('ada'))
  const other = Fastify()
  t.teardown(async () => await other.close())
  await other.register(entra, { baseUrl: 'https://us.example', authority: 'https://login.microsoftonline.us', clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 'a-secret-value', secrets, database })
  t.equal((await other.inject({ url: `${frontChannelPath}?sid=${sid}` })).statusCode, 200)
  test.clock.now += 1_000
  t.equal(await isIn(ada), true)
  await test.app.inject({ url: `${frontChannelPath}?sid=${sid}` })
  t.equal(await isIn(ada), false)
})

t.test('no other method ends anything, and a request too many is told so', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  const sid = await sidOf(test, async () => await ada.signIn('ada'))
  for (const method of ['POST', 'HEAD', 'PUT', 'DELETE'] as const) {
    const answer = await test.app.inject({ method, url: `${frontChannelPath}?sid=${sid}` })
    t.match({ statusCode: answer.statusCode, allow: answer.headers.allow }, { statusCode: 405, allow: 'GET' })
  }
  t.equal(await isIn(ada), true)
  const limited = await setUp(t, { rateLimit: { signIn: 3 } })
  for (const statusCode of [200, 200, 200, 429]) {
    const answer = await limited.app.inject({ url: `${frontChannelPath}?sid=x`, headers: frame })
    t.equal(answer.statusCode, statusCode)
    if (statusCode === 429) t.match(answer.headers['retry-after'], /^\d+$/)
  }
})

t.test('a store that fails is in the log, and the answer is the same', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  const sid = await sidOf(test, async () => await ada.signIn('ada'))
  const { database } = signInOf(test.app)
  const { run } = database
  database.run = async () => { throw new TypeError('broken') }
  t.match(await test.app.inject({ url: `${frontChannelPath}?sid=${sid}`, headers: frame }), { statusCode: 200, body: '' })
  t.match(test.log(), /"reason":"unexpected".*could not be carried out/)
  database.run = run
  await signInOf(test.app).database.close()
  t.match(await test.app.inject({ url: `${frontChannelPath}?sid=${sid}`, headers: frame }), { statusCode: 200, body: '' })
  t.match(test.log(), /"reason":"closed".*could not be carried out/)
})

t.test('wrong options are refused with a message', async (t) => {
  const wrong: Array<[Parameters<typeof httpsApp>[1], RegExp]> = [
    [{ signOutAtMicrosoft: 'yes' as never }, /"signOutAtMicrosoft" must be true or false/],
    [{ postLogoutRedirectUri: '/bye' }, /"postLogoutRedirectUri" must be an https:\/\/ URL without fragment/],
    [{ postLogoutRedirectUri: 'http://app.example/bye' }, /"postLogoutRedirectUri" must be .* registered as a redirect URI/],
    [{ postLogoutRedirectUri: 'https://app.example/bye#x' }, /"postLogoutRedirectUri"/],
    [{ frontChannelLogoutPath: 'x' }, /"frontChannelLogoutPath" must be a plain path/],
    [{ frontChannelLogoutPath: '/auth/logout' }, /"frontChannelLogoutPath" is "\/auth\/logout", another route of ours/]
  ]
  for (const [options, message] of wrong) {
    const app = Fastify()
    t.teardown(async () => await app.close())
    await t.rejects(async () => await app.register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:', ...options }), { name: ConfigurationError.prototype.name, message })
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: 'http://localhost:3000', database: ':memory:', postLogoutRedirectUri: 'http://localhost:4000/bye' })
})

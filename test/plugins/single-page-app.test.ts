import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import t from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'
import { codesApp, withCodes } from './codes.ts'
import { createPerson } from './person.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A front end that another host of the same site serves. */
const frontEnd = 'https://www.app.example'
const allowedOrigins = [frontEnd]
/** Headers that a browser sends for a script of such a page. */
const ofFrontEnd = { ...program, accept: '*/*', origin: frontEnd, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

async function session ({ app }: TestApp, cookie: string, headers: Record<string, string> = program): Promise<LightMyRequestResponse> {
  return await app.inject({ url: '/auth/session', headers: { ...headers, cookie } })
}

async function ask ({ app }: TestApp, url: string, cookie: string, payload: object = {}, headers: Record<string, string> = ofFrontEnd): Promise<LightMyRequestResponse> {
  return await app.inject({ method: 'POST', url, headers: { ...headers, cookie }, payload })
}

async function preflight ({ app }: TestApp, url: string, origin: string = frontEnd): Promise<LightMyRequestResponse> {
  return await app.inject({
    method: 'OPTIONS',
    url,
    headers: { ...program, origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
  })
}

async function isSignedIn (test: TestApp, cookie: string): Promise<boolean> {
  return (await session(test, cookie)).json().user !== null
}

t.test('a page is told who is signed in, and that nobody is; no cache keeps either', async (t) => {
  const test = await httpsApp(t)
  const nobody = await session(test, '')
  t.equal(nobody.statusCode, 200)
  t.same(nobody.json(), { user: null, csrfToken: null, authenticatedAt: null, expiresAt: null, mustConfirm: false })
  t.equal(nobody.headers['set-cookie'], undefined, 'nobody gets a session by asking')

  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const answer = await session(test, cookie)
  for (const one of [nobody, answer]) {
    t.match(one.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
  }
  const { user, csrfToken, ...rest } = answer.json()
  t.same(rest, { authenticatedAt: test.clock.now, expiresAt: test.clock.now + 12 * hour, mustConfirm: false })
  t.match(csrfToken, /^[\w-]{43}$/)
  t.match(user, { id: /^[\w-]{36}$/, displayName: 'Ada Lovelace', email: { address: 'ada@contoso.example', score: 90, verified: true }, roles: [] })
  t.same(Object.keys(user), ['id', 'displayName', 'email', 'identity', 'roles'])
  t.same(Object.keys(user.email), ['address', 'score', 'verified'], 'the evidence stays on the server')
  t.same(Object.keys(user.identity), ['tid', 'oid'])
})

t.test('who has no address that can be used is shown without one', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { claims: { email: undefined } })
  t.match((await session(test, cookie)).json(), { user: { displayName: 'Ada Lovelace', email: null } })
})

t.test('the end of a session moves with each request, and never beyond its limit', async (t) => {
  const test = await httpsApp(t)
  const start = test.clock.now
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (let at = 10 * hour; at < 7 * day; at += 10 * hour) {
    test.clock.now = start + at
    t.equal((await session(test, cookie)).json().expiresAt, Math.min(start + at + 12 * hour, start + 7 * day))
  }
  test.clock.now = start + 7 * day
  t.equal((await session(test, cookie)).json().user, null)
})

t.test('a session that Microsoft has to confirm first is nobody\'s, and the page is told how to go on', async (t) => {
  const test = await httpsApp(t, { revalidateEvery: hour })
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  t.same((await ada.ask('/auth/session')).json(), { user: null, csrfToken: null, authenticatedAt: null, expiresAt: null, mustConfirm: true })
  t.equal((await ada.open('/auth/microsoft/login?prompt=none&return_to=/public')).hops.at(-1), '/public')
  t.match((await ada.ask('/auth/session')).json(), { user: { displayName: 'Ada Lovelace' }, mustConfirm: false })
})

t.test('the address of the session route is an option, and no sign-in ends there', async (t) => {
  const test = await httpsApp(t, { sessionPath: '/api/whoami' })
  t.equal((await test.app.inject({ url: '/api/whoami', headers: program })).json().user, null)
  t.equal((await session(test, '')).statusCode, 404)
  const start = await test.app.inject({ url: '/auth/microsoft/login?return_to=/api/whoami', headers: program })
  t.match(start.json(), { statusCode: 400, code: 'redirect_not_allowed' })
  t.equal((await test.app.inject({ method: 'POST', url: '/api/whoami', headers: program })).statusCode, 405)
})

t.test('the token of the session lets a client change something that says nothing of where it comes from', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { csrfToken } = (await session(test, cookie)).json()
  for (const headers of [{}, { 'x-csrf-token': 'x' }, { 'x-csrf-token': `${csrfToken}x` }] as Array<Record<string, string>>) {
    t.match((await ask(test, '/auth/logout', cookie, {}, { ...program, ...headers })).json(), { statusCode: 403, code: 'cross_site_request' })
  }
  t.equal((await ask(test, '/auth/logout', cookie, {}, { ...program, origin: 'https://evil.example', 'x-csrf-token': csrfToken })).statusCode, 403, 'it does not outweigh where a request comes from')
  t.ok(await isSignedIn(test, cookie))
  t.equal((await ask(test, '/auth/logout', cookie, {}, { ...program, 'x-csrf-token': csrfToken })).statusCode, 204)
  t.notOk(await isSignedIn(test, cookie))
})

const jsonRoutes = ['/auth/session', '/auth/sessions', '/auth/sessions/end', '/auth/sessions/end-others', '/auth/sessions/end-all', '/auth/logout',
  '/auth/identities', '/auth/microsoft/link', '/auth/microsoft/unlink', '/auth/code', '/auth/code/resend', '/auth/code/cancel']
const otherRoutes = ['/auth/microsoft/login', '/auth/microsoft/callback', '/auth/sign-in', '/auth/account', '/auth/error', '/auth/microsoft/admin-consent', '/auth/signed-out', '/auth/microsoft/front-channel-logout', '/me']

t.test('a front end of the list may ask each JSON route by script, and no other route', async (t) => {
  const test = await codesApp(t, { allowedOrigins })
  for (const url of jsonRoutes) {
    const answer = await preflight(test, url)
    t.equal(answer.statusCode, 204, url)
    t.match(answer.headers, {
      'access-control-allow-origin': frontEnd,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type, x-csrf-token, x-requested-with',
      'access-control-max-age': '600',
      'cache-control': 'no-store',
      vary: 'origin'
    }, url)
    t.equal(answer.headers['set-cookie'], undefined)
  }
  for (const url of otherRoutes) {
    t.notOk('access-control-allow-origin' in (await preflight(test, url)).headers, url)
    t.notOk('access-control-allow-origin' in (await test.app.inject({ url, headers: ofFrontEnd })).headers, url)
  }
})

t.test('another origin is answered as if there was no list', async (t) => {
  const test = await codesApp(t, { allowedOrigins })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (const origin of ['https://evil.app.example', 'https://app.example.evil.example', 'http://www.app.example', 'https://www.app.example:444', 'https://WWW.app.example', 'null', `${frontEnd}/`]) {
    for (const url of jsonRoutes) {
      const asked = await preflight(test, url, origin)
      t.equal(asked.statusCode, 405, `${origin} ${url}`)
      t.notOk(Object.keys(asked.headers).some((name) => name.startsWith('access-control')), `${origin} ${url}`)
    }
    const read = await session(test, cookie, { ...ofFrontEnd, origin })
    t.notOk('access-control-allow-origin' in read.headers, 'a browser keeps the answer from it')
    t.equal(read.headers.vary, 'origin')
    for (const site of ['same-site', 'cross-site']) {
      t.match((await ask(test, '/auth/logout', cookie, {}, { ...ofFrontEnd, origin, 'sec-fetch-site': site })).json(), { statusCode: 403, code: 'cross_site_request' })
    }
  }
  t.ok(await isSignedIn(test, cookie))
  t.equal((await ask(test, '/auth/logout', cookie, {}, { ...ofFrontEnd, 'sec-fetch-site': 'cross-site' })).statusCode, 403, 'nor from the right origin, where the browser says that it is another site')
  t.equal((await ask(test, '/auth/logout', cookie)).statusCode, 204, 'while the front end is let')
  t.notOk(await isSignedIn(test, cookie))
})

t.test('without a list nothing says so, and nobody may ask from elsewhere', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.equal((await preflight(test, '/auth/session')).statusCode, 405)
  const read = await session(test, cookie, ofFrontEnd)
  t.notOk('vary' in read.headers)
  t.notOk('access-control-allow-origin' in read.headers)
  t.equal((await ask(test, '/auth/logout', cookie)).statusCode, 403)
})

t.test('a front end does all there is by JSON: list, link, unlink, end sessions, sign out', async (t) => {
  const test = await httpsApp(t, { allowedOrigins, allowedRedirectUrls: [`${frontEnd}/**`] })
  const other = (await test.simulator.signIn(test.app, 'ada')).cookie
  const { cookie, location } = await test.simulator.signIn(test.app, 'ada', { query: { return_to: `${frontEnd}/orders/7` } })
  t.equal(location, `${frontEnd}/orders/7`, 'the sign-in ends at a page of it')
  const read = async (url: string): Promise<unknown[]> => {
    const answer = await test.app.inject({ url, headers: { ...ofFrontEnd, cookie } })
    t.equal(answer.headers['access-control-allow-origin'], frontEnd)
    return answer.json()
  }
  t.equal((await read('/auth/sessions')).length, 2)
  t.equal((await read('/auth/identities')).length, 1)

  const { url } = (await ask(test, '/auth/microsoft/link', cookie, { return_to: `${frontEnd}/account` })).json()
  t.match(url, /^https:\/\/login\.microsoftonline\.com\//, 'the page sends its browser there')
  const refused = await ask(test, '/auth/microsoft/link', cookie, { return_to: 'https://elsewhere.example/' })
  t.match(refused.json(), { statusCode: 400, code: 'redirect_not_allowed', error: 'Bad Request', message: /./ })
  t.equal(refused.headers['access-control-allow-origin'], frontEnd, 'a refusal can be read as well')
  const [identity] = await read('/auth/identities') as Array<Record<string, string>>
  t.match((await ask(test, '/auth/microsoft/unlink', cookie, { tid: identity!.tid, oid: identity!.oid })).json(), { statusCode: 409, code: 'last_identity' })

  t.equal((await ask(test, '/auth/sessions/end-others', cookie)).statusCode, 204)
  t.notOk(await isSignedIn(test, other))
  t.equal((await ask(test, '/auth/logout', cookie)).statusCode, 204)
  t.notOk(await isSignedIn(test, cookie))
  t.match(await (await ask(test, '/auth/sessions/end-all', cookie)).json(), { statusCode: 401, code: 'unauthenticated' })
})

t.test('a front end asks for the one-time code on a page of its own', async (t) => {
  const codePageUrl = `${frontEnd}/code#enter`
  const test = await codesApp(t, { allowedOrigins, allowedRedirectUrls: [`${frontEnd}/**`], codePageUrl })
  const { cookie, location } = await test.begin('grace', { query: { return_to: `${frontEnd}/orders` } })
  t.equal(location, codePageUrl)
  const shown = await test.app.inject({ url: '/auth/code', headers: { ...ofFrontEnd, cookie } })
  t.match(shown.json(), { triesLeft: 5, mayResend: true, csrfToken: /./ })
  t.equal(shown.headers['access-control-allow-origin'], frontEnd)
  const wrong = await ask(test, '/auth/code', cookie, { code: test.wrong() })
  t.match(wrong.json(), { statusCode: 400, code: 'otp_invalid' })
  t.equal(wrong.headers['access-control-allow-origin'], frontEnd)
  const form = await test.form(cookie, { code: test.wrong() })
  t.equal(form.headers.location, `${frontEnd}/code?error=otp_invalid#enter`, 'a form without script comes back there')
  const right = await ask(test, '/auth/code', cookie, { code: test.code() })
  t.same(right.json(), { returnTo: `${frontEnd}/orders` })
  t.ok([right.headers['set-cookie']].flat().some((one) => one!.startsWith('__Host-entra-session=')))
})

t.test('refusals of a sign-in come to a page of the front end as ?error=', async (t) => {
  const test = await httpsApp(t, { allowedOrigins, errorRedirectUrl: `${frontEnd}/signed-out?tab=1` })
  const { location } = await test.simulator.signIn(test.app, 'ada', { cancel: true })
  t.equal(location, `${frontEnd}/signed-out?tab=1&error=access_denied`)
})

t.test('while the store does not answer, a front end can read that', async (t) => {
  const test = await httpsApp(t, { allowedOrigins, sessionCache: 0 })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  await test.app.close()
  const answer = await session(test, cookie, ofFrontEnd).catch(() => null)
  t.equal(answer, null, 'a closed server answers nobody')

  const failing = await httpsApp(t, { allowedOrigins, sessionCache: 0 }, {
    before: (app) => app.addHook('onRequest', async ({ headers }) => { if (headers['x-fail'] === '1') throw Object.assign(new Error('no store'), { statusCode: 503 }) })
  })
  const refused = await session(failing, '', { ...ofFrontEnd, 'x-fail': '1' })
  t.match(refused.json(), { statusCode: 503, code: 'server_error' })
  t.equal(refused.headers['access-control-allow-origin'], frontEnd, 'what fails before our hooks, too')
})

t.test('what another plugin says in Vary stays', async (t) => {
  const test = await httpsApp(t, { allowedOrigins }, { before: (app) => app.addHook('onRequest', async (_request, reply) => { reply.header('vary', 'accept-encoding') }) })
  t.equal((await session(test, '')).headers.vary, 'accept-encoding, origin')
})

t.test('a page of ours is not posted to by a front end', async (t) => {
  const test = await httpsApp(t, { allowedOrigins })
  const page = await test.app.inject({ url: '/auth/sign-in', headers: { ...navigation, origin: frontEnd } })
  t.equal(page.statusCode, 200)
  t.notOk('access-control-allow-origin' in page.headers)
})

const wrongLists: Array<[options: Partial<EntraOptions>, message: RegExp]> = [
  [{ allowedOrigins: ['https://app.example/'] }, /option "allowedOrigins" must be a list of origins .* there are no patterns/s],
  [{ allowedOrigins: ['*'] }, /must be a list of origins/],
  [{ allowedOrigins: ['https://*.app.example'] }, /must be a list of origins/],
  [{ allowedOrigins: ['http://www.app.example'] }, /must be a list of origins/],
  [{ allowedOrigins: 'https://www.app.example' as never }, /must be a list of origins/],
  [{ allowedOrigins: ['https://www.elsewhere.example'] }, /names "https:\/\/www.elsewhere.example", another site than that of "baseUrl" \("https:\/\/app.example"\): browsers would send no cookie/],
  [{ allowedOrigins: ['http://localhost:5173'] }, /another site/],
  [{ allowedOrigins: ['https://203.0.113.7'] }, /another site/],
  [{ allowedOrigins: ['https://[2001:db8::1]'] }, /another site/],
  [{ allowedOrigins: ['https://localhost'] }, /another site/],
  [{ ...withCodes, mailer: async () => {}, allowedOrigins, codePageUrl: 'https://evil.app.example/code' }, /option "codePageUrl" is .* no page that could send the code/]
]

t.test('a list that cannot work is refused at boot, with what to do', async (t: Test) => {
  for (const [options, message] of wrongLists) await t.rejects(httpsApp(t, options), { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(options))
  await t.resolves(httpsApp(t, { allowedOrigins: ['https://app.example:8443', 'https://deep.below.app.example', 'https://app.example', frontEnd, frontEnd] }), 'a port makes no other site')
})

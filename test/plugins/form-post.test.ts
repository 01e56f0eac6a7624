import { Cookie } from 'tough-cookie'
import Fastify from 'fastify'
import t from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { linkAs, signInAs } from '../../plugins/simulator.ts'
import { seededBytes } from '../random.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const callbackPath = '/auth/microsoft/callback'
const form = 'application/x-www-form-urlencoded'

async function formPostApp (t: Parameters<typeof httpsApp>[0], options: Partial<EntraOptions> = {}) {
  return await httpsApp(t, { responseMode: 'form_post', ...options })
}

const pairs = (headers: { readonly 'set-cookie'?: string | string[] | undefined }): string =>
  [headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!).filter((pair) => !pair.endsWith('=')).join('; ')

/** Starts a sign-in and lets somebody pick an account; gives the attempt's cookie and what Microsoft's page posts. */
async function startAndPick ({ app, simulator }: TestApp, account: string, cookie = '') {
  const response = await app.inject({ url: '/auth/microsoft/login', headers: { ...navigation, cookie } })
  const url = new URL(response.headers.location!)
  const answer = await simulator.fetch(url, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
  const fields = Object.fromEntries([...(await answer.text()).matchAll(/name="(code|state|session_state)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))
  return { response, url, attempt: pairs(response.headers), fields: fields as { code: string, state: string } }
}

async function post ({ app }: TestApp, fields: Record<string, string> | string, cookie: string, headers: Record<string, string> = {}) {
  return await app.inject({
    method: 'POST',
    url: callbackPath,
    headers: { ...navigation, 'sec-fetch-site': 'cross-site', origin: 'https://login.microsoftonline.com', 'content-type': form, cookie, ...headers },
    payload: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString()
  })
}

const finish = async ({ app }: TestApp, url: string, cookie: string, headers: Record<string, string> = program) =>
  await app.inject({ url, headers: { ...headers, cookie } })

t.test('a person signs in by a posted answer, and the code is in no address', async (t) => {
  const test = await formPostApp(t)
  const { statusCode, location, cookie } = await test.simulator.signIn(test.app, 'ada', { query: { return_to: '/public' } })
  t.match({ statusCode, location }, { statusCode: 303, location: '/public' })
  t.match((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json(), { displayName: 'Ada Lovelace' })
  const { url, attempt, fields } = await startAndPick(test, 'ada')
  t.equal(url.searchParams.get('response_mode'), 'form_post')
  const posted = await post(test, fields, attempt)
  t.match(posted.headers.location, /^\/auth\/microsoft\/callback\/finish\?attempt=[\w-]{10}$/)
  t.notMatch(posted.headers.location! + test.log() + pairs(posted.headers), fields.code)
})

t.test('only the cookies of the attempt come along from another site: all others stay Lax', async (t) => {
  const test = await formPostApp(t)
  const { response, attempt, fields } = await startAndPick(test, 'ada')
  const started = Cookie.parse([response.headers['set-cookie']!].flat()[0]!)!
  t.match(started, { sameSite: 'none', secure: true, httpOnly: true, path: '/', domain: null })
  const posted = await post(test, fields, attempt)
  t.match(posted.headers['cache-control'], 'no-store')
  const kept = Cookie.parse([posted.headers['set-cookie']!].flat()[0]!)!
  t.match(kept, { key: /^__Host-entra-answer-/, sameSite: 'lax', secure: true, httpOnly: true, path: '/', domain: null, maxAge: 60 })
  const finished = await finish(test, posted.headers.location!, `${attempt}; ${pairs(posted.headers)}`)
  const cookies = [finished.headers['set-cookie']!].flat().map((one) => Cookie.parse(one)!)
  t.match(cookies.find(({ key }) => key.includes('session')), { sameSite: 'lax' })
  t.same(cookies.filter(({ value }) => value === '').map(({ key }) => key.replace(/.{10}$/, '')), ['__Host-entra-answer-', '__Host-entra-attempt-'], 'both are cleared')
})

t.test('in mode query the attempt stays Lax, and a posted answer is 405', async (t) => {
  const test = await httpsApp(t)
  const { response } = await startAndPick(test, 'ada')
  t.match(Cookie.parse([response.headers['set-cookie']!].flat()[0]!), { sameSite: 'lax' })
  t.match(await post(test, { code: 'c', state: 's'.repeat(43) }, '', { accept: 'application/json' }), { statusCode: 405, headers: { allow: 'GET' } })
  t.equal((await test.app.inject({ url: `${callbackPath}/finish?attempt=x`, headers: program })).statusCode, 404, 'and there is nothing to finish')
})

t.test('in mode form_post an answer in an address is 405, and what is no form 415', async (t) => {
  const test = await formPostApp(t)
  const { attempt, fields } = await startAndPick(test, 'ada')
  const query = new URLSearchParams(fields).toString()
  t.match(await test.app.inject({ url: `${callbackPath}?${query}`, headers: { ...program, cookie: attempt } }), { statusCode: 405, headers: { allow: 'POST' } })
  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
    t.equal((await post(test, '{}', attempt, { 'content-type': type, accept: 'application/json' })).statusCode, 415, type)
  }
  for (const method of ['POST', 'PUT', 'HEAD'] as const) {
    t.equal((await test.app.inject({ method, url: `${callbackPath}/finish?attempt=x`, headers: program })).statusCode, 405, `O20 ${method}`)
  }
  t.equal((await test.app.inject({ method: 'POST', url: callbackPath, headers: program })).statusCode, 415, 'neither is nothing at all')
  t.match((await post(test, '', attempt, { accept: 'application/json' })).json(), { statusCode: 400, code: 'invalid_state' })
  t.equal((await post(test, `state=${'x'.repeat(20_000)}`, attempt, { accept: 'application/json' })).statusCode, 413)
  const posted = await post(test, fields, attempt)
  t.equal((await finish(test, posted.headers.location!, `${attempt}; ${pairs(posted.headers)}`)).statusCode, 303, 'the attempt was left alone by all that')
})

t.test('duplicate parameters are refused before anything is kept', async (t) => {
  const test = await formPostApp(t)
  const { attempt, fields: { code, state } } = await startAndPick(test, 'ada')
  for (const body of [`code=a&code=b&state=${state}`, `code=${code}&state=${state}&state=${state}`, `code=${code}&state=${state}&error=x`, `code=${code}&state=${state}&iss=a&iss=b`]) {
    const answer = await post(test, body, attempt, { accept: 'application/json' })
    t.match(answer.json(), { statusCode: 400, code: 'invalid_request' }, `O17 ${body.slice(0, 12)}`)
    t.equal(pairs(answer.headers), '')
  }
})

t.test('another browser can neither post an answer nor finish one', async (t) => {
  const test = await formPostApp(t)
  const { attempt, fields } = await startAndPick(test, 'mallory')
  const before = await test.rows()
  const elsewhere = await post(test, fields, '', { accept: 'application/json' })
  t.match(elsewhere.json(), { statusCode: 400, code: 'invalid_state' }, 'login CSRF: an attacker\'s answer in a victim\'s browser')
  t.equal(pairs(elsewhere.headers), '', 'nobody fills another\'s cookies')
  const posted = await post(test, fields, attempt)
  for (const cookie of ['', attempt]) t.equal((await finish(test, posted.headers.location!, cookie)).statusCode, 400, 'without the answer')
  t.equal((await finish(test, posted.headers.location!, pairs(posted.headers))).statusCode, 400, 'without the attempt')
  t.equal(await test.rows(), before)
  t.equal((await finish(test, posted.headers.location!, `${attempt}; ${pairs(posted.headers)}`)).statusCode, 303, 'the positive control')
})

t.test('an answer is good once, for a minute, and for its own attempt', async (t) => {
  const test = await formPostApp(t)
  const first = await startAndPick(test, 'ada')
  const posted = await post(test, first.fields, first.attempt)
  const cookie = `${first.attempt}; ${pairs(posted.headers)}`
  t.equal((await finish(test, posted.headers.location!, cookie)).statusCode, 303)
  t.match((await finish(test, posted.headers.location!, cookie)).json(), { code: 'invalid_state' }, 'replayed')
  t.match(test.log(), '"reason":"used_attempt"')

  const late = await startAndPick(test, 'ada')
  const waiting = await post(test, late.fields, late.attempt)
  test.clock.now += 61_000
  t.match((await finish(test, waiting.headers.location!, `${late.attempt}; ${pairs(waiting.headers)}`)).json(), { code: 'invalid_state' }, 'too late')
  test.clock.now -= 120_000
  t.match((await finish(test, waiting.headers.location!, `${late.attempt}; ${pairs(waiting.headers)}`)).json(), { code: 'invalid_state' }, 'D22: a clock that was set back makes it no better')
  test.clock.now += 59_000

  const other = await startAndPick(test, 'ada')
  const name = pairs(waiting.headers).split('=')[0]!
  const moved = pairs(waiting.headers).replace(name, `__Host-entra-answer-${other.fields.state.slice(0, 10)}`)
  t.match((await finish(test, `${callbackPath}/finish?attempt=${other.fields.state.slice(0, 10)}`, `${other.attempt}; ${moved}`)).json(), { code: 'invalid_state' }, 'under the name of another')
  for (const query of ['', '?attempt=', '?attempt=a&attempt=b', '?attempt=__proto__', `?attempt=${'x'.repeat(5_000)}`]) {
    t.match((await finish(test, `${callbackPath}/finish${query}`, cookie)).json(), { statusCode: 400, code: 'invalid_state' }, query.slice(0, 30))
  }
})

t.test('of twenty that finish one answer at once, one reaches Microsoft', async (t) => {
  const test = await formPostApp(t)
  const { attempt, fields } = await startAndPick(test, 'ada')
  const posted = await post(test, fields, attempt)
  const cookie = `${attempt}; ${pairs(posted.headers)}`
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await finish(test, posted.headers.location!, cookie)))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [303, ...Array.from({ length: 19 }, () => 400)].sort())
  t.equal(test.simulator.requests.token, 1)
})

t.test('linking by hand works, although the session stays behind while the answer is posted (A5)', async (t) => {
  const test = await formPostApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const linked = await test.simulator.link(test.app, 'pat', { cookie })
  t.match({ statusCode: linked.statusCode, location: linked.location }, { statusCode: 303, location: '/auth/account' })
  const identities = (await test.app.inject({ url: '/auth/identities', headers: { ...program, cookie: linked.cookie } })).json()
  t.equal(identities.length, 2)
})

t.test('a link that ends in another session is refused (A1), and nothing is linked', async (t) => {
  const test = await formPostApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const started = await test.app.inject({ method: 'POST', url: '/auth/microsoft/link', headers: { ...navigation, 'sec-fetch-site': 'same-origin', 'content-type': form, cookie }, payload: '' })
  const answer = await test.simulator.fetch(started.headers.location!, { method: 'POST', body: new URLSearchParams({ simulator_account: 'pat' }) })
  const fields = Object.fromEntries([...(await answer.text()).matchAll(/name="(code|state)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))
  const attempt = pairs(started.headers)
  const mallory = await test.simulator.signIn(test.app, 'mallory')
  const before = await test.rows(['used_attempts'])
  const posted = await post(test, fields, attempt)
  const ended = await finish(test, posted.headers.location!, `${attempt}; ${pairs(posted.headers)}; ${mallory.cookie}`)
  t.match(ended.json(), { statusCode: 409, code: 'session_mismatch' })
  t.equal(await test.rows(['used_attempts']), before)
})

t.test('a sign-in over another session ends it, and the id is a new one (session fixation, O31)', async (t) => {
  const test = await formPostApp(t)
  const ada = await test.simulator.signIn(test.app, 'ada')
  const pat = await test.simulator.signIn(test.app, 'pat', { cookie: ada.cookie })
  t.not(pat.cookie, ada.cookie)
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: ada.cookie } })).statusCode, 401, 'S01')
  t.match((await test.app.inject({ url: '/me', headers: { ...program, cookie: pat.cookie } })).json(), { displayName: 'Pat Personal' })
})

t.test('who cancels reads why, and the attempt is used up', async (t) => {
  const test = await formPostApp(t)
  const { location } = await test.simulator.signIn(test.app, 'ada', { cancel: true })
  t.equal(location, '/auth/error?error=access_denied')
  const asProgram = await test.simulator.signIn(test.app, 'ada', { cancel: true, headers: program })
  t.match(asProgram.response.json(), { statusCode: 403, code: 'access_denied' })
  t.match(test.log(), /"reason":"authorization_access_denied","aadsts":65004,"correlationId":"[\da-f-]{36}","actor":"person"/)
})

t.test('a code that fits into no cookie is refused with the option that takes it', async (t) => {
  const test = await formPostApp(t)
  const { attempt, fields } = await startAndPick(test, 'ada')
  t.match((await post(test, { ...fields, code: 'x'.repeat(4_000) }, attempt, { accept: 'application/json' })).json(), { statusCode: 502, code: 'provider_error' })
  t.match(test.log(), /"reason":"answer_too_long".*\\"responseMode\\" as \\"query\\"/)
})

t.test('an answer that comes as http, where the site is https, says which option of the proxy is missing', async (t) => {
  const test = await formPostApp(t)
  t.match((await post(test, { code: 'c', state: 's' }, '', { 'x-forwarded-proto': 'http', accept: 'application/json' })).json(), { statusCode: 500, code: 'insecure_transport' })
})

t.test('an application\'s own form parser is used', async (t) => {
  const test = await httpsApp(t, { responseMode: 'form_post' }, {
    before: (app) => app.addContentTypeParser(form, { parseAs: 'string' }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))))
  })
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
})

t.test('parsers of an application that give nothing at all break nothing', async (t) => {
  const test = await httpsApp(t, { responseMode: 'form_post' }, {
    server: { trustProxy: true, logger: false, routerOptions: { querystringParser: () => null as never } },
    before: (app) => app.addContentTypeParser(form, { parseAs: 'string' }, (_request, _body, done) => done(null, null))
  })
  t.match((await post(test, 'code=c', '', { accept: 'application/json' })).json(), { statusCode: 400, code: 'invalid_state' })
  t.match((await finish(test, `${callbackPath}/finish?attempt=x`, '')).json(), { statusCode: 400, code: 'invalid_state' })
})

t.test('with the simulator on the same host it works by http: nothing leaves the site', async (t) => {
  const now = () => Date.UTC(2021, 10, 22)
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: 'http://localhost:3000', responseMode: 'form_post', database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], environment: { now, randomBytes: seededBytes('same site') } })
  const { location, cookie } = await signInAs(app, 'ada')
  t.equal(location, '/auth/account')
  t.equal((await linkAs(app, 'pat', { cookie })).location, '/auth/account')
})

t.test('without https the same site is needed, and registration says so', async (t) => {
  const options = { baseUrl: 'http://localhost:3000', responseMode: 'form_post' as const }
  await t.rejects(httpsApp(t, options), { code: 'FST_ENTRA_CONFIGURATION', message: /option "responseMode" is "form_post", and "baseUrl" is "http:\/\/localhost:3000".*Use https/ })
  await t.rejects(httpsApp(t, { ...options, authority: 'http://127.0.0.1:3001' }), { message: /"responseMode"/ }, 'another name of the same machine is another site')
  await t.rejects(httpsApp(t, { responseMode: 'fragment' as never }), { message: 'fastify-entra: option "responseMode" must be "query" or "form_post", but "fragment" was given.' })
})

t.test('where sign-ins are switched off there is nothing to post to', async (t) => {
  const test = await formPostApp(t, { enabled: false })
  t.equal((await test.app.inject({ method: 'POST', url: callbackPath, headers: { ...program, 'content-type': form }, payload: 'code=x' })).statusCode, 404)
})

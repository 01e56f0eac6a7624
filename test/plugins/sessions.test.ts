import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import type { FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import t from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import { refuse } from '../../src/core/errors.ts'
import type { AuthEvent } from '../../src/core/events.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

type Options = Parameters<typeof httpsApp>[1]

const own = { origin: 'https://app.example' }
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const minute = 60_000

/** An application with what it was told of sessions that ended. */
async function setUp (t: Pick<Test, 'teardown'>, options: Options = {}) {
  const test = await httpsApp(t, options)
  const ended: Array<Pick<AuthEvent, 'userId' | 'reason'>> = []
  signInOf(test.app).listen(async ({ type, userId, reason }) => { if (type === 'sessions_ended') ended.push({ userId, reason }) })
  return { ...test, ended }
}

async function signIn ({ simulator, app }: TestApp, who: string, cookie = '', query: Record<string, string> = {}): Promise<string> {
  return (await simulator.signIn(app, who, { cookie, query })).cookie
}

async function get ({ app }: TestApp, url: string, cookie: string, headers: Record<string, string> = program) {
  return await app.inject({ url, headers: { ...headers, cookie } })
}

async function post ({ app }: TestApp, url: string, cookie: string, payload: object = {}, headers: Record<string, string> = own) {
  return await app.inject({ method: 'POST', url, headers: { ...program, cookie, ...headers }, payload })
}

async function list (test: TestApp, cookie: string): Promise<Array<Record<string, unknown> & { handle: string, current: boolean }>> {
  return (await get(test, '/auth/sessions', cookie)).json()
}

async function ownHandle (test: TestApp, cookie: string): Promise<string> {
  return (await list(test, cookie)).find(({ current }) => current)!.handle
}

async function isIn (test: TestApp, ...cookies: string[]): Promise<boolean[]> {
  return await Promise.all(cookies.map(async (cookie) => (await get(test, '/me', cookie)).statusCode === 200))
}

const idOf = async (test: TestApp, cookie: string): Promise<string> => (await get(test, '/me', cookie)).json().id

t.test('a person sees their own sessions, with the one that asks marked, and no secret among it', async (t) => {
  const test = await setUp(t)
  t.match((await get(test, '/auth/sessions', '')).json(), { statusCode: 401, code: 'unauthenticated' })
  const first = (await test.simulator.signIn(test.app, 'ada', { headers: { 'user-agent': firefox } })).cookie
  const start = test.clock.now
  test.clock.now += minute
  const second = await signIn(test, 'ada')
  await signIn(test, 'pat')
  const answer = await get(test, '/auth/sessions', second)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.match(answer.json(), [
    { handle: /^[\w-]{22}$/, createdAt: test.clock.now, lastSeenAt: test.clock.now, authenticatedAt: test.clock.now, device: null, current: true },
    { handle: /^[\w-]{22}$/, createdAt: start, lastSeenAt: start, authenticatedAt: start, device: 'Firefox on Windows', current: false }
  ])
  t.equal(answer.json().length, 2)
  t.same(Object.keys(answer.json()[0]).sort(), ['authenticatedAt', 'createdAt', 'current', 'device', 'handle', 'lastSeenAt'])
  const rows = JSON.parse(await test.rows()) as Array<[string, Array<{ key: string }>]>
  for (const { key } of rows.find(([table]) => table === 'sessions')![1]) t.notMatch(answer.body, key)
  t.same((await list(test, first)).map(({ current }) => current), [false, true])
})

t.test('nobody ends the session of another user, and learns nothing from trying', async (t) => {
  const test = await setUp(t)
  const [ada, pat] = [await signIn(test, 'ada'), await signIn(test, 'pat')]
  const before = await test.rows()
  const answers = await Promise.all([await ownHandle(test, ada), 'x'.repeat(22), '', '../x'].map(async (session) => await post(test, '/auth/sessions/end', pat, { session })))
  for (const answer of answers) {
    t.match(answer.json(), { statusCode: 400, code: 'invalid_request' })
    t.equal(answer.body, answers[0]!.body, 'somebody else\'s and nobody\'s are answered alike')
  }
  for (const payload of [{}, { session: 5 }, { session: null }, { session: [await ownHandle(test, pat)] }]) {
    t.match((await post(test, '/auth/sessions/end', pat, payload)).json(), { statusCode: 400, code: 'invalid_request' })
  }
  t.same(await isIn(test, ada, pat), [true, true])
  t.equal(await test.rows(), before)
  t.same(test.ended, [])
})

t.test('a handle signs nobody in', async (t) => {
  const test = await setUp(t)
  const handle = await ownHandle(test, await signIn(test, 'ada'))
  for (const value of [handle, `${handle}.${handle}`]) t.same(await isIn(test, `__Host-entra-session=${value}`), [false])
})

t.test('one session is ended, and the others live', async (t) => {
  const test = await setUp(t)
  const [here, there, third] = [await signIn(test, 'ada'), await signIn(test, 'ada'), await signIn(test, 'ada')]
  t.same(await isIn(test, here, there, third), [true, true, true])
  t.equal((await post(test, '/auth/sessions/end', here, { session: await ownHandle(test, there) })).statusCode, 204)
  t.same(await isIn(test, here, there, third), [true, false, true], 'at once')
  t.same(test.ended, [{ userId: await idOf(test, here), reason: 'ended_from_list' }])
})

t.test('all others are ended', async (t) => {
  const test = await setUp(t)
  const [here, there, third, pat] = [await signIn(test, 'ada'), await signIn(test, 'ada'), await signIn(test, 'ada'), await signIn(test, 'pat')]
  t.equal((await post(test, '/auth/sessions/end-others', here)).statusCode, 204)
  t.same(await isIn(test, here, there, third, pat), [true, false, false, true])
  t.same(test.ended, [{ userId: await idOf(test, here), reason: 'ended_others' }])
})

t.test('all sessions are ended, that of this browser too', async (t) => {
  const test = await setUp(t)
  const [here, there, pat] = [await signIn(test, 'ada'), await signIn(test, 'ada'), await signIn(test, 'pat')]
  const id = await idOf(test, here)
  const answer = await post(test, '/auth/sessions/end-all', here)
  t.equal(answer.statusCode, 204)
  t.match(answer.headers['set-cookie'], /^__Host-entra-session=; Max-Age=0/)
  t.same(await isIn(test, here, there, pat), [false, false, true])
  t.same(test.ended, [{ userId: id, reason: 'signed_out_everywhere' }])
})

t.test('who ends the session that asks is signed out here', async (t) => {
  const test = await setUp(t)
  const [here, there] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  test.clock.now += 11 * minute
  const answer = await post(test, '/auth/sessions/end', here, { session: await ownHandle(test, here) })
  t.equal(answer.statusCode, 204, 'for that no recent sign-in is needed')
  t.match(answer.headers['set-cookie'], /^__Host-entra-session=; Max-Age=0/)
  t.same(await isIn(test, here, there), [false, true])
})

t.test('to put other browsers out a recent sign-in is needed, to sign out everywhere none', async (t) => {
  const test = await setUp(t)
  const [stolen, there] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  test.clock.now += 10 * minute + 1
  const session = await ownHandle(test, there)
  for (const [path, payload] of [['end', { session }], ['end', { session: 'unknown' }], ['end-others', {}]] as const) {
    t.match((await post(test, `/auth/sessions/${path}`, stolen, payload)).json(), { statusCode: 403, code: 'reauth_required' }, path)
  }
  t.same(await isIn(test, stolen, there), [true, true])
  const again = await signIn(test, 'ada', there)
  t.equal((await post(test, '/auth/sessions/end', again, { session: await ownHandle(test, stolen) })).statusCode, 204, 'the owner can sign in again')
  t.same(await isIn(test, stolen, again), [false, true])
  test.clock.now += 11 * minute
  t.equal((await post(test, '/auth/sessions/end-all', again)).statusCode, 204)
  t.same(await isIn(test, again), [false])
})

t.test('another site ends nothing, and neither does a link', async (t) => {
  const test = await setUp(t)
  const [here, there] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  const session = await ownHandle(test, there)
  const paths = ['end', 'end-others', 'end-all'].map((name) => `/auth/sessions/${name}`)
  const foreign: Array<Record<string, string>> = [
    {}, { origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site', origin: 'https://app.example' }
  ]
  for (const path of paths) {
    for (const headers of foreign) t.match((await post(test, path, here, { session }, headers)).json(), { statusCode: 403, code: 'cross_site_request' }, `S10 ${path} ${JSON.stringify(headers)}`)
    t.match((await post(test, path, here, { session, csrf_token: 'wrong' }, {})).json(), { code: 'cross_site_request' })
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) t.equal((await test.app.inject({ method, url: path, headers: { ...navigation, cookie: here } })).statusCode, 405, `${method} ${path}`)
    t.match((await post(test, path, '', { session })).json(), { statusCode: 401, code: 'unauthenticated' })
    t.equal((await test.app.inject({ method: 'POST', url: path, headers: { ...program, ...own, cookie: here, 'content-type': 'text/plain' }, payload: '{}' })).statusCode, 415)
  }
  t.same(await isIn(test, here, there), [true, true])
  const csrfToken = /name="csrf_token" value="([^"]+)"/.exec((await get(test, '/auth/account', here, navigation)).body)![1]
  t.equal((await post(test, '/auth/sessions/end', here, { session, csrf_token: csrfToken }, {})).statusCode, 204, 'our own form does')
  t.same(await isIn(test, here, there), [true, false])
})

t.test('who uses pages is shown a page again', async (t) => {
  const test = await setUp(t)
  const [here, there] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  const form = async (path: string, cookie: string, payload = '') => await test.app.inject({
    method: 'POST', url: path, payload, headers: { ...navigation, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded', cookie }
  })
  const location = async (...args: Parameters<typeof form>) => {
    const { statusCode, headers } = await form(...args)
    t.equal(statusCode, 303)
    return headers.location
  }
  const session = await ownHandle(test, there)
  t.equal(await location('/auth/sessions/end', here, `session=${session}`), '/auth/account')
  t.same(await isIn(test, here, there), [true, false])
  t.equal(await location('/auth/sessions/end', here, `session=${session}`), '/auth/account', 'pressed twice')
  t.equal(await location('/auth/sessions/end-others', here), '/auth/account')
  t.equal(await location('/auth/sessions/end', '', `session=${session}`), '/auth/error?error=unauthenticated')
  test.clock.now += 11 * minute
  const refused = await location('/auth/sessions/end-others', here)
  t.equal(refused, '/auth/error?error=reauth_required')
  const page = (await get(test, refused!, here, navigation)).body
  t.match(page, /<h1>Sign in again<\/h1>/)
  t.match(page, 'href="/auth/sign-in?return_to=%2Fauth%2Faccount&amp;prompt=login"', 'the way on leads through a fresh sign-in')
  t.equal(await location('/auth/sessions/end-all', here), '/auth/sign-in?signed_out=1')
  t.same(await isIn(test, here), [false])
})

t.test('no sign-in returns to these routes', async (t) => {
  const test = await setUp(t)
  for (const path of ['', '/end', '/end-others', '/end-all']) {
    t.match((await get(test, `/auth/microsoft/login?return_to=/auth/sessions${path}`, '')).json(), { code: 'redirect_not_allowed' })
  }
  t.equal((await get(test, '/auth/sessions', '', navigation)).headers.location, '/auth/sign-in')
})

t.test('an application lists and ends the sessions of its users', async (t) => {
  const test = await setUp(t)
  const { sessions } = test.app
  const [here, there, pat] = [await signIn(test, 'ada'), await signIn(test, 'ada'), await signIn(test, 'pat')]
  const id = await idOf(test, here)
  t.equal((await sessions.list(id)).length, 2)
  t.same((await sessions.list(id)).map(({ current }) => current), [false, false])
  t.equal(await sessions.end(id, await ownHandle(test, pat)), false, 'the handle of another user')
  t.same(test.ended, [])
  t.equal(await sessions.end(id, await ownHandle(test, here)), true)
  t.same(await isIn(test, here, there, pat), [false, true, true])
  await sessions.signOutEverywhere(id)
  t.same(await isIn(test, there, pat), [false, true])
  t.same(test.ended, [{ userId: id, reason: 'ended_from_list' }, { userId: id, reason: 'signed_out_everywhere' }])
  for (const wrong of [undefined, null, 5, { id }]) {
    await t.rejects(sessions.list(wrong as never), { code: 'invalid_request', detail: { reason: 'wrong_user_id' } })
    await t.rejects(sessions.end(wrong as never, 'x'), { code: 'invalid_request' })
    await t.rejects(sessions.signOutEverywhere(wrong as never), { code: 'invalid_request' })
  }
})

t.test('an application ends the others of a request, also where nobody is signed in', async (t) => {
  const test = await httpsApp(t, { sessionsDecorator: 'logins' }, {
    before: (app) => app.post('/password-changed', async (request) => {
      await (app as unknown as { logins: typeof app.sessions }).logins.endOthers(request)
      return {}
    })
  })
  const [here, there] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  t.match((await post(test, '/password-changed', '')).json(), { statusCode: 401, code: 'unauthenticated' })
  t.same(await isIn(test, here, there), [true, true])
  t.equal((await post(test, '/password-changed', here)).statusCode, 200)
  t.same(await isIn(test, here, there), [true, false])
  await t.rejects(httpsApp(t, {}, { before: (app) => app.decorate('sessions', 1 as never) }), { message: /app\.sessions belongs to another plugin.*"sessionsDecorator"/ })
})

t.test('whoever an application puts on a request has no sessions by that', async (t) => {
  let impersonated: { id: string } | null = null
  const test = await httpsApp(t, {}, {
    before: (app) => {
      const impersonate = async (request: FastifyRequest) => { if (impersonated !== null) Object.assign(request, { user: impersonated }) }
      app.addHook('onRequest', impersonate)
      app.addHook('preParsing', impersonate)
      app.get('/list/:id', async (request) => await app.sessions.list((request.params as { id: string }).id, request))
    }
  })
  const [ada, pat] = [await signIn(test, 'ada'), await signIn(test, 'pat')]
  impersonated = { id: await idOf(test, ada) }
  t.match(await list(test, pat), [{ current: true }])
  t.equal((await list(test, pat)).length, 1)
  for (const path of ['end', 'end-others', 'end-all']) {
    t.match((await post(test, `/auth/sessions/${path}`, '', { session: await ownHandle(test, pat) })).json(), { code: 'unauthenticated' }, 'without a session there is nothing to end')
  }
  t.match((await get(test, '/auth/sessions', '')).json(), { code: 'unauthenticated' })
  t.match((await get(test, `/list/${impersonated.id}`, '')).json(), [{ current: false }])
  t.equal((await post(test, '/auth/sessions/end-all', pat)).statusCode, 204)
  impersonated = null
  t.same(await isIn(test, ada, pat), [true, false], 'the session that asks counts')
})

t.test('a disabled user is out at the next request in both of two applications on one database', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const one = await setUp(t, { database })
  const two = await setUp(t, { database })
  const three = await setUp(t, { database, sessionCache: 0 })
  const [first, second, pat] = [await signIn(one, 'ada'), await signIn(two, 'ada'), await signIn(one, 'pat')]
  for (const test of [one, two, three]) t.same(await isIn(test, first, second, pat), [true, true, true])
  await one.app.accounts.disable(await idOf(one, first))
  t.same(await isIn(one, first, second, pat), [false, false, true], 'S12: at once where it was done')
  t.same(await isIn(three, first, second, pat), [false, false, true], 'at once where nothing is cached')
  two.clock.now += 1_000
  t.same(await isIn(two, first, second, pat), [false, false, true], 'elsewhere within a second')
})

t.test('what ends a session at one server ends it at the other', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const one = await setUp(t, { database })
  const two = await setUp(t, { database })
  const [here, there, third] = [await signIn(one, 'ada'), await signIn(two, 'ada'), await signIn(two, 'ada')]
  t.same(await isIn(two, here, there, third), [true, true, true])
  await post(one, '/auth/sessions/end', here, { session: await ownHandle(two, there) })
  two.clock.now += 1_000
  t.same(await isIn(two, here, there, third), [true, false, true])
  await one.app.sessions.signOutEverywhere(await idOf(one, here))
  two.clock.now += 1_000
  t.same(await isIn(two, here, there, third), [false, false, false])
})

t.test('with a limit the oldest session goes, and somebody is told', async (t) => {
  const test = await setUp(t, { maxSessionsPerUser: 2 })
  const [first, second] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  const pat = await signIn(test, 'pat')
  const id = await idOf(test, first)
  t.same(test.ended, [])
  const third = await signIn(test, 'ada')
  t.same(await isIn(test, first, second, third, pat), [false, true, true, true], 'S13')
  t.same(test.ended, [{ userId: id, reason: 'too_many_sessions' }])
  const again = await signIn(test, 'ada', third)
  t.same(await isIn(test, second, third, again), [true, false, true], 'a browser that signs in again takes its own place')
})

t.test('parallel sign-ins end with at most the limit', async (t) => {
  const test = await setUp(t, { maxSessionsPerUser: 2 })
  const cookies = await Promise.all(Array.from({ length: 10 }, async () => await signIn(test, 'ada')))
  t.equal((await isIn(test, ...cookies)).filter((alive) => alive).length, 2, 'S13')
})

t.test('sessions are over also where nobody can be told', async (t) => {
  const test = await setUp(t, { maxSessionsPerUser: 2 })
  const [first, second] = [await signIn(test, 'ada'), await signIn(test, 'ada')]
  const id = await idOf(test, first)
  const failures = [new Error('no'), refuse('store_unavailable', 'ECONNREFUSED')]
  signInOf(test.app).listen(async ({ type }) => { if (type === 'sessions_ended') throw failures.pop() ?? new Error('no') })
  t.equal((await post(test, '/auth/sessions/end-others', second)).statusCode, 204)
  t.match(test.log(), /"reason":"ECONNREFUSED".*an event could not be kept/)
  await test.app.sessions.signOutEverywhere(id)
  t.match(test.log(), /"reason":"unexpected".*an event could not be kept/)
  t.same(await isIn(test, first, second), [false, false])
})

t.test('a sign-in that fails at the last step leaves no session behind', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const test = await httpsApp(t, { database, pages: false }, {
    before: async (app) => {
      await app.register(fastifyCookie)
      await app.register(fastifySession, { secret: 'own-secret-of-more-than-32-characters', cookie: { sameSite: 'none' } })
    }
  })
  const refused = async () => (await test.simulator.signIn(test.app, 'ada', { headers: program })).response.json()
  t.match(await refused(), { code: 'insecure_transport' })
  t.match(await test.rows(), /"sessions",\n +\[\]/)
  const { DatabaseSync } = await import('node:sqlite')
  const other = new DatabaseSync(database)
  other.exec("create trigger no_end before delete on sessions begin select raise(abort, 'no'); end")
  other.close()
  t.match(await refused(), { code: 'insecure_transport' }, 'what went wrong first is told')
})

t.test('a signed-in request costs at most one query, once a minute one more, and once a second one that says whether anybody else was there', async (t) => {
  for (const sessionCache of [0, 1_000]) {
    const test = await setUp(t, { sessionCache })
    const cookie = await signIn(test, 'ada')
    const { database } = signInOf(test.app)
    let queries = 0
    let questions = 0
    const { run, version } = database
    const counted = {
      run: (async (query: never) => {
        queries += 1
        return await run(query)
      }) as typeof run,
      version: async () => {
        questions += 1
        return await version!()
      }
    }
    Object.assign(database, counted)
    const cost = async (): Promise<readonly [queries: number, questions: number]> => {
      queries = questions = 0
      t.same(await isIn(test, cookie), [true])
      return [queries, questions]
    }
    const asks = sessionCache === 0 ? 0 : 1
    t.same(await cost(), [1, asks], 'read')
    t.same(await cost(), [1 - asks, 0], 'believed for a second')
    test.clock.now += minute
    t.same(await cost(), [2 - asks, asks], 'read, where it is not believed, and written')
    for (let second = 1; second < 60; second++) {
      test.clock.now += 1_000
      t.same(await cost(), [1 - asks, asks], `second ${second}`)
    }
    test.clock.now += 1_000
    t.same(await cost(), [2 - asks, asks], 'the next minute')
    Object.assign(database, { run, version })
  }
})

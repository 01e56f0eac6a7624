import t, { type Test } from 'tap'
import { requireUser } from '../../plugins/session.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { refuse } from '../../src/core/errors.ts'
import type { AuthEvent } from '../../src/core/events.ts'
import type { AccountAnswer } from '../../src/session/revalidation.ts'
import { httpsApp, navigation, type TestApp } from './app.ts'
import { createPerson, type Person } from './person.ts'

const minute = 60_000
const hour = 60 * minute

interface Setting extends TestApp {
  readonly ended: Array<Pick<AuthEvent, 'userId' | 'reason'>>
  readonly events: string[]
}

async function setUp (t: Pick<Test, 'teardown'>, options: Parameters<typeof httpsApp>[1] = {}): Promise<Setting> {
  const test = await httpsApp(t, { revalidateEvery: hour, ...options }, {
    before: (app) => {
      app.get('/home', async (request) => request.user?.displayName ?? 'nobody')
      app.get('/orders', { onRequest: requireUser }, async (request) => request.user!.displayName)
    }
  })
  const ended: Setting['ended'] = []
  const events: string[] = []
  signInOf(test.app).listen(async ({ type, userId, reason }) => {
    events.push(type)
    if (type === 'sessions_ended') ended.push({ userId, reason })
  })
  return { ...test, ended, events }
}

/** Where a browser was, without queries. */
const paths = (hops: readonly string[]): string[] => hops.map((hop) => hop.split('?')[0]!)
const silently = ['/orders', '/auth/microsoft/login', 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize', '/auth/microsoft/callback', '/orders']
const code = async (person: Person, url = '/me'): Promise<string | number> => {
  const answer = await person.ask(url)
  return answer.statusCode === 200 ? 200 : answer.json().code
}

t.test('while the confirmation is good nobody goes by Microsoft', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour
  t.same(paths((await ada.open('/orders')).hops), ['/orders'])
  t.equal(await code(ada), 200)
})

t.test('after that a page goes by Microsoft, silently, and is there; the session stays what it is', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  const cookie = ada.cookie()
  const before = (await ada.ask('/auth/sessions')).json()
  test.events.length = 0
  test.clock.now += hour + 1_000
  const visit = await ada.open('/orders?tab=2')
  t.same(paths(visit.hops), silently)
  t.equal(visit.hops.at(-1), '/orders?tab=2')
  t.equal(visit.body, 'Ada Lovelace')
  const asked = new URL(visit.hops[2]!).searchParams
  t.match(Object.fromEntries(asked), { prompt: 'none', login_hint: /^O\./ })
  t.notMatch(visit.hops[1], 'login_hint', 'the hint is in no address of ours')
  t.equal(ada.cookie(), cookie, 'the same id')
  t.same((await ada.ask('/auth/sessions')).json().map(({ lastSeenAt, ...rest }: Record<string, unknown>) => rest), before.map(({ lastSeenAt, ...rest }: Record<string, unknown>) => rest), 'neither younger nor more recent')
  t.same(test.events, [], 'nobody signed in')
  test.clock.now += hour
  t.equal(await code(ada), 200, 'and it holds as long as the first')
})

t.test('programs are told that the person is wanted, and nobody is on the request until then', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const answer = await ada.ask('/me')
  t.match(answer.json(), { statusCode: 401, code: 'interaction_required' })
  t.equal(answer.headers['set-cookie'], undefined, 'the session is there')
  t.equal((await ada.ask('/home')).body, 'nobody')
  t.equal(await code(ada, '/auth/sessions'), 'interaction_required')
  t.match((await ada.post('/auth/sessions/end-others')).hops.at(-1), 'error=interaction_required')
  await ada.open('/home')
  t.equal(await code(ada), 200)
})

t.test('who is signed in at Microsoft no more is asked to sign in, and comes back to the page: no loop', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  await ada.atMicrosoft('https://login.microsoftonline.com/common/oauth2/v2.0/logout', { simulator_account: 'ada' })
  test.clock.now += hour + 1_000
  const visit = await ada.open('/orders?tab=2')
  t.same(paths(visit.hops), [...silently, '/auth/sign-in'])
  t.equal(visit.hops.length, 6, 'redirects are counted')
  t.equal(new URL(visit.hops.at(-1)!, 'https://app.example').searchParams.get('return_to'), '/orders?tab=2')
  t.match(test.ended, [{ reason: 'not_confirmed' }])
  t.equal(await code(ada), 'unauthenticated')
  t.match(test.log(), /"code":"interaction_required","reason":"authorization_login_required","aadsts":50058/)
  const back = await ada.signIn('ada', '/auth/microsoft/login?return_to=%2Forders%3Ftab%3D2')
  t.equal(back.hops.at(-1), '/orders?tab=2')
})

t.test('a public page is shown to whoever is signed out by that, as to anybody', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.simulator.disable('ada')
  test.clock.now += hour + 1_000
  const visit = await ada.open('/home')
  t.equal(visit.hops.at(-1), '/home')
  t.equal(visit.body, 'nobody')
})

t.test('somebody who was disabled at Microsoft is out', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.simulator.disable('ada')
  t.equal(await code(ada), 200, 'not before it is asked')
  test.clock.now += hour + 1_000
  t.match((await ada.open('/orders')).hops.at(-1), '/auth/sign-in')
  t.equal(await code(ada), 'unauthenticated')
  t.match(test.log(), /"aadsts":50057/)
  const tried = await ada.signIn('ada')
  t.match(tried.body, 'AADSTS50057')
  test.simulator.enable('ada')
  await ada.signIn('ada')
  t.equal(await code(ada), 200)
})

t.test('another account never inherits the session: it gets one of its own, and the old one has ended', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  const before = ada.cookie()
  // Microsoft answers for whoever is signed in there, whatever we had hinted.
  test.clock.now += hour + 1_000
  const start = await test.app.inject({ url: '/auth/microsoft/login?prompt=none&return_to=%2Forders', headers: { ...navigation, cookie: before } })
  const asked = new URL(start.headers.location!)
  asked.searchParams.delete('login_hint')
  asked.searchParams.delete('prompt')
  const picked = await test.simulator.fetch(asked, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'simulator_account=pat' })
  const callback = new URL(picked.headers.get('location')!)
  const attempt = String(start.headers['set-cookie']).split(';')[0]!
  const arrived = await test.app.inject({ url: callback.pathname + callback.search, headers: { ...navigation, cookie: `${before}; ${attempt}` } })
  t.equal(arrived.headers.location, '/orders')
  const session = [arrived.headers['set-cookie'] ?? []].flat().find((one) => one.startsWith('__Host-entra-session='))!.split(';')[0]!
  t.not(session, before)
  const me = async (cookie: string) => (await test.app.inject({ url: '/me', headers: { accept: 'application/json', 'x-forwarded-proto': 'https', cookie } })).json()
  t.match(await me(session), { displayName: 'Pat Personal' })
  t.match(await me(before), { code: 'unauthenticated' })
  t.ok(test.events.includes('signed_in'))
})

t.test('a silent sign-in that comes back after a sign-out signs nobody in (S07)', async (t) => {
  for (const how of ['here', 'elsewhere'] as const) {
    const test = await setUp(t)
    const ada = createPerson(test)
    await ada.signIn('ada')
    const cookie = ada.cookie()
    test.clock.now += hour + 1_000
    const start = await test.app.inject({ url: '/auth/microsoft/login?prompt=none&return_to=%2Forders', headers: { ...navigation, cookie } })
    // Without its attempt, what comes back is refused, and may come again.
    const callback = new URL((await ada.atMicrosoft(start.headers.location!)).hops[1]!, 'https://app.example')
    const attempt = String(start.headers['set-cookie']).split(';')[0]!
    if (how === 'here') await ada.post('/auth/logout')
    else await test.app.sessions.signOutEverywhere(JSON.parse(await test.rows()).find(([table]: [string]) => table === 'users')[1][0].id)
    const sent = how === 'here' ? attempt : `${cookie}; ${attempt}`
    const arrived = await test.app.inject({ url: callback.pathname + callback.search, headers: { ...navigation, cookie: sent } })
    t.equal(arrived.headers.location, '/orders', how)
    t.notMatch(String(arrived.headers['set-cookie']), /entra-session=[^;]/)
    t.match(await test.rows(), /"sessions",\n +\[\]/)
  }
})

t.test('a link of another site ends no session that is good: prompt=none confirms nothing then', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  await ada.atMicrosoft('https://login.microsoftonline.com/common/oauth2/v2.0/logout', { simulator_account: 'ada' })
  const visit = await ada.open('/auth/microsoft/login?prompt=none', { 'sec-fetch-site': 'cross-site' })
  t.match(visit.hops.at(-1), '/auth/error?error=interaction_required')
  t.equal(await code(ada), 200)
  t.same(test.ended, [])
})

t.test('an answer that nobody gave ends the session of the browser that brings it, and no other one of its person', async (t) => {
  const test = await setUp(t)
  const [thief, owner] = [createPerson(test), createPerson(test)]
  await thief.signIn('ada')
  await owner.signIn('ada')
  test.clock.now += hour + 1_000
  const start = await test.app.inject({ url: '/auth/microsoft/login?prompt=none', headers: { ...navigation, cookie: thief.cookie() } })
  const state = new URL(start.headers.location!).searchParams.get('state')!
  const attempt = String(start.headers['set-cookie']).split(';')[0]!
  await test.app.inject({ url: `/auth/microsoft/callback?state=${state}&error=invalid_grant&error_description=AADSTS50057`, headers: { ...navigation, cookie: `${thief.cookie()}; ${attempt}` } })
  t.equal(await code(thief), 'unauthenticated')
  t.equal((await owner.open('/orders')).body, 'Ada Lovelace')
})

t.test('while Microsoft is down a session goes on, is tried once a minute, and ends when the grace is over', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.simulator.setTokenResponseHook(() => ({ error: 'nonsense' }))
  test.clock.now += hour + 1_000
  const visit = await ada.open('/orders')
  t.same(paths(visit.hops), silently)
  t.equal(visit.body, 'Ada Lovelace')
  t.same(paths((await ada.open('/orders')).hops), ['/orders'], 'not at each page')
  t.equal(await code(ada), 200)
  test.clock.now += minute
  t.equal((await ada.open('/orders')).hops.length, 5)
  test.clock.now += hour
  const last = await ada.open('/orders')
  t.same(paths(last.hops), [...silently, '/auth/sign-in'], 'closed')
  t.match(test.ended, [{ reason: 'not_confirmed' }])
})

t.test('a refusal that the person can read is shown, and the session has ended', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  test.simulator.setClaims('ada', { aud: 'somebody-else' })
  const visit = await ada.open('/orders')
  t.match(visit.hops.at(-1), '/auth/error?error=invalid_token')
  t.equal(await code(ada), 'unauthenticated')
  t.ok(test.events.includes('refused'))
})

t.test('a callback whose session cannot be ended is told as any other refusal', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.simulator.disable('ada')
  test.clock.now += hour + 1_000
  const { database } = signInOf(test.app)
  const { run } = database
  database.run = (async (query: (db: never) => Promise<unknown>) => {
    if (String(query).includes('deleteSession')) throw new Error('down')
    return await run(query as never)
  }) as typeof run
  t.match((await ada.open('/orders')).hops.at(-1), '/auth/error?error=')
  database.run = run
})

t.test('a sign-in whose code is refused says nothing about the account', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const start = await test.app.inject({ url: '/auth/microsoft/login?prompt=none', headers: { ...navigation, cookie: ada.cookie() } })
  const state = new URL(start.headers.location!).searchParams.get('state')!
  const attempt = String(start.headers['set-cookie']).split(';')[0]!
  const arrived = await test.app.inject({ url: `/auth/microsoft/callback?state=${state}&code=unknown`, headers: { ...navigation, cookie: `${ada.cookie()}; ${attempt}` } })
  t.equal(arrived.headers.location, '/auth/error?error=invalid_state')
  t.same(test.ended, [])
  t.equal((await ada.open('/orders')).body, 'Ada Lovelace')
})

t.test('with a kept token Microsoft is asked without the browser, once for many requests', async (t) => {
  const test = await setUp(t)
  const [ada, elsewhere] = [createPerson(test), createPerson(test)]
  await ada.signIn('ada')
  await elsewhere.signIn('ada')
  let answer: AccountAnswer = 'confirmed'
  const asked: string[] = []
  signInOf(test.app).confirmAccount = async ({ id, identity }) => {
    asked.push(`${id} ${identity.oid}`)
    return answer
  }
  const userId = (await ada.ask('/me')).json().id
  test.clock.now += hour + 1_000
  const codes = await Promise.all(Array.from({ length: 20 }, async () => await code(ada)))
  t.ok(codes.every((one) => one === 200))
  t.same(asked, [`${userId} 4a35ec4e-5d65-4353-87a8-63d19b3482dc`])
  t.same(paths((await ada.open('/orders')).hops), ['/orders'])

  answer = 'unknown'
  test.clock.now += hour + 1_000
  t.equal(await code(ada), 200, 'a grace')
  test.clock.now += hour
  t.equal(await code(ada), 'interaction_required', 'that ends')

  answer = 'gone'
  test.clock.now += minute
  t.equal(await code(ada), 'unauthenticated')
  t.same(test.ended, [{ userId, reason: 'account_gone' }])
  t.equal(await code(elsewhere), 'unauthenticated', 'and the sessions of all browsers are over')
  t.equal(asked.length, 4, 'it was not asked about that one')

  await ada.signIn('ada')
  answer = 'cannot_ask'
  test.clock.now += hour + 1_000
  t.same(paths((await ada.open('/orders')).hops), silently, 'without a token the browser goes')
})

t.test('signing out works for whoever waits to be confirmed, and the way to Microsoft as well', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const out = await ada.post('/auth/logout', { at: 'microsoft' })
  t.match(out.hops[1], 'logout_hint=O.')
  t.ok(test.events.includes('signed_out'))
  t.match(await test.rows(), /"sessions",\n +\[\]/)
})

t.test('where sign-ins are switched off sessions live on', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const secrets = ['test-secret-of-at-least-32-characters']
  const test = await setUp(t, { database, secrets })
  const ada = createPerson(test)
  await ada.signIn('ada')
  const off = await setUp(t, { database, secrets, enabled: false })
  off.clock.now += 5 * hour
  const answer = await off.app.inject({ url: '/me', headers: { accept: 'application/json', 'x-forwarded-proto': 'https', cookie: ada.cookie() } })
  t.equal(answer.statusCode, 200)
})

t.test('a server without sessions confirms none', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const start = await test.app.inject({ url: '/auth/microsoft/login?prompt=none', headers: { ...navigation, cookie: ada.cookie() } })
  const state = new URL(start.headers.location!).searchParams.get('state')!
  const attempt = String(start.headers['set-cookie']).split(';')[0]!
  signInOf(test.app).settleConfirmation = null
  signInOf(test.app).sessionOf = null
  const arrived = await test.app.inject({ url: `/auth/microsoft/callback?state=${state}&code=x`, headers: { ...navigation, cookie: `${ada.cookie()}; ${attempt}` } })
  t.equal(arrived.headers.location, '/auth/error?error=session_mismatch')
})

t.test('an option that would never count is refused', async (t) => {
  await t.rejects(httpsApp(t, { revalidateEvery: 7 * 24 * hour }), { message: /"revalidateEvery" \(604800000\) is not shorter than "absoluteTimeout" \(604800000\)/ })
  await t.rejects(httpsApp(t, { revalidateEvery: 1_000 }), { message: /"revalidateEvery" must be milliseconds from 60000/ })
})

/** Starts a silent sign-in, and gives the cookies that its callback comes with. */
async function startSilently ({ app }: TestApp, cookie: string): Promise<{ asked: URL, cookies: string }> {
  const start = await app.inject({ url: '/auth/microsoft/login?prompt=none&return_to=%2Forders', headers: { ...navigation, cookie } })
  return { asked: new URL(start.headers.location!), cookies: `${cookie}; ${String(start.headers['set-cookie']).split(';')[0]!}` }
}

t.test('what Microsoft says to this server itself ends all sessions of an account that is gone', async (t) => {
  const test = await setUp(t)
  const [ada, elsewhere, pat] = [createPerson(test), createPerson(test), createPerson(test)]
  await ada.signIn('ada')
  await elsewhere.signIn('ada')
  await pat.signIn('pat')
  test.clock.now += hour + 1_000
  signInOf(test.app).client!.redeem = async () => { throw refuse('invalid_state', { reason: 'token_invalid_grant', aadsts: 50057 }) }
  t.match((await ada.open('/orders')).hops.at(-1), '/auth/sign-in?')
  t.match(test.ended, [{ reason: 'account_gone' }])
  t.equal(await code(elsewhere), 'unauthenticated')
  t.equal(await code(pat), 'interaction_required', 'and nobody else\'s')
})

t.test('a session that ends while its confirmation is on the last step does not come back', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const signIn = signInOf(test.app)
  const { link } = signIn
  signIn.link = async (request, verified) => {
    const linked = await link!(request, verified)
    await test.app.sessions.signOutEverywhere(linked.row === 'C1' ? '' : linked.user.id)
    return linked
  }
  t.match((await ada.open('/orders')).hops.at(-1), '/auth/sign-in?')
  t.match(await test.rows(), /"sessions",\n +\[\]/)
})

t.test('a refusal that comes after another tab was confirmed ends nothing', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const { asked, cookies } = await startSilently(test, ada.cookie())
  t.equal((await ada.open('/orders')).body, 'Ada Lovelace')
  const late = await test.app.inject({ url: `/auth/microsoft/callback?state=${asked.searchParams.get('state')}&error=login_required`, headers: { ...navigation, cookie: cookies } })
  t.equal(late.headers.location, '/orders')
  t.equal(await code(ada), 200)
})

t.test('where the page may be returned to no more, it ends at the default', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const { asked, cookies } = await startSilently(test, ada.cookie())
  signInOf(test.app).allowedReturnTarget = () => null
  const back = await test.app.inject({ url: `/auth/microsoft/callback?state=${asked.searchParams.get('state')}&error=login_required`, headers: { ...navigation, cookie: cookies } })
  t.equal(back.headers.location, '/auth/account')
})

t.test('another account whose sign-in the application takes back reads why', async (t) => {
  let refuses = false
  const test = await setUp(t, { onSignIn: () => { if (refuses) throw refuse('tenant_not_allowed', 'not_ours') } })
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  refuses = true
  const { asked, cookies } = await startSilently(test, ada.cookie())
  asked.searchParams.delete('login_hint')
  asked.searchParams.delete('prompt')
  const picked = await test.simulator.fetch(asked, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'simulator_account=pat' })
  const callback = new URL(picked.headers.get('location')!)
  const answer = await test.app.inject({ url: callback.pathname + callback.search, headers: { ...navigation, cookie: cookies } })
  t.equal(answer.headers.location, '/auth/error?error=tenant_not_allowed')
  t.match(await test.rows(), /"sessions",\n +\[\]/)
})

t.test('without the claims that are asked for in the portal, the only account that is signed in is meant', async (t) => {
  const test = await httpsApp(t, { revalidateEvery: hour }, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], optionalClaims: [] } })
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const visit = await ada.open('/auth/account')
  t.equal(new URL(visit.hops[2]!).searchParams.has('login_hint'), false)
  t.equal(await code(ada), 200)
  await ada.signIn('pat')
  test.clock.now += hour + 1_000
  t.match((await ada.open('/auth/account')).hops.at(-1), '/auth/sign-in', 'of two nobody knows which one')
  t.match(test.log(), /"aadsts":16000/)
})

t.test('a session that another server ended while Microsoft was asked is not confirmed (S07)', async (t) => {
  const test = await setUp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour + 1_000
  const start = await test.app.inject({ url: '/auth/microsoft/login?prompt=none&return_to=/home', headers: { ...navigation, cookie: ada.cookie() } })
  const state = new URL(start.headers.location!).searchParams.get('state')!
  const attempt = String(start.headers['set-cookie']).split(';')[0]!
  await signInOf(test.app).database.run((db) => db.deleteFrom('sessions').execute())
  const arrived = await test.app.inject({ url: `/auth/microsoft/callback?state=${state}&code=x`, headers: { ...navigation, cookie: `${ada.cookie()}; ${attempt}` } })
  t.equal(arrived.headers.location, '/home')
  t.match(test.log(), '"reason":"session_ended"')
  t.equal(test.simulator.requests.token, 1, 'the code is not even sent')
})

import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { takesLong } from '../patient.ts'
import { navigation } from './app.ts'
import { ask, keepingApp, minute, rowsOf, tokenOf, whoIs } from './keeping.ts'
import type { Simulator } from '../../plugins/simulator.ts'

takesLong()

const twoHours = 120 * minute

t.test('where the person has to come again, the page sends them; where the refresh token is dead it goes', async (t) => {
  const cases: Array<[what: string, happen: (simulator: Simulator) => void, aadsts: number, stays: boolean]> = [
    ['a second factor', (simulator) => simulator.requireInteraction('ada'), 50076, true],
    ['an enrolment', (simulator) => simulator.requireInteraction('ada', 50079), 50079, true],
    ['a token too old for a policy', (simulator) => simulator.requireInteraction('ada', 70043), 70043, false],
    ['a changed password', (simulator) => simulator.revokeSessions('ada'), 50173, false]
  ]
  for (const [what, happen, aadsts, stays] of cases) {
    const test = await keepingApp(t)
    const { cookie } = await test.simulator.signIn(test.app, 'ada')
    happen(test.simulator)
    test.clock.now += twoHours
    const answer = await ask(test, cookie, '', navigation)
    t.equal(answer.statusCode, 303, what)
    t.match(test.log(), `"aadsts":${aadsts}`, what)
    t.equal((await rowsOf(test)).length, stays ? 1 : 0, what)
    const back = await test.simulator.signIn(test.app, 'ada', { cookie, query: Object.fromEntries(new URL(answer.headers.location!).searchParams) })
    t.equal(back.location, '/token', what)
    test.clock.now += twoHours
    t.equal((await whoIs(test, await tokenOf(test, back.cookie))).status, 200, `${what}: and then it goes on`)
  }
})

t.test('a refresh token that nobody used for 90 days is dead', async (t) => {
  const test = await keepingApp(t)
  await test.simulator.signIn(test.app, 'ada')
  const [row] = await rowsOf(test)
  test.clock.now += 91 * 24 * 60 * minute
  await t.rejects(test.app.microsoft.accessToken(row!, ['User.Read']), { code: 'interaction_required', detail: { aadsts: 700082 } })
  t.same(await rowsOf(test), [])
})

t.test('who was disabled at Microsoft is told so, and the tokens go', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.simulator.disable('ada')
  t.ok(await tokenOf(test, cookie), 'a token that has not ended is still given')
  test.clock.now += twoHours
  t.match((await ask(test, cookie)).json(), { statusCode: 403, code: 'account_disabled' })
  t.same(await rowsOf(test), [])
  await t.rejects(test.simulator.signIn(test.app, 'ada'), { message: /AADSTS50057/ })
  test.simulator.enable('ada')
  t.ok(await tokenOf(test, (await test.simulator.signIn(test.app, 'ada')).cookie))
})

t.test('while Microsoft is down a token that has not ended is given, and the tokens stay', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const first = await tokenOf(test, cookie)
  const signIn = signInOf(test.app)
  const client = signIn.client!
  for (const failure of [refuse('provider_unavailable', 'token_status_503'), refuse('provider_timeout', 'token_timeout'), refuse('provider_error', { reason: 'token_invalid_client', aadsts: 7000222 })]) {
    signIn.client = { ...client, refresh: async () => { throw failure } }
    test.clock.now += minute
    t.equal(await tokenOf(test, cookie, '?scope=User.Read'), first)
  }
  test.clock.now += 3_599_000 - 4 * minute
  t.equal(await tokenOf(test, cookie), first, 'also in its last minutes')
  t.equal((await ask(test, cookie, '?force=1')).json().code, 'provider_error', 'but not to whom the API has refused it')
  test.clock.now += minute
  t.match((await ask(test, cookie)).json(), { statusCode: 502, code: 'provider_error' }, 'one that has ended is not')
  t.equal((await rowsOf(test)).length, 1)
  signIn.client = client
  t.not(await tokenOf(test, cookie), first, 'and it heals')
})

t.test('Microsoft is left alone for as long as it said, or for five seconds', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const vera = await test.simulator.signIn(test.app, 'vera')
  test.clock.now += twoHours
  const signIn = signInOf(test.app)
  const client = signIn.client!
  let asked = 0
  const fail = (retryAfter?: number): void => {
    signIn.client = {
      ...client,
      refresh: async () => {
        asked++
        throw refuse('provider_unavailable', { reason: 'token_status_429', retryAfter })
      }
    }
  }
  fail(30)
  t.match((await ask(test, cookie)).json(), { statusCode: 503, code: 'provider_unavailable' })
  test.clock.now += 29_999
  await ask(test, cookie)
  t.equal(asked, 1)
  await ask(test, vera.cookie)
  t.equal(asked, 2, 'others have their own turn')
  test.clock.now += 1
  fail()
  await ask(test, cookie)
  t.equal(asked, 3)
  test.clock.now += 4_999
  await ask(test, cookie)
  t.equal(asked, 3)
  test.clock.now += 1
  signIn.client = client
  t.equal((await ask(test, cookie)).statusCode, 200)
})

t.test('a person who agrees to less is asked again by Microsoft, and never sent to and fro without a word', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { query: { provider_scopes: 'Mail.Read' } })
  test.clock.now += twoHours
  test.simulator.setTokenResponseHook((body) => ({ ...body, scope: 'User.Read' }))
  const url = new URL((await ask(test, cookie, '?scope=Mail.Read User.Read'.replaceAll(' ', '%20'))).json().url)
  t.match(Object.fromEntries(url.searchParams), { provider_scopes: 'Mail.Read User.Read', prompt: 'consent', login_hint: /^O\./ })
  t.equal(test.simulator.requests.refresh, 1)
  t.equal((await whoIs(test, await tokenOf(test, cookie))).status, 200, 'what was granted is kept')
  t.equal(test.simulator.requests.refresh, 1)
})

t.test('without a refresh token the access token is all there is', async (t) => {
  const test = await keepingApp(t)
  test.simulator.setTokenResponseHook(({ refresh_token: _, ...body }) => body)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.ok(await tokenOf(test, cookie))
  test.clock.now += twoHours
  await t.rejects(test.app.microsoft.accessToken((await rowsOf(test))[0]!, ['User.Read']), { code: 'interaction_required', detail: { reason: 'no_refresh_token' } })
  t.equal((await ask(test, cookie)).json().code, 'interaction_required')
})

t.test('a clock that jumps makes no token immortal, and signs nobody off (D22)', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { tid, oid } = (await rowsOf(test))[0]!
  const now = async (): Promise<string> => await test.app.microsoft.accessToken({ tid, oid }, ['User.Read'])
  t.ok(cookie)
  const first = await now()
  test.clock.now -= twoHours
  const second = await now()
  t.not(second, first, 'how old it is nobody knows')
  t.equal(await now(), second)
  test.clock.now += 2 * twoHours
  const third = await now()
  t.not(third, second)
  test.clock.now -= twoHours
  t.not(await now(), third)
  t.equal(test.simulator.requests.refresh, 3)
})

t.test('a database that is down is store_unavailable, and nothing is lost', async (t) => {
  const test = await keepingApp(t, { sessionCache: 60_000 })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { tid, oid } = (await rowsOf(test))[0]!
  t.ok(cookie)
  test.clock.now += twoHours
  const { failStatement } = await import('../store/fail-statement.ts')
  for (let number = 1; number <= 3; number++) {
    const { restore, hasFailed } = failStatement(t, { name: 'sqlite' }, number)
    await t.rejects(test.app.microsoft.accessToken({ tid, oid }, ['User.Read']), { code: 'store_unavailable' }, `statement ${number}`)
    restore()
    t.ok(hasFailed())
    t.equal((await rowsOf(test)).length, 1)
  }
  t.equal(test.simulator.requests.refresh, 1, 'the answer that could not be written is lost')
  t.ok(await test.app.microsoft.accessToken({ tid, oid }, ['User.Read']))
  t.equal(test.simulator.requests.refresh, 2, 'and the refresh token of before is as good')
})

t.test('with sign-ins switched off, what is kept is given and nothing is refreshed', async (t) => {
  const on = await keepingApp(t)
  await on.simulator.signIn(on.app, 'ada')
  const [row] = await rowsOf(on)
  const off = await keepingApp(t, { enabled: false })
  await signInOf(off.app).database.run(async (db) => await db.insertInto('tokens').values(row!).execute())
  t.ok(await off.app.microsoft.accessToken(row!, ['User.Read']))
  off.clock.now += twoHours
  await t.rejects(off.app.microsoft.accessToken(row!, ['User.Read']), { code: 'FST_ENTRA_CONFIGURATION', message: /"enabled" is false/ })
})

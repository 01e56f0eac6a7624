import t, { type Test } from 'tap'
import { httpsApp, program, type TestApp } from './app.ts'

const hour = 3_600_000

/** Ada is signed in, her tokens are kept, and her account is to be confirmed again by now. */
async function dueAda (t: Pick<Test, 'teardown'>): Promise<TestApp & { ask: () => Promise<number>, refreshes: () => number }> {
  const test = await httpsApp(t, { keepTokens: true, revalidateEvery: hour })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += hour + 1_000
  return {
    ...test,
    ask: async () => (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode,
    refreshes: () => test.simulator.requests.refresh
  }
}

t.test('with kept tokens Microsoft is asked without the person, once for all requests that come at a time', async (t) => {
  const { ask, refreshes, simulator } = await dueAda(t)
  t.same(new Set(await Promise.all(Array.from({ length: 20 }, ask))), new Set([200]))
  t.equal(refreshes(), 1)
  t.equal(await ask(), 200)
  t.equal(refreshes(), 1, 'and not again for an hour')
  t.equal(simulator.requests.authorize, 1, 'the person was not asked')
})

t.test('whose account was disabled at Microsoft, or all that was granted revoked, is signed out here', async (t) => {
  for (const leave of ['disable', 'revokeSessions'] as const) {
    const { ask, simulator, app } = await dueAda(t)
    simulator[leave]('ada')
    t.equal(await ask(), 401, leave)
    const [ada] = await app.audit.list({ type: 'sessions_ended' })
    t.equal(ada?.reason, 'account_gone')
  }
})

t.test('while Microsoft cannot be asked a session goes on for one more hour, and no longer', async (t) => {
  const { ask, clock, simulator, app } = await dueAda(t)
  await app.microsoft.accessToken(simulator.accounts.find(({ key }) => key === 'ada')!, ['openid'])
  simulator.setTokenResponseHook(() => ({ nothing: 'of use' }))
  t.equal(await ask(), 200, 'a malformed answer says nothing about the account')
  clock.now += hour
  t.equal(await ask(), 401, 'but nobody stays for ever by it')
  simulator.setTokenResponseHook(null)
  clock.now += 60_000
  t.equal(await ask(), 200, 'it heals by itself')
})

t.test('whoever has to show a second factor is sent to Microsoft, and nobody is signed out for it', async (t) => {
  const { ask, simulator, app } = await dueAda(t)
  simulator.requireInteraction('ada')
  t.equal(await ask(), 401)
  t.same(await app.audit.list({ type: 'sessions_ended' }), [])
})

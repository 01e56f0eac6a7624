import t from 'tap'
import type { AuthEvent } from '../../src/core/events.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, navigation, program } from './app.ts'
import { form, keyOf, me, ownPage, post, session, unlinkPath, usersOf } from './identities.ts'

t.test('an identity that is not one\'s own is not unlinked, whatever is sent', async (t) => {
  const test = await httpsApp(t)
  await test.simulator.signIn(test.app, 'mallory')
  const elsewhere = await test.simulator.signIn(test.app, 'ada')
  const ada = await test.simulator.signIn(test.app, 'ada')
  await test.simulator.link(test.app, 'pat', { cookie: ada.cookie })
  const before = await test.rows()
  const { tid, oid } = keyOf('pat')
  for (const body of [{}, keyOf('mallory'), { tid }, { oid }, { tid, oid: keyOf('ada').oid }, { tid: [tid], oid }, { tid: { $gt: '' }, oid }, { tid: `${tid}\u0000`, oid }, { tid: ` ${tid}`, oid }, { tid: null, oid }, [tid, oid]]) {
    t.match((await post(test, unlinkPath, ada.cookie, ownPage, body)).json(), { statusCode: 400, code: 'invalid_request' }, JSON.stringify(body))
  }
  t.equal((await post(test, unlinkPath, ada.cookie, { ...ownPage, ...form }, `tid=${tid}&tid=${tid}&oid=${oid}`)).statusCode, 400)
  t.equal(await test.rows(), before)
  t.equal((await me(test, elsewhere.cookie)).statusCode, 200, 'no session ended')
  t.equal((await post(test, unlinkPath, ada.cookie, ownPage, { tid: tid.toUpperCase(), oid })).statusCode, 204)
})

t.test('whoever unlinks stays signed in, and is signed out everywhere else (L17)', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  const events: AuthEvent[] = []
  const ada = await test.simulator.signIn(test.app, 'ada')
  await test.simulator.link(test.app, 'pat', { cookie: ada.cookie })
  const byPat = await test.simulator.signIn(test.app, 'pat')
  const byAda = await test.simulator.signIn(test.app, 'ada')
  const mallory = await test.simulator.signIn(test.app, 'mallory')
  signInOf(test.app).listen(async (event) => { events.push(event) })
  const answer = await post(test, unlinkPath, ada.cookie, { ...navigation, 'sec-fetch-site': 'same-origin', ...form }, new URLSearchParams(keyOf('pat')).toString())
  t.match({ statusCode: answer.statusCode, location: answer.headers.location }, { statusCode: 303, location: '/auth/account' })
  t.same(await Promise.all([ada, byPat, byAda, mallory].map(async ({ cookie }) => (await me(test, cookie)).statusCode)), [200, 401, 401, 200])
  const [userId] = await usersOf(test, 'ada')
  t.match(events, [{ type: 'identity_unlinked', userId, identity: keyOf('pat') }, { type: 'identifier_removed', userId, address: 'pat@outlook.example' }])
  t.equal((await usersOf(test, 'pat'))[0], undefined)
  t.not((await me(test, (await test.simulator.signIn(test.app, 'pat')).cookie)).json().id, userId, 'and is somebody new who signs in by it')
})

t.test('a sign-in that is under way while its identity goes gets no session (L17)', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  await test.simulator.link(test.app, 'pat', { cookie })
  const [userId] = await usersOf(test, 'ada')
  const signIn = signInOf(test.app)
  const { link } = signIn
  signIn.link = async (request, verified) => {
    const linked = await link!(request, verified)
    await test.app.accounts.unlink(userId!, keyOf('pat'))
    return linked
  }
  const late = await test.simulator.signIn(test.app, 'pat', { headers: program })
  t.equal(late.response.json().code, 'account_disabled')
  t.equal(late.cookies[session], undefined)
  t.match(await test.rows(), /\[\n +"sessions",\n +\[\]\n +\]/)
  signIn.link = link
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
})

t.test('the last way in stays, also where two are given up at once (L15)', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows()
  t.match((await post(test, unlinkPath, cookie, ownPage, keyOf('ada'))).json(), { statusCode: 409, code: 'last_identity' })
  t.equal(await test.rows(), before)
  await test.simulator.link(test.app, 'pat', { cookie })
  const answers = await Promise.all(['ada', 'pat'].map(async (account) => await post(test, unlinkPath, cookie, ownPage, keyOf(account))))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [204, 409])
  t.equal(answers.find(({ statusCode }) => statusCode === 409)!.json().code, 'last_identity')
  t.equal((await usersOf(test, 'ada', 'pat')).filter((id) => id !== undefined).length, 1)
  t.equal((await me(test, cookie)).statusCode, 200)
})

t.test('an application may say that there is another door; where it fails, or says something else, there is none', async (t) => {
  let answer: () => unknown = () => { throw new Error('ada@contoso.example has no password') }
  const asked: string[] = []
  const test = await httpsApp(t, { hasOtherWayIn: (userId) => { asked.push(userId); return answer() as boolean } })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const [id] = await usersOf(test, 'ada')
  for (const said of [answer, () => { throw null }, async () => await Promise.reject(new Error('x')), () => 'yes', () => 1, () => undefined, () => false]) { // eslint-disable-line no-throw-literal
    answer = said
    t.equal((await post(test, unlinkPath, cookie, ownPage, keyOf('ada'))).json().code, 'last_identity')
  }
  t.match(test.log(), '\\"hasOtherWayIn\\" failed')
  t.notMatch(test.log(), 'has no password')
  t.match(asked, Array.from({ length: 7 }, () => id))
  answer = async () => true
  const page = await test.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  t.match(page.body, unlinkPath)
  t.equal((await post(test, unlinkPath, cookie, ownPage, keyOf('ada'))).statusCode, 204)
  t.equal((await test.app.accounts.identities(id!)).length, 0)
})

t.test('another door that gives no answer is none, and nobody waits for it for ever', async (t) => {
  let answer = async (): Promise<boolean> => await new Promise(() => {})
  const test = await httpsApp(t, { hasOtherWayIn: async () => await answer(), hasOtherWayInTimeout: 20 })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.match((await post(test, unlinkPath, cookie, ownPage, keyOf('ada'))).json(), { statusCode: 409, code: 'last_identity' })
  t.match(test.log(), /"failure":"TimedOut".*\\"hasOtherWayIn\\" failed/)
  answer = async () => true
  t.equal((await post(test, unlinkPath, cookie, ownPage, keyOf('ada'))).statusCode, 204)
  await t.rejects(httpsApp(t, { hasOtherWayInTimeout: 0 }), { message: /"hasOtherWayInTimeout"/ })
})

t.test('an identity of a tenant that may not sign in any more is no way in', async (t) => {
  const secrets = ['one-secret-for-two-servers-of-32-chars']
  const database = `${t.testdir()}/x.sqlite`
  const all = await httpsApp(t, { secrets, database })
  const { cookie } = await all.simulator.signIn(all.app, 'ada')
  await all.simulator.link(all.app, 'pat', { cookie })
  const narrowed = await httpsApp(t, { secrets, database, allowedTenants: [keyOf('ada').tid] })
  t.equal((await post(narrowed, unlinkPath, cookie, ownPage, keyOf('ada'))).json().code, 'last_identity')
  t.equal((await post(narrowed, unlinkPath, cookie, ownPage, keyOf('pat'))).statusCode, 204)
})

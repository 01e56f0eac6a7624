import t from 'tap'
import { httpsApp, navigation, program } from './app.ts'
import { callback, form, keyOf, linkPath, me, ownPage, post, session, unlinkPath, usersOf } from './identities.ts'

t.test('linking and unlinking need somebody who signed in within ten minutes (L21)', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (const path of [linkPath, unlinkPath]) {
    t.match((await post(test, path, '')).json(), { statusCode: 401, code: 'unauthenticated' })
    t.match((await post(test, path, `${session}=forged.x`)).json(), { statusCode: 401, code: 'unauthenticated' })
  }
  test.clock.now += 600_000
  t.equal((await post(test, linkPath, cookie)).statusCode, 200, 'ten minutes are recent')
  test.clock.now += 1
  const before = await test.rows()
  for (const path of [linkPath, unlinkPath]) {
    const answer = await post(test, path, cookie, ownPage, keyOf('ada'))
    t.match(answer.json(), { statusCode: 403, code: 'reauth_required' })
    t.equal(answer.headers['set-cookie'], undefined)
  }
  t.equal(await test.rows(), before)

  const asPage = await post(test, linkPath, cookie, { ...navigation, 'sec-fetch-site': 'same-origin', ...form }, '')
  t.match({ statusCode: asPage.statusCode, location: asPage.headers.location }, { statusCode: 303, location: '/auth/error?error=reauth_required' })
  const page = await test.app.inject({ url: asPage.headers.location!, headers: { ...navigation, cookie } })
  t.match(page.body, /Sign in again[^]*href="\/auth\/sign-in\?return_to=%2Fauth%2Faccount&amp;prompt=login"/)

  const again = await test.simulator.signIn(test.app, 'ada', { cookie, query: { prompt: 'login', return_to: '/auth/account' } })
  t.equal(again.location, '/auth/account')
  t.equal((await post(test, linkPath, again.cookie)).statusCode, 200, 'whoever signs in again may')
})

t.test('content types that a form of another site could send, or that parsers read differently, are refused (O35)', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (const path of [linkPath, unlinkPath]) {
    for (const contentType of ['text/plain', 'application/json\t', ' text/plain', 'application/json garbage', 'application/jsonx', 'multipart/form-data; boundary=x']) {
      t.equal((await post(test, path, cookie, { ...ownPage, 'content-type': contentType }, JSON.stringify({ prompt: 'x', ...keyOf('ada') }))).statusCode, 415, contentType)
    }
    t.equal((await post(test, path, cookie, { ...ownPage, 'content-type': 'APPLICATION/JSON ;x' }, '{"prompt":"x","tid":"x"}')).statusCode, 400, 'or what is in them is checked all the same')
    t.equal((await post(test, path, cookie, { ...ownPage, 'content-type': 'application/json' }, `"${'x'.repeat(20_000)}"`)).statusCode, 413)
  }
  t.equal((await test.app.accounts.identities((await me(test, cookie)).json().id)).length, 1)
})

t.test('where sign-ins are switched off nobody links, and everybody still sees and unlinks', async (t) => {
  const secrets = ['one-secret-for-two-servers-of-32-chars']
  const database = `${t.testdir()}/x.sqlite`
  const on = await httpsApp(t, { secrets, database })
  const { cookie } = await on.simulator.signIn(on.app, 'ada')
  await on.simulator.link(on.app, 'pat', { cookie })
  const off = await httpsApp(t, { secrets, database, enabled: false })
  t.equal((await post(off, linkPath, cookie)).statusCode, 404)
  const page = await off.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  t.notMatch(page.body, linkPath)
  t.match(page.headers['content-security-policy'], "form-action 'self' https://login.microsoftonline.com https://login.live.com;", 'signing out there is possible all the same')
  t.equal((await post(off, unlinkPath, cookie, ownPage, keyOf('pat'))).statusCode, 204)
})

t.test('the list has one\'s own identities, and nothing for anybody else', async (t) => {
  const test = await httpsApp(t)
  const list = async (cookie: string) => await test.app.inject({ url: '/auth/identities', headers: { ...program, cookie } })
  t.match((await list('')).json(), { statusCode: 401, code: 'unauthenticated' })
  await test.simulator.signIn(test.app, 'mallory')
  const at = test.clock.now
  const ada = await test.simulator.signIn(test.app, 'ada')
  await test.simulator.link(test.app, 'noel', { cookie: ada.cookie })
  const answer = await list(ada.cookie)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.same(answer.json().sort((a: { current: boolean }) => a.current ? -1 : 1), [
    { ...keyOf('ada'), displayName: 'Ada Lovelace', preferredUsername: 'ada@contoso.example', email: { address: 'ada@contoso.example', score: 90, verified: true }, createdAt: at, lastSignInAt: at, current: true },
    { ...keyOf('noel'), displayName: 'Noel Nomail', preferredUsername: 'noel@contoso.example', email: null, createdAt: at, lastSignInAt: at, current: false }
  ])
})

t.test('the buttons of the account page do what they say, without script', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true })
  const browser = { ...navigation, 'sec-fetch-site': 'same-origin' }
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0' } })
  await test.simulator.signIn(test.app, 'ada')
  const elsewhere = await test.simulator.signIn(test.app, 'ada')
  const open = async () => await test.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  /** Presses the first button with this text. */
  const press = async (text: string) => {
    const { body } = await open()
    const forms = [...body.matchAll(/<form method="post" action="([^"]+)">([^]*?)<\/form>/g)]
    const [, action, inside] = forms.find(([, , content]) => content!.includes(text))!
    const fields = [...inside!.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]): [string, string] => [name!, value!])
    return await test.app.inject({ method: 'POST', url: action!, headers: { ...browser, ...form, cookie }, payload: new URLSearchParams(fields).toString() })
  }

  const page = await open()
  t.match(page.headers['content-security-policy'], "form-action 'self' https://login.microsoftonline.com https://login.live.com;")
  for (const part of ['It is the last way to sign in', 'ada@contoso.example', 'domain_owner_verified', 'Firefox on Linux', '>this one<']) t.match(page.body, part)
  t.notMatch(page.body, '<script')

  const away = await press('Link another Microsoft account')
  t.equal(away.statusCode, 303)
  t.match(away.headers.location, 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize?')
  const attempt = String(away.headers['set-cookie']).split(';')[0]
  const picked = await test.simulator.fetch(away.headers.location!, { method: 'POST', body: new URLSearchParams({ simulator_account: 'pat' }), redirect: 'manual' })
  t.equal((await callback(test, new URL(picked.headers.get('location')!).search, `${cookie}; ${attempt}`, navigation)).headers.location, '/auth/account')
  t.match((await open()).body, 'pat@outlook.example')

  t.equal((await press('aria-label="Sign out ')).headers.location, '/auth/account')
  t.equal((await press('Sign out everywhere else')).headers.location, '/auth/account')
  t.equal((await me(test, elsewhere.cookie)).statusCode, 401)
  t.notMatch((await open()).body, 'Sign out everywhere else')
  t.equal((await press('aria-label="Unlink pat')).headers.location, '/auth/account')
  t.notMatch((await open()).body, 'pat@outlook.example')
  t.equal((await press('Sign out')).headers.location, '/auth/sign-in?signed_out=1')
  t.equal((await open()).headers.location, '/auth/sign-in')
})

t.test('the forms may also end at an error page elsewhere', async (t) => {
  const test = await httpsApp(t, { errorRedirectUrl: 'https://www.example/oops' })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const page = await test.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  t.match(page.headers['content-security-policy'], "form-action 'self' https://login.microsoftonline.com https://login.live.com https://www.example;")
})

t.test('paths are options, and no sign-in ends at one that only takes POST', async (t) => {
  const test = await httpsApp(t, { linkPath: '/ways/add', unlinkPath: '/ways/remove', identitiesPath: '/ways' })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.simulator.link(test.app, 'pat', { cookie, linkPath: '/ways/add' })).location, '/auth/account')
  t.equal((await test.app.inject({ url: '/ways', headers: { ...program, cookie } })).json().length, 2)
  t.equal((await post(test, '/ways/remove', cookie, ownPage, keyOf('pat'))).statusCode, 204)
  t.equal((await post(test, linkPath, cookie)).statusCode, 404)
  for (const path of ['/ways/add', '/ways/remove']) t.equal((await post(test, '/ways/add', cookie, ownPage, { return_to: path })).json().code, 'redirect_not_allowed')
  await t.rejects(httpsApp(t, { linkPath: 'link' }), { message: /option "linkPath" must be a plain path/ })
})

t.test('an export of a user has the sessions, without what they are kept under', async (t) => {
  const test = await httpsApp(t)
  await test.simulator.signIn(test.app, 'mallory')
  await test.simulator.signIn(test.app, 'ada')
  const [id] = await usersOf(test, 'ada')
  const { sessions, audit } = await test.app.accounts.export(id!)
  t.same(sessions, [{ createdAt: test.clock.now, lastSeenAt: test.clock.now, device: null }])
  t.type(audit, Array)
})

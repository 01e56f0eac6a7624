import t from 'tap'
import { createSsoSessions } from '../../src/simulator/sso.ts'
import { carried, form, redirectUri, simulate, type Simulated, startOfTime, testEnvironment, webApp } from './simulated.ts'

const frontChannel = 'https://app.example/front-channel-logout'
const application = { ...webApp, optionalClaims: new Set(['sid', 'login_hint', 'auth_time']), frontChannelLogout: { url: frontChannel } }
const minute = 60_000

function setUp () {
  const simulated = simulate({ applications: [application] })
  return { ...simulated, browser: createBrowser(simulated) }
}

/** A browser that keeps the simulator's cookie. */
function createBrowser ({ authorize, send, redeem }: Simulated) {
  let cookie: string | undefined
  const keep = <Answer extends { headers: Readonly<Record<string, string>> }>(answer: Answer): Answer => {
    cookie = answer.headers['set-cookie']?.split(';')[0] ?? cookie
    return answer
  }
  return {
    cookie: () => cookie,
    ask: async (parameters = {}) => keep(await authorize(parameters, { cookie })),
    pick: async (account: string, parameters = {}) => keep(await authorize(parameters, { ...form({ simulator_account: account }), cookie })),
    logout: async (parameters: Record<string, string> = {}, fields?: Record<string, string>) =>
      keep(await send('logout', { query: new URLSearchParams(parameters).toString(), cookie, ...(fields && form(fields)) })),
    claims: async (answer: Parameters<typeof carried>[0]): Promise<Record<string, unknown>> => {
      const { id_token: token } = JSON.parse((await redeem({ code: carried(answer).code })).body)
      return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
    }
  }
}

t.test('prompt=none signs in whoever is signed in, with the same session and the time when it began', async (t) => {
  const { browser, environment } = setUp()
  const first = await browser.claims(await browser.pick('ada'))
  t.match(first, { sid: /^[0-9a-f-]{36}$/, auth_time: startOfTime / 1_000, login_hint: /^O\./ })
  environment.time += 30 * minute
  const again = await browser.claims(await browser.ask({ prompt: 'none' }))
  t.match(again, { sid: first.sid, auth_time: startOfTime / 1_000, login_hint: first.login_hint, iat: environment.time / 1_000 - 300 })
})

t.test('without anybody signed in, with several, or where something is to be asked, it says so', async (t) => {
  const { browser, engine } = setUp()
  const refusal = async (parameters = {}) => carried(await browser.ask({ prompt: 'none', ...parameters }))
  t.match(await refusal(), { error: 'login_required', error_description: /^AADSTS50058/, state: 'the-state' })
  await browser.pick('ada')
  t.match(await refusal({ login_hint: 'vera@contoso.example' }), { error: 'login_required' })
  await browser.pick('vera')
  t.match(await refusal(), { error: 'interaction_required', error_description: /^AADSTS16000/ })
  t.ok(carried(await browser.ask({ prompt: 'none', login_hint: 'VERA@contoso.example' })).code, 'a hint says which one')
  engine.standings.setDisabled('vera', true)
  t.match(await refusal({ login_hint: 'vera@contoso.example' }), { error: 'invalid_grant', error_description: /^AADSTS50057/ })
  t.match((await browser.pick('vera')).body, /AADSTS50057/, 'and whoever picks it reads it')
  engine.standings.setDisabled('vera', false)
  t.ok(carried(await browser.ask({ prompt: 'none', login_hint: 'vera@contoso.example' })).code)
  t.match(await refusal({ login_hint: 'vera@contoso.example', simulator_account: 'ada' }), {}, 'a choice in the address chooses nothing')
})

t.test('an account that is signed in and may not use the application is nobody there', async (t) => {
  const { browser, authorize } = setUp()
  await browser.pick('ada')
  t.match(carried(await authorize({ prompt: 'none' }, { cookie: browser.cookie(), tenant: 'consumers' })), { error: 'login_required' })
})

t.test('who has to be asked for consent is not signed in silently', async (t) => {
  const { browser } = setUp()
  const refused = await browser.pick('carl')
  t.match(carried(refused), { error: 'access_denied' })
  t.match(carried(await browser.ask({ prompt: 'none' })), { error: 'consent_required', error_description: /^AADSTS65001/ })
  t.equal((await browser.ask({ login_hint: 'carl@contoso.example' })).status, 200)
  const out = await browser.logout({ post_logout_redirect_uri: redirectUri, logout_hint: 'carl@contoso.example' })
  t.equal(out.headers.location, redirectUri, 'and the application is not told of a sign-out that is none of its own')
})

t.test('the page to pick an account still comes, and says who is signed in; only a hint passes it by', async (t) => {
  const { browser, environment } = setUp()
  const { login_hint: hint } = await browser.claims(await browser.pick('ada')) as { login_hint: string }
  const page = await browser.ask()
  t.equal(page.status, 200)
  t.equal(page.body.match(/Signed in<\/span>/g)?.length, 1)
  environment.time += minute
  t.match(await browser.claims(await browser.ask({ login_hint: hint })), { auth_time: startOfTime / 1_000 })
  for (const parameters of [{ login_hint: hint, prompt: 'login' }, { login_hint: hint, prompt: 'select_account' }, { login_hint: 'pat@outlook.example' }, { login_hint: hint.toLowerCase() }]) {
    t.equal((await browser.ask(parameters)).status, 200, JSON.stringify(parameters))
  }
})

t.test('who is signed in already and picks the account again is not asked who they are, but with prompt=login', async (t) => {
  const { browser, environment } = setUp()
  const { sid } = await browser.claims(await browser.pick('ada'))
  environment.time += 10 * minute
  t.match(await browser.claims(await browser.pick('ada')), { sid, auth_time: startOfTime / 1_000 })
  t.match(await browser.claims(await browser.pick('ada', { prompt: 'login' })), { sid, auth_time: environment.time / 1_000 })
})

t.test('nobody agrees silently to what was not asked for before, and no hint passes that question by', async (t) => {
  const { browser } = setUp()
  const { login_hint: hint } = await browser.claims(await browser.pick('ada')) as { login_hint: string }
  const more = { scope: 'openid profile email Mail.Read' }
  t.match(carried(await browser.ask({ prompt: 'none', ...more })), { error: 'consent_required', error_description: /^AADSTS65001/ })
  t.equal((await browser.ask({ login_hint: hint, ...more })).status, 200, 'the page to pick an account comes')
  await browser.pick('ada', more)
  t.ok(carried(await browser.ask({ prompt: 'none', ...more })).code)
})

t.test('max_age asks whoever is signed in for too long, and silently nobody', async (t) => {
  const { browser, environment } = setUp()
  const { login_hint: hint } = await browser.claims(await browser.pick('ada')) as { login_hint: string }
  environment.time += 10 * minute
  t.ok(carried(await browser.ask({ prompt: 'none', max_age: '600' })).code)
  t.match(carried(await browser.ask({ prompt: 'none', max_age: '599' })), { error: 'login_required', error_description: /^AADSTS50058/ })
  t.equal((await browser.ask({ login_hint: hint, max_age: '600' })).status, 200)
  t.match(await browser.claims(await browser.pick('ada', { max_age: '60' })), { auth_time: environment.time / 1_000 })
})

t.test('each browser is on its own, and a cookie that nobody gave out is nobody\'s', async (t) => {
  const { browser, authorize, environment } = setUp()
  const answer = await browser.pick('ada')
  t.match(answer.headers['set-cookie'], /^simulator-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  for (const cookie of [undefined, '', 'simulator-session=', 'simulator-session=x', 'other=1; simulator-session=__proto__', `x${browser.cookie()}`]) {
    t.match(carried(await authorize({ prompt: 'none' }, { cookie })), { error: 'login_required' }, String(cookie))
  }
  t.ok(carried(await authorize({ prompt: 'none' }, { cookie: `entra-session=1; ${browser.cookie()}` })).code)
  const local = createSsoSessions('http://localhost:3000/microsoft-simulator', environment)
  t.match(local.signIn(undefined, { account: 'ada', clientId: 'c' }, false).setCookie, /^simulator-session-3000=[\w-]+; Path=\/microsoft-simulator; HttpOnly; SameSite=Lax$/)
  t.match(createSsoSessions('http://localhost/x', environment).signIn(undefined, { account: 'ada', clientId: 'c' }, false).setCookie, /^simulator-session-80=/)
})

t.test('browsers are forgotten, the oldest first, when there are too many', async (t) => {
  const sso = createSsoSessions('https://login.microsoftonline.com', testEnvironment())
  const cookies = Array.from({ length: 10_001 }, () => sso.signIn(undefined, { account: 'ada', clientId: 'c' }, false).setCookie)
  t.same([sso.signedInAt(cookies[0]).length, sso.signedInAt(cookies[1]).length], [0, 1])
})

t.test('signing out needs a choice, or the hint of the token, and goes by the applications that were signed in to', async (t) => {
  const { browser } = setUp()
  const { sid, login_hint: hint } = await browser.claims(await browser.pick('ada')) as { sid: string, login_hint: string }
  await browser.pick('vera')
  const target = { post_logout_redirect_uri: redirectUri, state: 's 1' }
  for (const parameters of [{}, { logout_hint: 'nobody@contoso.example' }, { logout_hint: hint.toLowerCase() }]) {
    const choice = await browser.logout({ ...target, ...parameters })
    t.match(choice.body, 'Which account do you want to sign out of?')
    t.match(choice.body, /value="ada"[^]*value="vera"/)
  }
  const out = await browser.logout({ ...target, logout_hint: hint })
  t.equal(out.status, 200)
  t.match(out.body, `<iframe src="${frontChannel}?sid=${sid}"`, 'the sid, and no iss')
  t.match(out.body, `<a class="next" href="${redirectUri}?state=s+1">`)
  t.match(out.headers['content-security-policy'], /script-src 'sha256-[^']+'; frame-src https:\/\/app\.example;/)
  t.ok(carried(await browser.ask({ prompt: 'none' })).code, 'the other account is the only one now')
  const last = await browser.logout({}, { simulator_account: 'vera' })
  t.match(last.body, 'Vera Verified is signed out')
  t.notMatch(last.body, 'class="next"')
  t.match(carried(await browser.ask({ prompt: 'none' })), { error: 'login_required' })
  t.match((await browser.logout()).body, 'Nobody was signed in')
  t.equal((await browser.logout(target)).headers.location, `${redirectUri}?state=s+1`)
  const again = await browser.claims(await browser.pick('ada'))
  t.not(again.sid, sid, 'a new session')
})

t.test('an address that is not registered is nowhere to go on to, and a choice without one has its own page', async (t) => {
  const { browser } = setUp()
  await browser.pick('ada')
  const choice = await browser.logout({ post_logout_redirect_uri: 'https://evil.example/' })
  t.match(choice.headers['content-security-policy'], /form-action 'self';/)
  const out = await browser.logout({ post_logout_redirect_uri: 'https://evil.example/', logout_hint: 'ada@contoso.example' })
  t.notMatch(out.body, 'evil.example')
})

t.test('without a front-channel logout URL the browser goes straight back', async (t) => {
  for (const frontChannelLogout of [undefined, { url: null }]) {
    const simulated = simulate({ applications: [{ ...application, frontChannelLogout }] })
    const browser = createBrowser(simulated)
    await browser.pick('ada')
    const out = await browser.logout({ post_logout_redirect_uri: redirectUri, logout_hint: 'ada@contoso.example' })
    t.equal(out.headers.location, redirectUri)
  }
})

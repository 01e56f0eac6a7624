import t, { type Test } from 'tap'
import type { AuthEvent } from '../../src/core/events.ts'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

const linkPath = '/auth/microsoft/link'
const unlinkPath = '/auth/microsoft/unlink'
const callbackPath = '/auth/microsoft/callback'
const session = '__Host-entra-session'
const ownPage = { origin: 'https://app.example' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

const keyOf = (account: string): { tid: string, oid: string } => {
  const { tid, oid } = builtInAccounts.find(({ key }) => key === account)!
  return { tid, oid }
}

async function me ({ app }: TestApp, cookie: string) {
  return await app.inject({ url: '/me', headers: { ...program, cookie } })
}

async function post ({ app }: TestApp, url: string, cookie: string, headers: Record<string, string> = ownPage, payload?: object | string) {
  return await app.inject({ method: 'POST', url, headers: { ...program, cookie, ...headers }, ...(payload === undefined ? {} : { payload }) })
}

/** Starts linking and lets somebody pick an account at Microsoft; gives the callback's query and the browser's cookies. */
async function startLink (test: TestApp, cookie: string, account: string, payload: object = {}) {
  const answer = await post(test, linkPath, cookie, ownPage, payload)
  const attempt = [answer.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]).join('; ')
  const picked = await test.simulator.fetch(answer.json().url, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
  return { answer, attempt, cookie: `${cookie}; ${attempt}`, query: new URL(picked.headers.get('location')!).search }
}

async function callback ({ app }: TestApp, query: string, cookie: string, headers: Record<string, string> = program) {
  return await app.inject({ url: callbackPath + query, headers: { ...headers, cookie } })
}

async function usersOf (test: TestApp, ...accounts: string[]): Promise<Array<string | undefined>> {
  return await Promise.all(accounts.map(async (account) => (await test.app.accounts.findByIdentity(keyOf(account)))?.id))
}

/** The callback must be refused, and leave all rows as they are but for the attempt that is used up. */
async function refusedCallback (t: Test, test: TestApp, query: string, cookie: string, code: string): Promise<void> {
  const before = await test.rows(['used_attempts'])
  const answer = await callback(test, query, cookie)
  t.equal(answer.json().code, code)
  t.equal(await test.rows(['used_attempts']), before, 'nothing changed')
}

t.test('by hand a second identity is linked: the session stays as it is, and nobody signs in', async (t) => {
  const signedIn: unknown[] = []
  const test = await httpsApp(t, { onSignIn: (_request, _reply, result) => { signedIn.push(result) } })
  const events: AuthEvent[] = []
  signInOf(test.app).listen(async (event) => { events.push(event) })
  const ada = await test.simulator.signIn(test.app, 'ada')
  const before = JSON.parse(await test.rows())
  events.length = 0

  const linked = await test.simulator.link(test.app, 'pat', { cookie: ada.cookie })
  t.match({ statusCode: linked.statusCode, location: linked.location }, { statusCode: 303, location: '/auth/account' })
  t.equal(linked.cookies[session], ada.cookies[session])
  t.notMatch(String(linked.response.headers['set-cookie']), session)
  t.same(new Map(JSON.parse(await test.rows())).get('sessions'), new Map(before).get('sessions'), 'neither a new session nor a newer sign-in')
  t.equal(signedIn.length, 1)
  t.match(events.map(({ type, row, identity }) => ({ type, row, identity })), [{ type: 'identity_linked', row: 'A5', identity: keyOf('pat') }])

  const [first, second] = await usersOf(test, 'ada', 'pat')
  t.equal(second, first)
  t.equal((await me(test, linked.cookie)).json().identity.oid, keyOf('ada').oid)
  const pat = await test.simulator.signIn(test.app, 'pat')
  t.equal((await me(test, pat.cookie)).json().id, first, 'it signs its user in')

  events.length = 0
  const again = await test.simulator.link(test.app, 'pat', { cookie: ada.cookie, fields: { return_to: '/me' } })
  t.match({ statusCode: again.statusCode, location: again.location }, { statusCode: 303, location: '/me' }, 'A4: linking it again is a success')
  t.same(events, [])
})

t.test('nobody is made to link: no image, no link, no form of another site (L18, S10)', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows()
  for (const path of [linkPath, unlinkPath]) {
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      const answer = await test.app.inject({ method, url: `${path}?prompt=none`, headers: { ...navigation, cookie, 'x-http-method-override': 'POST' } })
      t.match({ statusCode: answer.statusCode, allow: answer.headers.allow }, { statusCode: 405, allow: 'POST' }, `${method} ${path}`)
      t.equal(answer.headers['set-cookie'], undefined)
    }
    const foreign: Array<Record<string, string>> = [
      {}, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'https://sub.app.example' }, { origin: 'http://app.example' },
      { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site', ...ownPage }, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'cross-site', 'x-requested-with': 'x' }
    ]
    for (const headers of foreign) {
      const answer = await post(test, path, cookie, { ...headers, ...form }, new URLSearchParams(keyOf('ada')).toString())
      t.match(answer.json(), { statusCode: 403, code: 'cross_site_request' }, JSON.stringify(headers))
      t.equal(answer.headers['set-cookie'], undefined, 'and no attempt is started')
    }
    t.equal((await post(test, path, cookie, form, 'csrf_token=wrong')).json().code, 'cross_site_request')
  }
  t.equal(await test.rows(), before)

  const other = await test.simulator.signIn(test.app, 'ada')
  const page = await test.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  const [, token] = /name="csrf_token" value="([^"]+)"/.exec(page.body)!
  t.equal((await post(test, linkPath, other.cookie, form, `csrf_token=${token}`)).statusCode, 403, 'the token of another session')
  for (const [headers, payload] of [[form, `csrf_token=${token}`], [{ 'x-requested-with': 'curl' }], [{ 'sec-fetch-site': 'same-origin' }], [ownPage]] as const) {
    t.equal((await post(test, linkPath, cookie, headers as Record<string, string>, payload)).statusCode, 200, JSON.stringify(headers))
  }
})

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

t.test('a program is told where to go; what it asks for is checked as at the start of a sign-in', async (t) => {
  const test = await httpsApp(t, { allowedRedirectUrls: ['https://*.partner.example/app/**'] })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const answer = await post(test, linkPath, cookie, ownPage, { login_hint: 'pat@outlook.example', domain_hint: 'consumers', client_id: 'evil', redirect_uri: 'https://evil.example', state: 'fixed' })
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.match(answer.headers['set-cookie'], /^__Host-entra-attempt-[\w-]{10}=/)
  const url = new URL(answer.json().url)
  t.match(Object.fromEntries(url.searchParams), { login_hint: 'pat@outlook.example', domain_hint: 'consumers', prompt: 'select_account', redirect_uri: 'https://app.example/auth/microsoft/callback', client_id: test.simulator.clientId })
  t.not(url.searchParams.get('state'), 'fixed')
  t.equal(new URL((await post(test, linkPath, cookie, ownPage, { prompt: 'login' })).json().url).searchParams.get('prompt'), 'login')

  for (const wrong of [{ prompt: 'x' }, { login_hint: ['a', 'b'] }, { domain_hint: { $gt: '' } }, { provider: 'Other' }]) {
    t.match((await post(test, linkPath, cookie, ownPage, wrong)).json(), { statusCode: 400, code: 'invalid_request' }, JSON.stringify(wrong))
  }
  for (const target of ['https://evil.example', '//evil.example', '/auth/logout', linkPath, unlinkPath, '', 5]) {
    const refused = await post(test, linkPath, cookie, ownPage, { return_to: target })
    t.match(refused.json(), { statusCode: 400, code: 'redirect_not_allowed' }, String(target))
    t.equal(refused.headers['set-cookie'], undefined)
  }
  for (const target of ['/settings?tab=2#ways', 'https://a.partner.example/app/x']) {
    t.equal((await test.simulator.link(test.app, 'pat', { cookie, fields: { return_to: target } })).location, target)
  }
  for (const body of ['[]', '"x"', '5', 'null']) t.equal((await post(test, linkPath, cookie, { ...ownPage, 'content-type': 'application/json' }, body)).statusCode, 200, body)
})

t.test('return targets are checked again at the end of linking', async (t) => {
  const secrets = ['one-secret-for-two-servers-of-32-chars']
  const database = `${t.testdir()}/x.sqlite`
  const before = await httpsApp(t, { secrets, database, allowedRedirectUrls: ['https://partner.example/**'] })
  const { cookie } = await before.simulator.signIn(before.app, 'ada')
  const started = await startLink(before, cookie, 'pat', { return_to: 'https://partner.example/x' })
  const after = await httpsApp(t, { secrets, database, environment: { fetch: before.simulator.fetch, agent: before.simulator.agent }, clientId: before.simulator.clientId, clientSecret: before.simulator.clientSecret })
  t.equal((await callback(after, started.query, started.cookie)).headers.location, '/auth/account', 'and it is finished at the other server')
  const [ada, pat] = await usersOf(after, 'ada', 'pat')
  t.equal(pat, ada)
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

t.test('whoever is signed in at the end must be who started it: nobody else is linked (L19)', async (t) => {
  const test = await httpsApp(t)
  const ada = await test.simulator.signIn(test.app, 'ada')
  const mallory = await test.simulator.signIn(test.app, 'mallory')

  const nobody = await startLink(test, ada.cookie, 'pat')
  await post(test, '/auth/logout', ada.cookie)
  await refusedCallback(t, test, nobody.query, nobody.attempt, 'session_mismatch')
  const endedSession = await startLink(test, (await test.simulator.signIn(test.app, 'ada')).cookie, 'pat')
  await test.app.sessions.signOutEverywhere((await usersOf(test, 'ada'))[0]!)
  await refusedCallback(t, test, endedSession.query, endedSession.cookie, 'session_mismatch')

  const back = await test.simulator.signIn(test.app, 'ada')
  const started = await startLink(test, back.cookie, 'pat')
  await refusedCallback(t, test, started.query, `${mallory.cookie}; ${started.attempt}`, 'session_mismatch')
  const samePerson = await startLink(test, back.cookie, 'pat')
  const newSession = await test.simulator.signIn(test.app, 'ada', { cookie: back.cookie })
  await refusedCallback(t, test, samePerson.query, `${newSession.cookie}; ${samePerson.attempt}`, 'session_mismatch')
  const stranger = await startLink(test, newSession.cookie, 'pat')
  await refusedCallback(t, test, stranger.query, mallory.cookie, 'invalid_state')
  t.equal((await usersOf(test, 'pat'))[0], undefined, 'nobody has it')
  t.equal((await callback(test, stranger.query, stranger.cookie)).statusCode, 303, 'who started it finishes it')
  t.match(await usersOf(test, 'pat'), await usersOf(test, 'ada'))
})

t.test('a link that is finished twice, or cancelled, links nothing more', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const started = await startLink(test, cookie, 'pat')
  const before = test.simulator.requests.token
  const answers = await Promise.all(Array.from({ length: 10 }, async () => await callback(test, started.query, started.cookie)))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [303, ...Array.from({ length: 9 }, () => 400)])
  t.equal(test.simulator.requests.token, before + 1)
  await refusedCallback(t, test, started.query, started.cookie, 'invalid_state')
  const rows = await test.rows(['used_attempts'])
  const cancelled = await test.simulator.link(test.app, 'grace', { cookie, cancel: true, headers: { accept: 'application/json' } }).catch(() => null)
  t.equal(cancelled, null, 'a program is told the address, which the kit does not follow')
  const asPage = await test.simulator.link(test.app, 'grace', { cookie, cancel: true })
  t.equal(asPage.location, '/auth/error?error=access_denied')
  t.equal(await test.rows(['used_attempts']), rows)
})

t.test('a user who was disabled or deleted meanwhile links nothing (L23)', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const [id] = await usersOf(test, 'ada')
  const started = await startLink(test, cookie, 'pat')
  // As if the session had outlived it: the row itself says so.
  await signInOf(test.app).database.run(async (db) => { await db.updateTable('users').set({ disabled_at: 1 }).execute() })
  await refusedCallback(t, test, started.query, started.cookie, 'account_disabled')

  await test.app.accounts.enable(id!)
  const second = await startLink(test, cookie, 'pat')
  await test.app.accounts.disable(id!)
  await refusedCallback(t, test, second.query, second.cookie, 'session_mismatch')
  t.equal((await post(test, linkPath, cookie)).statusCode, 401)

  await test.app.accounts.enable(id!)
  const third = await startLink(test, (await test.simulator.signIn(test.app, 'ada')).cookie, 'pat')
  await test.app.accounts.delete(id!)
  await refusedCallback(t, test, third.query, third.cookie, 'session_mismatch')
  t.same(await usersOf(test, 'ada', 'pat'), [undefined, undefined])
})

t.test('an identity of another user stays there, also where two link it at once (L12, L14)', async (t) => {
  const test = await httpsApp(t)
  const ada = await test.simulator.signIn(test.app, 'ada')
  const mallory = await test.simulator.signIn(test.app, 'mallory')
  const stolen = await startLink(test, mallory.cookie, 'ada')
  await refusedCallback(t, test, stolen.query, stolen.cookie, 'identity_in_use')
  const asPage = await test.simulator.link(test.app, 'ada', { cookie: mallory.cookie })
  t.equal(asPage.location, '/auth/error?error=identity_in_use')
  const page = await test.app.inject({ url: asPage.location!, headers: { ...navigation, cookie: mallory.cookie } })
  t.match(page.body, /That was not done[^]*href="\/auth\/account"/)
  t.notMatch(page.body, (await usersOf(test, 'ada'))[0]!)
  t.equal((await me(test, mallory.cookie)).json().id, (await usersOf(test, 'mallory'))[0], 'and whoever is refused is still signed in')

  const both = [await startLink(test, ada.cookie, 'pat'), await startLink(test, mallory.cookie, 'pat')]
  const answers = await Promise.all(both.map(async ({ query, cookie }) => await callback(test, query, cookie)))
  t.same(answers.map((answer) => answer.statusCode).sort(), [303, 409])
  t.equal(answers.find(({ statusCode }) => statusCode === 409)!.json().code, 'identity_in_use')
})

t.test('linking by hand moves no address that somebody else holds', async (t) => {
  const test = await httpsApp(t, { use_email_as_identifier: true, allow_email_account_merge: true })
  const events: AuthEvent[] = []
  const ada = await test.simulator.signIn(test.app, 'ada')
  const pat = await test.simulator.signIn(test.app, 'pat')
  signInOf(test.app).listen(async (event) => { events.push(event) })
  await test.simulator.link(test.app, 'ada-home', { cookie: pat.cookie })
  const [holder, linker, home] = await usersOf(test, 'ada', 'pat', 'ada-home')
  t.equal(home, linker)
  t.not(home, holder)
  t.equal((await test.app.accounts.findByEmail('ada@contoso.example'))!.id, holder)
  t.match(events.map(({ type, userId }) => [type, userId]), [['identity_linked', linker], ['identifier_held', linker]])
  t.equal((await me(test, ada.cookie)).statusCode, 200, 'and the holder\'s sessions go on')
})

t.test('who an application puts on a request does not link: the session does', async (t) => {
  const test = await httpsApp(t, {}, {
    before: (app) => {
      app.addHook('preHandler', async (request) => {
        if (request.headers['x-look-as'] !== undefined) Object.assign(request, { user: { ...request.user, id: request.headers['x-look-as'] } })
      })
    }
  })
  await test.simulator.signIn(test.app, 'grace')
  const ada = await test.simulator.signIn(test.app, 'ada')
  const [grace, own] = await usersOf(test, 'grace', 'ada')
  const headers = { 'x-look-as': grace! }
  const linked = await test.simulator.link(test.app, 'pat', { cookie: ada.cookie, headers })
  t.equal(linked.statusCode, 303)
  t.equal((await usersOf(test, 'pat'))[0], own)
  const list = await test.app.inject({ url: '/auth/identities', headers: { ...program, ...headers, cookie: ada.cookie } })
  t.same(list.json().map(({ oid }: { oid: string }) => oid), [keyOf('ada').oid, keyOf('pat').oid])
  t.equal((await post(test, unlinkPath, ada.cookie, { ...ownPage, ...headers }, keyOf('grace'))).json().code, 'invalid_request')
})

t.test('without the session plugin there is no link route, and an attempt that was to link is refused', async (t) => {
  const { default: Fastify } = await import('fastify')
  const [provider, verification, linking] = await Promise.all(['provider', 'verification', 'linking'].map(async (name) => (await import(`../../plugins/${name}.ts`)).default))
  const { createSimulator } = await import('../../plugins/simulator.ts')
  const secrets = ['one-secret-for-two-servers-of-32-chars']
  for (const plugins of [[verification, linking], []]) {
    const simulator = createSimulator({ redirectUris: ['https://app.example/auth/microsoft/callback'] })
    const app = Fastify({ trustProxy: true })
    t.teardown(async () => { await app.close(); await simulator.close() })
    await app.register(provider, { baseUrl: 'https://app.example', clientId: simulator.clientId, clientSecret: simulator.clientSecret, secrets, database: ':memory:', environment: { fetch: simulator.fetch, agent: simulator.agent }, onSignIn: (_request: unknown, reply: { send: (body: string) => unknown }) => reply.send('in') })
    for (const plugin of plugins) await app.register(plugin)
    await app.ready()
    t.equal((await app.inject({ method: 'POST', url: linkPath, headers: { ...program, ...ownPage } })).statusCode, 404)
    const state = 's'.repeat(43)
    const intent = { action: 'link', userId: 'u', session: 's' }
    const sealed = await createSeal(deriveKeys(secrets, 'attempt')).seal({ state, nonce: 'n', verifier: 'v', returnTo: '/', intent, startedAt: signInOf(app).config.environment.now() })
    const answer = await app.inject({ url: `${callbackPath}?code=x&state=${state}`, headers: { ...program, cookie: `__Host-entra-attempt-${state.slice(0, 10)}=${sealed}` } })
    t.match(answer.json(), { statusCode: 400, code: 'invalid_state' })
    t.equal(simulator.requests.token, 0)
    t.equal((await simulator.signIn(app, 'ada')).response.body, 'in', 'a sign-in goes on')
  }
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

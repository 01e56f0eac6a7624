import t from 'tap'
import type { AuthEvent } from '../../src/core/events.ts'
import { createSeal } from '../../src/core/seal.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, navigation, program } from './app.ts'
import { callback, callbackPath, form, keyOf, linkPath, me, ownPage, post, refusedCallback, session, startLink, unlinkPath, usersOf } from './identities.ts'

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

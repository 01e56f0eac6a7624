import t from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import { isInteractionRequired, startConsent } from '../../plugins/tokens.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program } from './app.ts'
import { ask, identityOf, keepingApp, minute, rowsOf, tokenOf, whoIs } from './keeping.ts'

takesLong()

t.test('whoever is signed in has a token of their own, and it is good at Microsoft Graph', async (t) => {
  const test = await keepingApp(t)
  const [ada, vera] = [await test.simulator.signIn(test.app, 'ada'), await test.simulator.signIn(test.app, 'vera')]
  t.same(await whoIs(test, await tokenOf(test, ada.cookie)), { status: 200, displayName: 'Ada Lovelace' })
  t.same(await whoIs(test, await tokenOf(test, vera.cookie)), { status: 200, displayName: 'Vera Verified' })
  t.equal(test.simulator.requests.refresh, 0, 'the one of the sign-in is still good')
  t.match((await ask(test, '')).json(), { statusCode: 401, code: 'unauthenticated' })
})

t.test('a token is kept until five minutes before it ends, then it is refreshed', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const first = await tokenOf(test, cookie)
  test.clock.now += 3_599_000 - 5 * minute - 1
  t.equal(await tokenOf(test, cookie), first)
  test.clock.now += 1
  const second = await tokenOf(test, cookie)
  t.not(second, first)
  t.equal(await tokenOf(test, cookie), second)
  t.equal(test.simulator.requests.refresh, 1)
  test.clock.now += 2 * 60 * minute
  t.equal((await whoIs(test, await tokenOf(test, cookie))).status, 200, 'also when it has long ended')
})

t.test('twenty parallel requests that need a token whose access token has expired: one refresh', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += 2 * 60 * minute
  const given = await Promise.all(Array.from({ length: 20 }, async () => await tokenOf(test, cookie)))
  t.equal(new Set(given).size, 1)
  t.equal(test.simulator.requests.refresh, 1)
})

t.test('twenty that need tokens of different kinds: one refresh for each, one after the other', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { query: { provider_scopes: 'Mail.Read,Calendars.Read' } })
  test.clock.now += 2 * 60 * minute
  const wanted = ['User.Read', 'Mail.Read', 'mail.read', 'Mail.Read%20User.Read']
  await Promise.all(Array.from({ length: 20 }, async (_, index) => await tokenOf(test, cookie, `?scope=${wanted[index % 4]}`)))
  t.equal(test.simulator.requests.refresh, 3, 'the same scopes in another spelling are the same')
})

t.test('a page that needs more sends the browser to consent, and then shows what it was asked for', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const refused = await ask(test, cookie, '?scope=Mail.Read&page=2', navigation)
  t.equal(refused.statusCode, 303)
  t.equal(refused.headers['cache-control'], 'no-store')
  const url = new URL(refused.headers.location!)
  t.equal(url.origin + url.pathname, 'https://app.example/auth/microsoft/login')
  t.match(Object.fromEntries(url.searchParams), { provider_scopes: 'Mail.Read', return_to: '/token?scope=Mail.Read&page=2', login_hint: /^O\./ })
  t.match(test.log(), '"reason":"token_invalid_grant","aadsts":65001', 'the log has Microsoft\'s number')
  const back = await test.simulator.signIn(test.app, 'ada', { cookie, query: Object.fromEntries(url.searchParams) })
  t.equal(back.location, '/token?scope=Mail.Read&page=2')
  const token = await tokenOf(test, back.cookie, '?scope=Mail.Read')
  t.ok(token)
  t.equal(test.simulator.requests.refresh, 1, 'the sign-in has brought it')
  t.same(await whoIs(test, await tokenOf(test, back.cookie)), { status: 200, displayName: 'Ada Lovelace' })
})

t.test('a script that needs more is told where to send the person', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { claims: { login_hint: 'O.opaque' } })
  const answer = await ask(test, cookie, '?scope=Mail.Read')
  t.match(answer.json(), { statusCode: 401, code: 'interaction_required', error: 'Unauthorized', scopes: ['Mail.Read'] })
  const url = new URL(answer.json().url)
  t.same(Object.fromEntries(url.searchParams), { provider_scopes: 'Mail.Read', login_hint: 'O.opaque' }, 'not back to what only a script can read')
  t.notMatch(test.log(), 'O.opaque')
  t.equal(new URL((await ask(test, cookie, '?scope=Mail.Read&to=/inbox')).json().url).searchParams.get('return_to'), '/inbox')
  t.match((await ask(test, cookie, '?to=https://evil.example/')).json(), { code: 'redirect_not_allowed' }, 'also where no visit is needed')
  test.clock.now += minute
  const long = await test.simulator.signIn(test.app, 'ada', { claims: { login_hint: 'x'.repeat(257) } })
  t.notMatch((await ask(test, long.cookie, '?scope=Mail.Read')).json().url, 'login_hint', 'what the start route would refuse is left out')
})

t.test('an own error handler knows the error by its guard, and another error goes on', async (t) => {
  const test = await httpsApp(t, { keepTokens: true, allowedScopes: ['Mail.Read'] }, {
    before: (app) => {
      app.setErrorHandler((error, _request, reply) => {
        if (isInteractionRequired(error)) return reply.redirect(error.url)
        return reply.code(418).send({ own: (error as Error).message })
      })
      app.get('/token', async (request) => await request.microsoft.accessToken(['Mail.Read']))
      app.get('/thrown', { errorHandler: startConsent }, async () => { throw new Error('something else') })
    }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const headers = { ...navigation, cookie }
  t.equal((await test.app.inject({ url: '/token', headers })).statusCode, 302)
  t.same((await test.app.inject({ url: '/thrown', headers })).json(), { own: 'something else' })
  for (const value of [null, undefined, 'interaction_required', new Error('interaction_required')]) t.notOk(isInteractionRequired(value))
})

t.test('where nobody handles it, it is 401 in JSON, and no log line has the address', async (t) => {
  const test = await httpsApp(t, { keepTokens: true, allowedScopes: ['Mail.Read'] }, {
    before: (app) => { app.get('/token', async (request) => await request.microsoft.accessToken(['Mail.Read'])) }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { claims: { login_hint: 'O.opaque' } })
  const answer = await test.app.inject({ url: '/token', headers: { ...navigation, cookie } })
  t.match(answer.json(), { statusCode: 401, code: 'interaction_required' })
  t.notMatch(test.log(), /provider_scopes|O\.opaque/)
})

t.test('nobody is asked for, or given, a scope that the operator has not named (P12)', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows()
  for (const scope of ['Mail.Send', 'Mail.Read%20Mail.Send', 'https://graph.microsoft.com/Mail.Send', 'https://graph.microsoft.com/.default', '.default', 'Mail.Read%22', '%20', 'Mail.Read%0A']) {
    t.match((await ask(test, cookie, `?scope=${scope}`)).json(), { statusCode: 400, code: 'invalid_request' }, scope)
    const link = await test.app.inject({ url: `/auth/microsoft/login?provider_scopes=${scope}`, headers: program })
    if (scope !== '%20') t.match(link.json(), { statusCode: 400, code: 'invalid_request' }, scope)
  }
  t.match((await ask(test, cookie, '?scope=Mail.Read%20api://orders/read')).json(), { code: 'invalid_request' }, 'nor one for two APIs')
  await t.rejects(test.app.microsoft.accessToken(await identityOf(test, cookie), []), { code: 'invalid_request', detail: { reason: 'scopes_missing' } })
  await t.rejects(test.app.microsoft.accessToken(await identityOf(test, cookie), 'Mail.Read' as never), { code: 'invalid_request' })
  t.match((await test.app.inject({ url: '/auth/microsoft/login?provider_scopes=Mail.Read&provider_scopes=User.Read', headers: program })).json(), { code: 'invalid_request' })
  t.equal(test.simulator.requests.refresh, 0)
  t.equal(await test.rows(), before)
  t.equal((await ask(test, cookie, '?scope=https://graph.microsoft.com/user.read')).statusCode, 200, 'the positive control, in another spelling')
})

t.test('tokens of different APIs are kept side by side', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada', { query: { provider_scopes: 'api://orders/read' } })
  const orders = await tokenOf(test, cookie, '?scope=api://orders/read')
  t.equal(test.simulator.requests.refresh, 0, 'the sign-in brought the one that it was started for')
  t.equal((await whoIs(test, orders)).status, 401, 'and Graph does not take it')
  const graph = await tokenOf(test, cookie)
  t.equal((await whoIs(test, graph)).status, 200)
  t.equal(await tokenOf(test, cookie, '?scope=api://orders/read'), orders)
  t.equal(await tokenOf(test, cookie), graph)
  t.equal(test.simulator.requests.refresh, 1)
})

t.test('an API that refuses a token is given another one', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const first = await tokenOf(test, cookie)
  const given = await Promise.all(Array.from({ length: 5 }, async () => await tokenOf(test, cookie, '?force=1')))
  t.equal(new Set(given).size, 1)
  t.not(given[0], first)
  t.equal(test.simulator.requests.refresh, 1)
})

t.test('a refresh token that Microsoft does not rotate is kept', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.simulator.setTokenResponseHook(({ refresh_token: _, ...body }) => body)
  for (let round = 1; round <= 3; round++) {
    test.clock.now += 2 * 60 * minute
    t.equal((await whoIs(test, await tokenOf(test, cookie))).status, 200)
    t.equal(test.simulator.requests.refresh, round)
  }
})

t.test('in the background a token is had by the identity', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { tid, oid } = await identityOf(test, cookie)
  const token = await test.app.microsoft.accessToken({ tid: tid.toUpperCase(), oid: oid.toUpperCase() }, ['User.Read'])
  t.same(await whoIs(test, token), { status: 200, displayName: 'Ada Lovelace' })
  t.not(await test.app.microsoft.accessToken({ tid, oid }, ['User.Read'], { forceRefresh: true }), token)
  const unknown = { tid, oid: '00000000-0000-0000-0000-000000000000' }
  await t.rejects(test.app.microsoft.accessToken(unknown, ['User.Read']), { code: 'interaction_required', detail: { reason: 'no_kept_tokens' }, url: 'https://app.example/auth/microsoft/login?provider_scopes=User.Read' })
  for (const wrong of [undefined, null, 'ada', { tid }, { tid: 'contoso', oid }]) {
    await t.rejects(test.app.microsoft.accessToken(wrong as never, ['User.Read']), { code: 'invalid_request', detail: { reason: 'wrong_identity' } })
  }
  await test.app.microsoft.forgetTokens({ tid, oid })
  t.same(await rowsOf(test), [])
  t.match((await ask(test, cookie)).json(), { code: 'interaction_required' })
})

t.test('in the background nobody of a tenant that is no longer allowed has a token', async (t) => {
  const test = await keepingApp(t, { allowedTenants: ['1f469396-f6bc-4ba3-b8f8-ac48d1228f65'] })
  const ada = { tid: '62d81b84-3105-40cb-979d-5dd0aafa28d9', oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' }
  await t.rejects(test.app.microsoft.accessToken(ada, ['User.Read']), { code: 'tenant_not_allowed' })
})

t.test('tokens are the session\'s identity\'s, also of a user with two', async (t) => {
  const test = await keepingApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const linked = await test.simulator.link(test.app, 'vera', { cookie })
  t.equal(linked.statusCode, 303)
  t.equal((await rowsOf(test)).length, 2, 'those of a link are kept as well')
  t.same(await whoIs(test, await tokenOf(test, linked.cookie)), { status: 200, displayName: 'Ada Lovelace' })
  const vera = await test.simulator.signIn(test.app, 'vera')
  t.same(await whoIs(test, await tokenOf(test, vera.cookie)), { status: 200, displayName: 'Vera Verified' })
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie: vera.cookie } })).json().id, (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json().id)
})

t.test('tokens are the session\'s, whoever an application puts on the request', async (t) => {
  const test = await keepingApp(t, {}, {
    before: (app) => {
      app.get('/swapped', async (request) => {
        Object.assign(request, { user: { id: 'somebody', identity: { tid: 'x', oid: 'y' } } })
        return { token: await request.microsoft.accessToken(['User.Read']) }
      })
      app.get('/same', async (request) => new Set([request.microsoft, request.microsoft]).size === 1)
    }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const answer = await test.app.inject({ url: '/swapped', headers: { ...program, cookie } })
  t.equal((await whoIs(test, answer.json().token)).displayName, 'Ada Lovelace')
  t.equal((await test.app.inject({ url: '/swapped', headers: program })).json().code, 'unauthenticated')
  t.equal((await test.app.inject('/same')).body, 'true')
})

t.test('a row that was tampered with, or copied onto another identity or user, does not open', async (t) => {
  const test = await keepingApp(t)
  const [ada, vera] = [await test.simulator.signIn(test.app, 'ada'), await test.simulator.signIn(test.app, 'vera')]
  const { database } = signInOf(test.app)
  const owners = [await identityOf(test, ada.cookie), await identityOf(test, vera.cookie)]
  const rows = await Promise.all(owners.map(async ({ oid }) => (await rowsOf(test)).find((row) => row.oid === oid)!))
  const write = async (values: object): Promise<void> => {
    await database.run(async (db) => await db.updateTable('tokens').set(values).where('oid', '=', owners[1]!.oid).execute())
  }
  await write({ sealed: rows[0]!.sealed })
  t.match((await ask(test, vera.cookie)).json(), { code: 'interaction_required' }, 'the sealed part')
  await write({ sealed: rows[0]!.sealed, user_id: rows[0]!.user_id })
  t.match((await ask(test, vera.cookie)).json(), { code: 'interaction_required' }, 'and the user with it')
  await t.rejects(test.app.microsoft.accessToken(owners[1]!, ['User.Read']), { code: 'interaction_required' })
  const [header, key, iv, text, tag] = rows[1]!.sealed.split('.')
  for (const sealed of ['', 'x', [header, key, iv, `${text!.startsWith('A') ? 'B' : 'A'}${text!.slice(1)}`, tag].join('.'), Buffer.from('{"refreshToken":"x"}').toString('base64url')]) {
    await write({ sealed, user_id: rows[1]!.user_id })
    t.match((await ask(test, vera.cookie)).json(), { code: 'interaction_required' }, 'what was changed')
  }
  await write({ sealed: rows[1]!.sealed, user_id: rows[0]!.user_id })
  t.match((await ask(test, vera.cookie)).json(), { code: 'interaction_required' }, 'what was given to another user')
  await write({ sealed: rows[1]!.sealed, user_id: rows[1]!.user_id })
  t.equal((await whoIs(test, await tokenOf(test, vera.cookie))).displayName, 'Vera Verified', 'control')
})

t.test('no token is in any row, log line or event (X01, X03)', async (t) => {
  const test = await keepingApp(t, { returnTokens: true })
  const canaries = new Set<string>()
  test.simulator.setTokenResponseHook((body) => {
    for (const name of ['access_token', 'refresh_token', 'id_token']) if (typeof body[name] === 'string') canaries.add(body[name])
    return body
  })
  const events: unknown[] = []
  signInOf(test.app).listen(async (event) => { events.push(event) })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id, identity } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  test.clock.now += 2 * 60 * minute
  await tokenOf(test, cookie)
  await ask(test, cookie, '?scope=Mail.Read')
  test.simulator.revokeSessions('ada')
  const exported = await test.app.accounts.export(id)
  t.same(exported.microsoftTokens, [{ ...identity, savedAt: test.clock.now }], 'an export says that some are kept')
  const everything = JSON.stringify([await test.rows([]), test.log(), events, exported, await signInOf(test.app).database.run(async (db) => await db.selectFrom('audit').selectAll().execute())])
  test.clock.now += 2 * 60 * minute
  await ask(test, cookie)
  t.equal(canaries.size, 5)
  for (const canary of canaries) t.notOk((everything + test.log()).includes(canary))
  t.match(everything, /eyJhbGciOiJkaXIi/, 'control: something sealed is there')
})

t.test('keys rotate: what an old secret sealed opens, and is sealed anew at the next write', async (t) => {
  const [old, young] = ['old-secret-of-at-least-32-characters', 'new-secret-of-at-least-32-characters']
  const first = await keepingApp(t, { secrets: [old] })
  await first.simulator.signIn(first.app, 'ada')
  const [row] = await rowsOf(first)
  const kid = (sealed: string): string => JSON.parse(Buffer.from(sealed.split('.')[0]!, 'base64url').toString()).kid
  const owner = { tid: row!.tid, oid: row!.oid }
  for (const [secrets, opens] of [[[young, old], true], [[young], false]] as const) {
    const test = await keepingApp(t, { secrets: [...secrets], clientSecret: first.simulator.clientSecret, environment: { fetch: first.simulator.fetch, agent: first.simulator.agent } })
    await signInOf(test.app).database.run(async (db) => await db.insertInto('tokens').values(row!).execute())
    if (!opens) {
      await t.rejects(test.app.microsoft.accessToken(owner, ['User.Read']), { code: 'interaction_required' }, 'without the old secret it is as if nothing was kept')
      continue
    }
    t.ok(await test.app.microsoft.accessToken(owner, ['User.Read']))
    t.equal(kid((await rowsOf(test))[0]!.sealed), kid(row!.sealed), 'reading writes nothing')
    test.clock.now += 2 * 60 * minute
    t.ok(await test.app.microsoft.accessToken(owner, ['User.Read']))
    t.not(kid((await rowsOf(test))[0]!.sealed), kid(row!.sealed))
  }
})

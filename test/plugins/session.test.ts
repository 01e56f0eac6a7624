import fastifyCookie from '@fastify/cookie'
import fastifyFormbody from '@fastify/formbody'
import fastifySession from '@fastify/session'
import t from 'tap'
import { differ } from '../forge.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const name = '__Host-entra-session'

async function me ({ app }: TestApp, cookie: string) {
  return await app.inject({ url: '/me', headers: { ...program, cookie } })
}

async function signOut ({ app }: TestApp, cookie: string, headers: Record<string, string> = { origin: 'https://app.example' }, payload?: string) {
  return await app.inject({
    method: 'POST',
    url: '/auth/logout',
    headers: { ...program, cookie, ...headers, ...(payload === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) },
    ...(payload === undefined ? {} : { payload })
  })
}

t.test('after the sign-out the cookie is worth nothing, and is taken from the browser with its own attributes', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const answer = await signOut(test, cookie)
  t.equal(answer.statusCode, 204)
  t.match(answer.headers['set-cookie'], /^__Host-entra-session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/)
  t.match((await me(test, cookie)).json(), { statusCode: 401, code: 'unauthenticated' }, 'S06')
  t.equal((await signOut(test, cookie)).statusCode, 204, 'and signing out twice is no error')
  t.equal((await signOut(test, '')).statusCode, 204)
  t.match(await test.rows(), /\[\n +"sessions",\n +\[\]\n +\]/)
})

t.test('a page is shown where it can go on', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const answer = await signOut(test, cookie, { ...navigation, 'sec-fetch-site': 'same-origin' })
  t.match({ statusCode: answer.statusCode, location: answer.headers.location }, { statusCode: 303, location: '/auth/sign-in?signed_out=1' })
})

t.test('nobody else signs a person out', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const foreign: Array<Record<string, string>> = [
    {}, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'https://sub.app.example' }, { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://app.example' }, { 'sec-fetch-site': 'none' }
  ]
  for (const headers of foreign) {
    t.match((await signOut(test, cookie, headers)).json(), { statusCode: 403, code: 'cross_site_request' }, `S10 ${JSON.stringify(headers)}`)
  }
  t.match((await signOut(test, cookie, {}, 'csrf_token=wrong')).json(), { code: 'cross_site_request' })
  for (const method of ['GET', 'HEAD'] as const) t.equal((await test.app.inject({ method, url: '/auth/logout', headers: { ...navigation, cookie } })).statusCode, 405)
  t.equal((await me(test, cookie)).statusCode, 200, 'the session lives')
})

t.test('a form with its token, and a program with its own header, sign out without Origin', async (t) => {
  const test = await httpsApp(t)
  const first = await test.simulator.signIn(test.app, 'ada')
  const page = await test.app.inject({ url: '/auth/account', headers: { ...navigation, cookie: first.cookie } })
  const [, token] = /name="csrf_token" value="([^"]+)"/.exec(page.body)!
  const second = await test.simulator.signIn(test.app, 'ada')
  t.equal((await signOut(test, second.cookie, {}, `csrf_token=${token}`)).statusCode, 403, 'the token of another session')
  t.equal((await signOut(test, first.cookie, {}, `csrf_token=${token}`)).statusCode, 204)
  t.equal((await signOut(test, second.cookie, { 'x-requested-with': 'curl' })).statusCode, 204)
})

t.test('bodies of other kinds and sizes are refused', async (t) => {
  const test = await httpsApp(t)
  const post = async (contentType: string, payload: string) => await test.app.inject({
    method: 'POST', url: '/auth/logout', headers: { ...program, origin: 'https://app.example', 'content-type': contentType }, payload
  })
  for (const contentType of ['text/plain', 'application/xml', 'application/json garbage/x']) t.equal((await post(contentType, '{}')).statusCode, 415, contentType)
  t.match((await post('application/json', '{')).json(), { statusCode: 400, code: 'invalid_request' })
  t.match((await post('application/json', `"${'x'.repeat(20_000)}"`)).json(), { statusCode: 413, code: 'invalid_request' })
  t.equal((await post('application/json', '5')).statusCode, 204)
})

t.test('a request in flight during the sign-out cannot bring the session back', async (t) => {
  const open = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const test = await httpsApp(t, { sessionCache: 0 }, {
    before: (app) => {
      app.get('/slow', async (request) => {
        arrived.resolve()
        await open.promise
        return request.user
      })
    }
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += 120_000
  const slow = test.app.inject({ url: '/slow', headers: { ...program, cookie } })
  await arrived.promise
  await signOut(test, cookie)
  open.resolve()
  const answer = await slow
  t.equal(answer.headers['set-cookie'], undefined, 'S07')
  t.equal((await me(test, cookie)).statusCode, 401)
  t.match(await test.rows(), /"sessions",\n +\[\]/)
})

t.test('a session ends after twelve hours without a request, and after seven days', async (t) => {
  const test = await httpsApp(t)
  const idle = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += 43_200_000
  const answer = await me(test, idle.cookie)
  t.equal(answer.statusCode, 401, 'S09')
  t.match(answer.headers['set-cookie'], /^__Host-entra-session=; Max-Age=0/)
  const busy = await test.simulator.signIn(test.app, 'ada')
  for (let hour = 0; hour < 167; hour++) {
    test.clock.now += 3_600_000
    t.equal((await me(test, busy.cookie)).statusCode, 200)
  }
  test.clock.now += 3_600_000
  t.equal((await me(test, busy.cookie)).statusCode, 401)
})

t.test('forged, foreign and broken cookies are nobody\'s', async (t) => {
  const test = await httpsApp(t)
  const { cookies, cookie } = await test.simulator.signIn(test.app, 'ada')
  const value = cookies[name]!
  const [id, signature] = value.split('.')
  const start = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
  const attempt = String(start.headers['set-cookie']).split(';')[0]!.split('=').slice(1).join('=')
  for (const forged of ['', 'x', id!, `${id}.`, `${id}.${differ(signature!, 0)}`, `${differ(id!, -1)}.${signature}`, `x${value}`, value.slice(0, -3), 'x'.repeat(8_192), attempt, '%00', `${id}%00.${signature}`]) {
    const answer = await test.app.inject({ url: '/public', headers: { ...program, cookie: `${name}=${forged}` } })
    t.match({ statusCode: answer.statusCode, body: answer.json() }, { statusCode: 200, body: { user: null } }, `S03, S19 ${forged.slice(0, 20)}`)
  }
  for (const both of [`${name}=x; ${cookie}`, `${cookie}; ${name}=x`]) t.ok([200, 401].includes((await me(test, both)).statusCode))
  t.equal((await me(test, cookie)).statusCode, 200)
})

t.test('a new secret in front signs nobody out, and the cookie is signed anew', async (t) => {
  const [older, newer] = ['older-secret-of-more-than-32-characters', 'newer-secret-of-more-than-32-characters']
  const database = `${t.testdir()}/x.sqlite`
  const before = await httpsApp(t, { secrets: [older], database })
  const { cookie } = await before.simulator.signIn(before.app, 'ada')

  const both = await httpsApp(t, { secrets: [newer, older], database })
  const answer = await me(both, cookie)
  t.equal(answer.statusCode, 200)
  const renewed = [answer.headers['set-cookie']].flat().at(-1)!.split(';')[0]!
  t.match(renewed, /^__Host-entra-session=[\w-]{43}\./)
  t.not(renewed, cookie)
  t.equal(renewed.split('.')[0], cookie.split('.')[0], 'the same session')
  t.equal((await me(both, renewed)).headers['set-cookie'], undefined, 'once')

  const after = await httpsApp(t, { secrets: [newer], database })
  t.equal((await me(after, renewed)).statusCode, 200)
  t.equal((await me(after, cookie)).statusCode, 401, 'the old signature is over with the old secret')
})

t.test('without the store there is no user and no session, and it heals by itself', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const test = await httpsApp(t, { database, sessionCache: 0 })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { DatabaseSync } = await import('node:sqlite')
  const other = new DatabaseSync(database)
  other.exec('alter table sessions rename to hidden')
  for (const url of ['/me', '/public', '/auth/account']) {
    const answer = await test.app.inject({ url, headers: { ...program, cookie } })
    t.match(answer.json(), { statusCode: 503, code: 'store_unavailable' }, `S18, S20 ${url}`)
  }
  const failed = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(failed.response.json(), { code: 'store_unavailable' })
  t.equal(failed.cookies[name], undefined, 'no cookie without a stored row')
  const kept = await test.simulator.signIn(test.app, 'pat', { headers: { ...program, cookie } }).catch(() => null)
  t.ok(kept === null || kept.response.statusCode === 503)
  other.exec('alter table hidden rename to sessions')
  other.close()
  t.equal((await me(test, cookie)).statusCode, 200)
})

t.test('a disabled user is out at the next request, and gets in nowhere', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  await test.app.accounts.disable((await me(test, cookie)).json().id)
  t.equal((await me(test, cookie)).statusCode, 401, 'S12')
  const before = await test.rows(['used_attempts'])
  const again = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(again.response.json(), { statusCode: 403, code: 'account_disabled' }, 'L23')
  t.equal(await test.rows(['used_attempts']), before)
})

t.test('who opens a page is sent to sign in and comes back; other clients get 401', async (t) => {
  const test = await httpsApp(t)
  const page = await test.app.inject({ url: '/me?tab=2', headers: navigation })
  t.match({ statusCode: page.statusCode, location: page.headers.location }, { statusCode: 303, location: '/auth/sign-in?return_to=%2Fme%3Ftab%3D2' })
  t.equal(page.headers['cache-control'], 'no-store')
  const signInPage = await test.app.inject({ url: page.headers.location!, headers: navigation })
  t.match(signInPage.body, 'href="/auth/microsoft/login?return_to=%2Fme%3Ftab%3D2"')
  t.match((await test.app.inject({ url: '/auth/sign-in?return_to=https://evil.example', headers: navigation })).body, 'href="/auth/microsoft/login"')
  t.equal((await test.app.inject({ url: '/me?a=%5c', headers: navigation })).headers.location, '/auth/sign-in?return_to=%2Fme%3Fa%3D%255c')
  t.equal((await test.app.inject({ url: '/me?a=b|c', headers: navigation })).headers.location, '/auth/sign-in?return_to=%2Fme%3Fa%3Db%257Cc')
  t.equal((await test.app.inject({ url: `/me?${'x'.repeat(3_000)}`, headers: navigation })).headers.location, '/auth/sign-in')
  for (const headers of [program, { ...navigation, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }]) {
    t.match((await test.app.inject({ url: '/me', headers })).json(), { statusCode: 401, code: 'unauthenticated', error: 'Unauthorized' })
  }
  t.equal((await test.app.inject({ url: '/auth/account', headers: navigation })).headers.location, '/auth/sign-in')
})

t.test('the address of the sign-in is on later requests', async (t) => {
  const test = await httpsApp(t, {}, { before: (app) => app.get('/address', (request) => ({ email: request.scoredEmail })) })
  const address = async (cookie: string) => (await test.app.inject({ url: '/address', headers: { ...program, cookie } })).json().email
  const ada = await test.simulator.signIn(test.app, 'ada')
  t.match(await address(ada.cookie), { canonical: 'ada@contoso.example', score: 90 })
  t.equal(await address((await test.simulator.signIn(test.app, 'noel')).cookie), null)
  t.equal(await address(''), null)
})

t.test('the application\'s own @fastify/cookie is used, whatever its defaults are', async (t) => {
  const test = await httpsApp(t, {}, {
    before: async (app) => await app.register(fastifyCookie, { secret: 'x'.repeat(32), hook: 'preHandler', parseOptions: { domain: 'example', signed: true, sameSite: 'none', path: '/app', maxAge: 5 } })
  })
  const { cookie, response } = await test.simulator.signIn(test.app, 'ada')
  const session = [response.headers['set-cookie']].flat().find((one) => one!.startsWith(name))!
  t.notMatch(session.slice(session.indexOf(';')), /Domain|SameSite=None|Path=\/app|Max-Age=5/)
  t.equal((await me(test, cookie)).statusCode, 200)
  t.equal((await signOut(test, cookie)).statusCode, 204)
  t.equal((await me(test, cookie)).statusCode, 401)
})

t.test('the application\'s own form parser is used', async (t) => {
  const test = await httpsApp(t, {}, { before: async (app) => await app.register(fastifyFormbody) })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.equal((await signOut(test, cookie, { origin: 'https://app.example' }, 'a=b')).statusCode, 204)
})

t.test('the application\'s own @fastify/session carries the sign-in, and our store decides whether it holds', async (t) => {
  const kept = new Map<string, object>()
  const test = await httpsApp(t, { pages: false }, {
    before: async (app) => {
      await app.register(fastifyCookie)
      await app.register(fastifySession, { secret: 'own-secret-of-more-than-32-characters', cookieName: 'own', cookie: { sameSite: 'lax' }, store: new fastifySession.MemoryStore(kept as never) })
      app.get('/cart', (request) => {
        const session = request.session as unknown as { cart?: string }
        return { cart: session.cart ?? null }
      })
      app.get('/fill', (request) => {
        Object.assign(request.session, { cart: 'apples' })
        return {}
      })
    }
  })
  const fill = async (cookie: string) => await test.app.inject({ url: '/fill', headers: { ...program, cookie } })
  const cart = async (cookie: string) => (await test.app.inject({ url: '/cart', headers: { ...program, cookie } })).json().cart
  const anonymous = [(await fill('')).headers['set-cookie']].flat()[0]!.split(';')[0]!
  t.equal(await cart(anonymous), 'apples')

  const ada = await test.simulator.signIn(test.app, 'ada', { cookie: anonymous })
  t.equal((await me(test, ada.cookie)).json().displayName, 'Ada Lovelace')
  t.not(ada.cookies.own, anonymous.slice(4), 'the id is new')
  t.equal(await cart(ada.cookie), 'apples', 'what the anonymous visitor had is kept')
  t.equal(await cart(anonymous), null, 'and not under the old id')

  const pat = await test.simulator.signIn(test.app, 'pat', { cookie: ada.cookie })
  t.equal(await cart(pat.cookie), null, 'what another user had goes')
  t.equal((await me(test, ada.cookie)).statusCode, 401)

  const before = new Map([...kept].map(([id, session]) => [id, JSON.parse(JSON.stringify(session))]))
  t.equal((await signOut(test, pat.cookie)).statusCode, 204)
  for (const [id, session] of before) kept.set(id, session)
  t.equal((await me(test, pat.cookie)).statusCode, 401, 'a store that brings the session back changes nothing')
})

t.test('the application\'s own @fastify/session is held to the rules of our cookie', async (t) => {
  const own = (cookie: object) => ({
    before: async (app: TestApp['app']) => {
      await app.register(fastifyCookie)
      await app.register(fastifySession, { secret: 'own-secret-of-more-than-32-characters', cookie })
    }
  })
  for (const cookie of [{}, { sameSite: 'none' }, { sameSite: 'lax', httpOnly: false }, { sameSite: 'lax', secure: false }]) {
    const test = await httpsApp(t, { pages: false }, own(cookie))
    const { response } = await test.simulator.signIn(test.app, 'ada', { headers: program })
    t.match(response.json(), { statusCode: 500, code: 'insecure_transport' }, JSON.stringify(cookie))
    t.match(test.log(), /own @fastify\/session must set its cookie/)
  }
  const strict = await httpsApp(t, { pages: false }, own({ sameSite: 'strict' }))
  t.equal((await strict.simulator.signIn(strict.app, 'ada')).statusCode, 303)
  await t.rejects(httpsApp(t, { cookieName: 'mine' }, own({ sameSite: 'lax' })), { message: /"cookieName" was given, but/ })
})

t.test('a session that ended while the person was at Microsoft does not stand in the way', async (t) => {
  for (const before of [undefined, async (app: TestApp['app']) => {
    await app.register(fastifyCookie)
    await app.register(fastifySession, { secret: 'own-secret-of-more-than-32-characters', cookie: { sameSite: 'lax' } })
    app.get('/cart', (request) => ({ cart: (request.session as unknown as { cart?: string }).cart ?? null }))
  }]) {
    const test = await httpsApp(t, {}, before === undefined ? {} : { before })
    const first = await test.simulator.signIn(test.app, 'ada')
    test.clock.now += 43_200_000
    if (before !== undefined) t.equal((await test.app.inject({ url: '/cart', headers: { ...program, cookie: first.cookie } })).statusCode, 200, 'nor of the application')
    const second = await test.simulator.signIn(test.app, 'ada', { cookie: first.cookie })
    t.equal(second.statusCode, 303)
    t.equal((await me(test, second.cookie)).statusCode, 200)
  }
})

t.test('each answer sets our cookie once at most, with all its attributes', async (t) => {
  const test = await httpsApp(t)
  const first = await test.simulator.signIn(test.app, 'ada')
  const { response } = await test.simulator.signIn(test.app, 'pat', { cookie: first.cookie })
  const ours = (headers: { 'set-cookie'?: string | string[] | undefined }) => [headers['set-cookie'] ?? []].flat().filter((one) => one.startsWith(name))
  t.equal(ours(response.headers).length, 1)
  const over = await test.simulator.signIn(test.app, 'ada', { cookie: first.cookie })
  t.equal(ours(over.response.headers).length, 1, 'also for who comes with a session that is over')
  t.equal((await me(test, over.cookie)).statusCode, 200)
  const gone = await test.app.inject({ url: '/auth/nowhere', headers: { ...program, cookie: first.cookie } })
  t.equal(gone.statusCode, 404)
  t.match(ours(gone.headers), [/^__Host-entra-session=; Max-Age=0; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/], 'whatever the answer is')
  t.match(ours(response.headers)[0], /; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/)
  t.same(ours((await test.app.inject({ url: '/public', headers: { ...program, cookie: `${name}=unknown` } })).headers), [], 'an unknown one is left alone')
})

t.test('a session ends where the options no longer let its tenant in', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const before = await httpsApp(t, { database })
  const mallory = await before.simulator.signIn(before.app, 'mallory')
  const ada = await before.simulator.signIn(before.app, 'ada')
  const narrowed = { database, allowedTenants: ['62d81b84-3105-40cb-979d-5dd0aafa28d9'] }
  for (const options of [narrowed, { ...narrowed, tenant: 'contoso.example' }]) {
    const after = await httpsApp(t, options)
    t.equal((await me(after, mallory.cookie)).statusCode, 401)
    t.equal((await me(after, ada.cookie)).statusCode, 200)
  }
  t.equal((await me(before, mallory.cookie)).statusCode, 401, 'for good')
})

t.test('a store that is down, or a hook that refuses, ends on the error page and not in a loop', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  let status: number | null = null
  const test = await httpsApp(t, { database, sessionCache: 0 }, {
    before: (app) => app.addHook('onRequest', async () => { if (status !== null) throw Object.assign(new Error('busy'), { statusCode: status }) })
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const open = async (url: string) => await test.app.inject({ url, headers: { ...navigation, cookie } })
  const { DatabaseSync } = await import('node:sqlite')
  const other = new DatabaseSync(database)
  other.exec('alter table sessions rename to hidden')
  t.match((await open('/auth/account')).headers.location, '/auth/error?error=store_unavailable')
  const page = await open('/auth/error?error=store_unavailable')
  t.equal(page.statusCode, 503)
  t.match(page.body, /<h1>You are not signed in/)
  t.equal(page.headers['cache-control'], 'no-store')
  other.exec('alter table hidden rename to sessions')
  other.close()
  status = 429
  t.match((await open('/auth/account')).headers.location, '/auth/error?error=too_many_requests')
  t.equal((await open('/auth/error?error=too_many_requests')).statusCode, 429)
  for (status of [503, 404]) t.match((await open('/auth/account')).json(), { statusCode: status }, 'other refusals of the application keep their status')
})

t.test('an error page of the application that refuses itself is not sent to itself', async (t) => {
  const test = await httpsApp(t, { pages: false, errorRedirectUrl: '/auth/logout' })
  const answer = await test.app.inject({ method: 'POST', url: '/auth/logout', headers: navigation })
  t.match(answer.json(), { statusCode: 403, code: 'cross_site_request' })
})

t.test('where the session before cannot be ended there is no new one', async (t) => {
  const database = `${t.testdir()}/x.sqlite`
  const test = await httpsApp(t, { database, sessionCache: 60_000 })
  const first = await test.simulator.signIn(test.app, 'ada')
  const { DatabaseSync } = await import('node:sqlite')
  const other = new DatabaseSync(database)
  other.exec("create trigger no_end before delete on sessions begin select raise(abort, 'no'); end")
  const second = await test.simulator.signIn(test.app, 'pat', { cookie: first.cookie, headers: program })
  t.match(second.response.json(), { code: 'store_unavailable' })
  t.equal(second.cookie, first.cookie)
  other.close()
})

t.test('whoever is no user is nobody', async (t) => {
  for (const value of [undefined, 0, '', false, 'ada']) {
    const app = await httpsApp(t, {}, {
      before: (instance) => instance.get('/odd', {
        onRequest: async (request, reply) => {
          Object.assign(request, { user: value })
          await instance.requireUser(request, reply)
        }
      }, () => 'secret')
    })
    t.equal((await app.app.inject({ url: '/odd', headers: program })).statusCode, 401, `S20 ${String(value)}`)
  }
})

t.test('a session that belongs to another plugin is named at boot', async (t) => {
  await t.rejects(httpsApp(t, {}, { before: (app) => app.decorateRequest('session', null as never) }), { code: 'FST_ENTRA_CONFIGURATION', message: /request\.session belongs to another plugin/ })
})

t.test('data of the application is refused rather than lost', async (t) => {
  const test = await httpsApp(t, {}, {
    before: (app) => app.get('/fill', (request) => {
      Object.assign(request.session, { cart: 'apples' })
      return {}
    })
  })
  const answer = await test.app.inject({ url: '/fill', headers: program })
  t.equal(answer.statusCode, 500)
  t.match(answer.json().message, /request\.session\.cart was set\. Register @fastify\/session/)
})

t.test('names that are taken can be changed, and the message says how', async (t) => {
  const taken: Array<[Parameters<typeof httpsApp>[1], (app: TestApp['app']) => unknown, RegExp]> = [
    [{ userDecorator: 'person' }, (app) => app.decorateRequest('user', null), /request\.user belongs to another plugin.*"userDecorator"/],
    [{ requireUserDecorator: 'mustSignIn' }, (app) => app.decorate('requireUser', 1 as never), /app\.requireUser .*"requireUserDecorator"/],
    [{ scoredEmailDecorator: 'address' }, (app) => app.decorateRequest('scoredEmail', null), /request\.scoredEmail .*"scoredEmailDecorator"/],
    [{ accountsDecorator: 'people' }, (app) => app.decorate('accounts', 1 as never), /app\.accounts .*"accountsDecorator"/]
  ]
  for (const [options, before, message] of taken) {
    await t.rejects(httpsApp(t, {}, { before }), { code: 'FST_ENTRA_CONFIGURATION', message })
    if (options!.requireUserDecorator === undefined) {
      const test = await httpsApp(t, options, { before })
      t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, JSON.stringify(options))
    }
  }
  const test = await httpsApp(t, { userDecorator: 'person' }, { before: (app) => app.get('/person', (request) => (request as unknown as { person: unknown }).person) })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.app.inject({ url: '/person', headers: { ...program, cookie } })).json().displayName, 'Ada Lovelace')
})

t.test('an anonymous visitor costs no row and gets no cookie', async (t) => {
  const test = await httpsApp(t)
  const before = await test.rows()
  const answer = await test.app.inject({ url: '/public', headers: program })
  t.equal(answer.headers['set-cookie'], undefined)
  t.equal(await test.rows(), before)
})

import Fastify, { type FastifyRequest } from 'fastify'
import t from 'tap'
import { ConfigurationError } from '../../src/core/errors.ts'
import { requireUser } from '../../plugins/fastify-entra.ts'
import provider from '../../plugins/provider.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'
import { createPerson } from './person.ts'

const minute = 60_000
const hour = 60 * minute
const maxAge = 10 * minute

/** An application with a route that needs a recent sign-in, guarded by the imported hook and by that of the instance. */
async function guarded (t: { teardown: (f: () => unknown) => void }, options: Parameters<typeof httpsApp>[1] = {}) {
  let handled = 0
  const test = await httpsApp(t as never, options, {
    before: (app) => {
      const handler = async (request: FastifyRequest) => {
        handled += 1
        return request.user
      }
      app.route({ method: ['GET', 'POST'], url: '/early', onRequest: requireUser({ maxAge }), handler })
      app.route({ method: ['GET', 'POST'], url: '/late', handler, onRequest: async (request, reply) => await app.requireUser({ maxAge }).call(app, request, reply) })
      app.get('/prehandler', { preHandler: [requireUser, requireUser({ maxAge })] }, handler)
      app.get('/scope/any', { preValidation: requireUser }, handler)
    }
  })
  return { ...test, handled: () => handled }
}

async function open ({ app }: TestApp, url: string, cookie: string, headers: Record<string, string> = program) {
  return await app.inject({ url, headers: { ...headers, cookie } })
}

t.test('a sign-in that is too old is not enough for what needs a recent one', async (t) => {
  const test = await guarded(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += maxAge + 1
  for (const url of ['/early', '/late', '/prehandler']) {
    const answer = await open(test, url, cookie)
    t.match(answer.json(), { statusCode: 403, code: 'reauth_required', error: 'Forbidden' }, `L21 ${url}`)
    t.equal(answer.headers['cache-control'], 'no-store')
  }
  t.match((await test.app.inject({ method: 'POST', url: '/early', headers: { ...navigation, cookie } })).json(), { code: 'reauth_required' }, 'a form cannot be sent on')
  t.equal(test.handled(), 0)
  t.equal((await open(test, '/me', cookie)).statusCode, 200, 'for the rest it is')
  t.equal((await open(test, '/scope/any', cookie)).statusCode, 200)
})

t.test('a recent sign-in is enough, to the last millisecond', async (t) => {
  const test = await guarded(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += maxAge
  for (const url of ['/early', '/late', '/prehandler', '/me']) t.equal((await open(test, url, cookie)).json().displayName, 'Ada Lovelace', url)
})

t.test('nobody is not recent', async (t) => {
  const test = await guarded(t)
  for (const url of ['/early', '/late', '/prehandler']) {
    t.match((await open(test, url, '')).json(), { statusCode: 401, code: 'unauthenticated' })
    t.equal((await open(test, url, '', navigation)).headers.location, `/auth/sign-in?return_to=${encodeURIComponent(url)}`)
  }
  t.equal(test.handled(), 0)
})

t.test('who opens a page is told why, signs in afresh at Microsoft and comes back', async (t) => {
  const test = await guarded(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += hour
  const sent = await open(test, '/early?tab=2', cookie, navigation)
  t.match({ statusCode: sent.statusCode, location: sent.headers.location }, { statusCode: 303, location: '/auth/sign-in?return_to=%2Fearly%3Ftab%3D2&prompt=login' })
  const page = (await open(test, sent.headers.location!, cookie, navigation)).body
  t.match(page, /<p role="status">What you asked for needs a recent sign-in\./)
  const [, link] = /href="(\/auth\/microsoft\/login[^"]*)"/.exec(page)!
  t.equal(link, '/auth/microsoft/login?return_to=%2Fearly%3Ftab%3D2&amp;prompt=login')
  const start = await open(test, link!.replace('&amp;', '&'), cookie, navigation)
  t.equal(new URL(start.headers.location!).searchParams.get('prompt'), 'login', 'Microsoft asks for credentials')

  const back = await test.simulator.signIn(test.app, 'ada', { cookie, query: { return_to: '/early?tab=2', prompt: 'login' } })
  t.equal(back.location, '/early?tab=2')
  t.equal((await open(test, back.location!, back.cookie, navigation)).statusCode, 200)
  t.equal((await open(test, '/early', cookie)).statusCode, 401, 'the session before is over')
})

t.test('without pages the way leads straight to Microsoft', async (t) => {
  const test = await guarded(t, { pages: false })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now += hour
  t.equal((await open(test, '/early', cookie, navigation)).headers.location, '/auth/microsoft/login?return_to=%2Fearly&prompt=login')
})

t.test('only a new sign-in makes a session recent', async (t) => {
  const test = await guarded(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  for (let past = 0; past < 30; past++) {
    test.clock.now += minute
    t.equal((await open(test, '/me', cookie)).statusCode, 200)
  }
  t.equal((await open(test, '/early', cookie)).statusCode, 403, 'however busy it is')
  const cancelled = await test.simulator.signIn(test.app, 'ada', { cookie, cancel: true })
  t.equal((await open(test, '/early', cancelled.cookie)).statusCode, 403, 'a sign-in that was cancelled')
  const again = await test.simulator.signIn(test.app, 'ada', { cookie })
  t.equal((await open(test, '/early', again.cookie)).statusCode, 200)
})

t.test('a clock that was set back makes nobody recent', async (t) => {
  const test = await guarded(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.clock.now -= hour
  t.equal((await open(test, '/early', cookie)).statusCode, 403)
  test.clock.now += hour
  t.equal((await open(test, '/early', cookie)).statusCode, 200)
})

t.test('whoever an application puts on a request signed in at no time', async (t) => {
  const test = await httpsApp(t, {}, {
    before: (app) => {
      app.get('/odd', { preHandler: [async (request) => { Object.assign(request, { user: { id: 'somebody' } }) }, requireUser({ maxAge })] }, () => 'secret')
    }
  })
  t.match((await open(test, '/odd', '')).json(), { statusCode: 403, code: 'reauth_required' })
})

t.test('a wrong or missing maxAge is a mistake at boot, and opens nothing', async (t) => {
  const test = await guarded(t)
  for (const hook of [requireUser, test.app.requireUser]) {
    const call = hook as unknown as (...args: unknown[]) => unknown
    for (const wrong of [{ maxAge: 0 }, { maxAge: -1 }, { maxAge: 1.5 }, { maxAge: NaN }, { maxAge: Infinity }, { maxAge: '600000' }, { maxAge: null }, { maxAge: undefined }, {}, { maxage: 5 }, { maxAge: 5, other: 1 }, undefined, null, 600_000, 'x', []]) {
      t.throws(() => call(wrong), ConfigurationError, JSON.stringify(wrong))
    }
    t.throws(() => call(), { message: /"maxAge" must be milliseconds, an integer from 1, but nothing was given\..*onRequest: app\.requireUser/ })
    t.throws(() => call({ server: test.app, headers: {} } as unknown as FastifyRequest), ConfigurationError, 'a hook that was called without its reply')
  }
})

t.test('both forms are hooks that Fastify takes', async (t) => {
  const test = await guarded(t)
  for (const hook of [requireUser, requireUser({ maxAge }), test.app.requireUser, test.app.requireUser({ maxAge })]) {
    t.equal(hook.length, 2, 'with three it would be waited for in vain')
  }
  const app = Fastify()
  t.teardown(async () => await app.close())
  app.addHook('preHandler', requireUser({ maxAge }))
  app.get('/x', () => 'secret')
  t.equal((await app.inject('/x')).json().code, 'server_error', 'without the plugin nobody gets in')
  const bare = Fastify()
  t.teardown(async () => await bare.close())
  bare.addHook('onRequest', requireUser)
  bare.get('/x', () => 'secret')
  t.equal((await bare.inject('/x')).json().code, 'server_error')
})

t.test('our own routes can ask for a recent sign-in', async (t) => {
  const test = await httpsApp(t, {}, {
    before: (app) => app.get('/ask', (request) => {
      const { requireRecent, authenticatedAtOf } = signInOf(app)
      const { for: age } = request.query as { for?: string }
      if (age === undefined) requireRecent(request)
      else requireRecent(request, Number(age))
      return { at: authenticatedAtOf!(request) }
    })
  })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const signedInAt = test.clock.now
  t.match((await open(test, '/ask', '')).json(), { code: 'unauthenticated' })
  test.clock.now += maxAge
  t.same((await open(test, '/ask', cookie)).json(), { at: signedInAt })
  t.match((await open(test, '/ask?for=599999', cookie)).json(), { code: 'reauth_required' })
  t.match((await open(test, '/ask?for=x', cookie)).json(), { code: 'reauth_required' })
  test.clock.now += 1
  t.match((await open(test, '/ask', cookie)).json(), { code: 'reauth_required' })
  t.same((await open(test, '/ask?for=600001', cookie)).json(), { at: signedInAt })
})

t.test('without sessions of ours nobody is recent', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(provider, {
    baseUrl: 'http://localhost:3000', clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 'a-secret-value', database: ':memory:', onSignIn: () => {}
  })
  t.throws(() => signInOf(app).requireRecent({} as FastifyRequest), { code: 'unauthenticated' })
})

t.test('after the sign-out the page says so, and to nobody who is signed in', async (t) => {
  const test = await httpsApp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const page = async (query: string, by = '') => (await open(test, `/auth/sign-in${query}`, by, navigation)).body
  const status = /role="status"/
  t.match(await page('?signed_out=1'), /<p role="status">You are signed out here\./)
  t.notMatch(await page('?signed_out=1', cookie), status)
  for (const query of ['', '?signed_out=0', '?signed_out=1&signed_out=1', '?signed_out', '?prompt=none', '?prompt=consent', '?prompt=login&prompt=login']) {
    const body = await page(query)
    t.notMatch(body, status, query)
    t.match(body, 'href="/auth/microsoft/login"', query)
  }
  const off = await httpsApp(t, { enabled: false })
  t.match((await open(off, '/auth/sign-in?signed_out=1', '', navigation)).body, /You are signed out here[^]*switched off/)
})

t.test('with auth_time, who takes prompt=login out of the address at an unlocked desk is not recent', async (t) => {
  const test = await guarded(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour
  await ada.signIn('ada', '/auth/microsoft/login?return_to=%2Fearly')
  t.match((await ada.ask('/early')).json(), { code: 'reauth_required' }, 'back from Microsoft, where nobody was asked for credentials')
  t.equal((await ada.ask('/me')).statusCode, 200)
  t.match((await ada.ask('/auth/sessions')).json(), [{ authenticatedAt: test.clock.now - hour, createdAt: test.clock.now }])
  const back = await ada.signIn('ada', '/auth/microsoft/login?return_to=%2Fearly&prompt=login')
  t.equal(back.hops.at(-1), '/early', 'who was asked for them is')
  t.match(back.body, 'Ada Lovelace')
})

t.test('linking asks for the same proof', async (t) => {
  const test = await httpsApp(t)
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour
  await ada.signIn('ada')
  t.match((await ada.post('/auth/microsoft/link')).hops.at(-1), 'error=reauth_required')
  await ada.signIn('ada', '/auth/microsoft/login?prompt=login')
  t.match((await ada.post('/auth/microsoft/link')).hops.at(-1), '/oauth2/v2.0/authorize')
})

t.test('without auth_time a session is as recent as the return from Microsoft', async (t) => {
  const optionalClaims = ['email', 'xms_edov']
  const test = await httpsApp(t, {}, { simulator: { redirectUris: ['https://app.example/auth/microsoft/callback'], optionalClaims }, before: (app) => app.get('/recent', { onRequest: requireUser({ maxAge }) }, () => 'in') })
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += hour
  t.match((await ada.ask('/recent')).json(), { code: 'reauth_required' })
  await ada.signIn('ada')
  t.equal((await ada.ask('/recent')).body, 'in')
})

t.test('a session lives as long as anybody\'s, however long ago its person signed in at Microsoft', async (t) => {
  const test = await httpsApp(t, { idleTimeout: 2 * hour, absoluteTimeout: 2 * hour })
  const ada = createPerson(test)
  await ada.signIn('ada')
  test.clock.now += 100 * hour
  await ada.signIn('ada')
  t.equal((await ada.ask('/me')).statusCode, 200)
  test.clock.now += 2 * hour - 1
  t.equal((await ada.ask('/me')).statusCode, 200)
  test.clock.now += 1
  t.equal((await ada.ask('/me')).statusCode, 401)
})

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import entra, { type EntraOptions, isEntraError, requireUser } from '../../plugins/fastify-entra.ts'
import linking from '../../plugins/linking.ts'
import pages from '../../plugins/pages.ts'
import provider from '../../plugins/provider.ts'
import session from '../../plugins/session.ts'
import simulator, { createSimulator, signInAs } from '../../plugins/simulator.ts'
import verification from '../../plugins/verification.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { setNodeEnv } from '../node-env.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program } from './app.ts'

takesLong()

// They take a while to make, and nobody waits for them within the time-out of a request.
await signingKeys()

const baseUrl = 'http://localhost:3000'
const real = { baseUrl: 'https://app.example', clientId: '11111111-aaaa-bbbb-cccc-000000000001', clientSecret: 'a~secret~value', secrets: ['s'.repeat(32)], database: ':memory:' }

function newApp (t: Pick<Test, 'teardown'>): FastifyInstance {
  const app = Fastify()
  t.teardown(async () => await app.close())
  return app
}

async function register (t: Pick<Test, 'teardown'>, options: Partial<EntraOptions>): Promise<FastifyInstance> {
  const app = newApp(t)
  await app.register(entra, options as EntraOptions)
  await app.ready()
  return app
}

t.test('with a base URL alone it is a complete application, with the simulator in Microsoft\'s place', async (t) => {
  const app = newApp(t)
  await app.register(entra, { baseUrl, database: ':memory:' })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  const { cookie, location } = await signInAs(app, 'grace')
  t.equal(location, '/auth/account')
  t.match((await app.inject({ url: '/me', headers: { cookie } })).json(), { displayName: 'Grace Guest', email: { score: 20, verified: false } })
  t.match((await app.inject({ url: '/auth/sign-in', headers: navigation })).body, 'Simulated Microsoft')
  t.match(Object.keys((await signInAs(app, 'grace')).cookies), ['entra-session-3000'], 'without prefix, and with the port, where the site is http')
})

t.test('cookies of two applications on one host do not meet', async (t) => {
  for (const [origin, name] of [['http://localhost', 'entra-session-80'], ['http://localhost:4000', 'entra-session-4000']] as const) {
    const { cookies } = await signInAs(await register(t, { baseUrl: origin, database: ':memory:' }), 'ada')
    t.same(Object.keys(cookies), [name])
  }
})

t.test('what it keeps in development is for its owner alone', async (t) => {
  const folder = t.testdir()
  const database = join(folder, 'deep/app.sqlite')
  const app = await register(t, { baseUrl, database })
  await signInAs(app, 'ada')
  const files = readdirSync(join(folder, 'deep'))
  t.ok(files.includes('app.sqlite') && files.includes('app.sqlite.secret'))
  for (const file of files) t.equal(statSync(join(folder, 'deep', file)).mode & 0o077, 0, file)
})

t.test('without an option the database is a file where the application runs', async (t) => {
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(t.testdir())
  await signInAs(await register(t, { baseUrl }), 'ada')
  t.ok(readdirSync('.').includes('fastify-entra.sqlite'))
})

t.test('accounts and sessions outlive the process', async (t) => {
  const database = join(t.testdir(), 'app.sqlite')
  const first = Fastify()
  await first.register(entra, { baseUrl, database })
  const { cookie } = await signInAs(first, 'ada')
  await first.close()
  const second = newApp(t)
  await second.register(entra, { baseUrl, database })
  second.get('/me', { onRequest: second.requireUser }, (request) => request.user)
  t.equal((await second.inject({ url: '/me', headers: { cookie } })).json().displayName, 'Ada Lovelace')
})

t.test('the four plugins one by one do the same', async (t) => {
  const app = newApp(t)
  await app.register(simulator, { baseUrl })
  await app.register(provider, { baseUrl, database: ':memory:' })
  await app.register(verification)
  await app.register(linking, { use_email_as_identifier: true })
  await app.register(session)
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  const { cookie, location } = await signInAs(app, 'ada')
  t.equal(location, '/', 'without the pages')
  t.equal((await app.inject({ url: '/me', headers: { cookie } })).json().displayName, 'Ada Lovelace')
  t.equal((await app.inject({ url: '/me', headers: navigation })).headers.location, '/auth/microsoft/login?return_to=%2Fme', 'who opens a page goes straight to Microsoft')
  t.match((await app.inject({ url: '/auth/microsoft/callback', headers: navigation })).json(), { code: 'invalid_state' }, 'without an error page browsers get JSON')
  t.equal((await app.inject({ method: 'POST', url: '/auth/logout', headers: { ...navigation, cookie, origin: baseUrl } })).headers.location, '/')
})

t.test('each plugin names what it needs before it', async (t) => {
  await t.rejects(async () => await newApp(t).register(verification), { message: /fastify-entra\/provider/ })
  await t.rejects(async () => await newApp(t).register(linking), { message: /fastify-entra\/provider/ })
  await t.rejects(async () => await newApp(t).register(session), { message: /fastify-entra\/provider/ })
  await t.rejects(async () => await newApp(t).register(pages), { message: /fastify-entra\/provider/ })
})

t.test('an application may keep its own session: the hook gets who signed in', async (t) => {
  const app = newApp(t)
  await app.register(simulator, { baseUrl })
  await app.register(provider, {
    baseUrl,
    database: ':memory:',
    onSignIn: (_request, reply, { linked, token, returnTo }) => reply.send({ user: linked?.user.id, row: linked?.row, score: token?.email.score, returnTo })
  })
  await app.register(verification)
  await app.register(linking)
  const { response, cookie } = await signInAs(app, 'ada', { query: { return_to: '/x' } })
  t.match(response.json(), { user: /^[0-9a-f-]{36}$/, row: 'E2', score: 90, returnTo: '/x' })
  t.equal(cookie, '')
  t.same((await app.accounts.export(response.json().user)).sessions, [])
  await app.accounts.disable(response.json().user)
  t.equal((await signInAs(app, 'ada')).response.json().code, 'account_disabled', 'and accounts work without sessions of ours')
})

t.test('an application may do the linking itself, and even the verification', async (t) => {
  for (const [verified, expected] of [[true, { token: 'ada@contoso.example', linked: null }], [false, { token: null, linked: null }]] as const) {
    const app = newApp(t)
    await app.register(simulator, { baseUrl })
    await app.register(provider, {
      baseUrl, database: ':memory:', onSignIn: (_request, reply, { token, linked }) => { reply.send({ token: token?.email.canonical ?? null, linked }) }
    })
    if (verified) await app.register(verification)
    t.same((await signInAs(app, 'ada')).response.json(), expected)
  }
})

t.test('a hook that answers nothing leaves the redirect to us', async (t) => {
  const seen: unknown[] = []
  const app = await register(t, { baseUrl, database: ':memory:', onSignIn: (request, _reply, { linked, authorization, tokens }) => { seen.push(request.user?.id === linked?.user.id, Object.keys(authorization), tokens) } })
  t.equal((await signInAs(app, 'ada')).location, '/auth/account')
  t.same(seen, [true, ['attempt', 'issuer'], null], 'and is given no token that nobody asked for')
})

t.test('an application may bring its own account store', async (t) => {
  const calls: string[] = []
  const accounts = {
    transaction: async <Result>(work: (accounts: never) => Promise<Result>): Promise<Result> => await work(new Proxy({}, {
      get: (_target, name) => async () => {
        calls.push(String(name))
        return /^(?:identities|identifiers|proofs|invitations)Of$|^deleteUnverified$/.test(String(name)) ? [] : name === 'hasIdentities' ? false : null
      }
    }) as never)
  }
  const app = await register(t, { baseUrl, database: ':memory:', accounts })
  const { statusCode } = await signInAs(app, 'ada', { headers: program })
  t.ok(calls.includes('insertUser') && calls.includes('insertIdentity'))
  t.equal(statusCode, 403, 'this one forgets everybody, so nobody is active')
})

t.test('without anybody who keeps the sign-in it does not start', async (t) => {
  const app = newApp(t)
  await app.register(simulator, { baseUrl })
  await app.register(provider, { baseUrl, database: ':memory:' })
  await t.rejects(async () => await app.ready(), { message: /nothing keeps who signed in/ })
})

t.test('switched off, the sign-in routes are gone and sessions live on', async (t) => {
  const database = join(t.testdir(), 'app.sqlite')
  const on = Fastify()
  await on.register(entra, { baseUrl, database })
  const { cookie } = await signInAs(on, 'ada')
  await on.close()
  const off = await register(t, { baseUrl, database, enabled: false })
  for (const url of ['/auth/microsoft/login', '/auth/microsoft/callback']) t.equal((await off.inject(url)).statusCode, 404)
  t.match((await off.inject('/auth/sign-in')).body, 'switched off')
  t.equal((await off.inject({ url: '/auth/account', headers: { ...navigation, cookie } })).statusCode, 200)
})

t.test('routes are where the options say', async (t) => {
  const app = await register(t, {
    baseUrl, database: ':memory:', loginPath: '/thirdparty/auth', callbackPath: '/thirdparty/callback', logoutPath: '/bye', signInPath: '/in', accountPath: '/me', errorPath: '/oops'
  })
  const { location, cookie } = await signInAs(app, 'ada', { loginPath: '/thirdparty/auth' })
  t.equal(location, '/me')
  t.match((await app.inject({ url: '/me', headers: { cookie } })).body, 'action="/bye"')
  t.match((await app.inject('/in')).body, 'href="/thirdparty/auth"')
  t.equal((await app.inject({ url: '/thirdparty/callback', headers: navigation })).headers.location, '/oops?error=invalid_state')
  t.equal((await app.inject({ url: '/thirdparty/auth?return_to=/bye', headers: program })).json().code, 'redirect_not_allowed')
})

t.test('the pages can be left out, and a default target given', async (t) => {
  const app = await register(t, { baseUrl, database: ':memory:', pages: false, defaultReturnTo: '/home' })
  t.equal((await app.inject('/auth/sign-in')).statusCode, 404)
  t.equal((await signInAs(app, 'ada')).location, '/home')
  const withPages = await register(t, { baseUrl, database: ':memory:', defaultReturnTo: '/home' })
  t.equal((await signInAs(withPages, 'ada')).location, '/home')
})

t.test('presets are nothing but options, and what is given beside one wins', async (t) => {
  const score = async (options: Partial<EntraOptions>, account: string) => {
    const app = await register(t, { baseUrl, database: ':memory:', ...options })
    const { cookie, statusCode, response } = await signInAs(app, account, { headers: program })
    if (statusCode !== 303) return response.json().code
    const page = await app.inject({ url: '/auth/account', headers: { cookie } })
    return /<dt>Verified<\/dt><dd>(\w+)/.exec(page.body)?.[1] ?? 'none'
  }
  t.equal(await score({}, 'pat'), 'yes')
  t.equal(await score({ preset: 'strict' }, 'pat'), 'no', 'the string "1" is not the boolean')
  t.equal(await score({ preset: 'strict', strictEdov: false }, 'pat'), 'yes')
  t.equal(await score({ preset: 'strict', strictEdov: undefined }, 'pat'), 'no')
  t.equal(await score({}, 'udo'), 'none')
  t.equal(await score({ preset: 'upn' }, 'udo'), 'yes')
  t.equal(await score({ preset: 'upn' }, 'olga'), 'unverified_email')
  t.equal(await score({ preset: 'upn' }, 'amir'), 'unverified_email')
  t.equal(await score({ preset: 'upn', requireVerifiedEmail: false }, 'amir'), 'no')
})

t.test('wrong, unknown and contradictory options are refused, with their name and the remedy', async (t) => {
  const wrong: Array<[object, RegExp]> = [
    [{}, /fastify-entra: option "baseUrl" must be an origin.*but nothing was given/],
    [{ baseUrl, allow_email_acount_merge: true }, /no option "allow_email_acount_merge"\. Did you mean "allow_email_account_merge"/],
    [{ baseUrl, allow_email_account_merge: 'false' }, /"allow_email_account_merge" must be true or false, but "false" was given/],
    [{ baseUrl, tenant: ' common ' }, /"tenant" must be/],
    [{ baseUrl, threshold: 49 }, /"threshold" must be an integer from 50 to 100/],
    [{ baseUrl, preset: 'lax' }, /"preset" must be "standard", "strict" or "upn"/],
    [{ baseUrl, prefix: 'x' }, /"prefix" must be a plain path/],
    [{ baseUrl, authority: 'https://login.microsoftonline.us' }, /"authority" was given, but without "clientId" the simulator/],
    [{ baseUrl, environment: { fetch } }, /"environment\.fetch" was given, but without "clientId"/],
    [{ ...real, environment: { fecth: fetch } }, /"environment" must be an object with some of now/],
    ...[5, null, {}, { timeout: 0, size: 1 }, { timeout: 1, size: 1_048_577 }, { timeout: 300_001, size: 1 }, { timeout: 10 }].map((limits): [object, RegExp] =>
      [{ ...real, environment: { limits } }, /"environment" must be .* limits: \{ timeout \(milliseconds, 1 to 300000\), size \(bytes, 1 to 1048576\) \}/]),
    [{ ...real, environment: { now: 5 } }, /"environment"/],
    [{ ...real, errorRedirectUrl: 'http://www.example/oops' }, /"errorRedirectUrl"/],
    [{ ...real, errorRedirectUrl: '/auth/microsoft/login' }, /"errorRedirectUrl" is .* a route of the sign-in itself/],
    [{ baseUrl, clientSecret: 'a~secret~value' }, /"clientSecret" was given without "clientId"/],
    [{ baseUrl: 'https://app.example' }, /"clientId" is missing/],
    [{ ...real, clientSecret: undefined }, /"clientSecret" is missing/],
    [{ ...real, baseUrl: 'http://app.example' }, /for localhost only/],
    [{ ...real, idleTimeout: 700_000_000 }, /"idleTimeout"/],
    [{ ...real, allowedRedirectUrls: ['**'] }, /"allowedRedirectUrls"/],
    [{ ...real, defaultReturnTo: '//evil.example' }, /"defaultReturnTo"/],
    [{ ...real, defaultReturnTo: '/auth/logout' }, /"defaultReturnTo"/],
    [{ ...real, database: 'mysql://me:hush@localhost/x' }, /^(?!.*hush).*"database" must be the path of an SQLite file.*URLs of other databases/],
    [{ ...real, database: 'postgres://me:hush@localhost' }, /^(?!.*hush).*"database".*names no database/],
    [{ ...real, database: __filenameOf() }, /"database".*no SQLite database/]
  ]
  for (const [options, message] of wrong) await t.rejects(register(t, options as EntraOptions), { code: 'FST_ENTRA_CONFIGURATION', message }, String(message))
})

function __filenameOf (): string {
  return import.meta.filename
}

t.test('in production nothing is assumed, and the simulator does not start', async (t) => {
  setNodeEnv(t, 'production')
  await t.rejects(register(t, { baseUrl }), { message: /in production .* must be given: clientId, clientSecret, secrets, database/ })
  await t.rejects(async () => await newApp(t).register(simulator, { baseUrl }), { message: /NODE_ENV is "production"/ })
  t.throws(() => createSimulator(), { message: /NODE_ENV is "production"/ })
  const database = join(t.testdir(), 'app.sqlite')
  await t.rejects(register(t, { ...real, database, baseUrl }), { message: /must start with https/ })
  await t.rejects(register(t, real), { message: /":memory:", which forgets all accounts/ })
  t.ok(await register(t, { ...real, database }), 'the positive control')
})

t.test('a store that holds the simulator\'s identities is refused by a server with Microsoft', async (t) => {
  const database = join(t.testdir(), 'app.sqlite')
  const simulated = Fastify()
  await simulated.register(entra, { baseUrl, database })
  await signInAs(simulated, 'ada')
  await simulated.close()
  await t.rejects(register(t, { ...real, database }), { code: 'FST_ENTRA_CONFIGURATION', message: /"database".*simulated.*another database/ })
  t.ok(await register(t, { baseUrl, database }), 'and taken by one with the simulator')
})

t.test('so is one whose simulator ran under https', async (t) => {
  const database = join(t.testdir(), 'app.sqlite')
  const simulated = Fastify({ trustProxy: true })
  await simulated.register(entra, { baseUrl: 'https://localhost:3000', database })
  t.equal((await signInAs(simulated, 'ada', { headers: { 'x-forwarded-proto': 'https' } })).statusCode, 303)
  await simulated.close()
  await t.rejects(register(t, { ...real, database }), { message: /simulated/ })
})

t.test('worlds do not mix either where two servers booted on an empty store', async (t) => {
  const database = join(t.testdir(), 'app.sqlite')
  const simulated = await register(t, { baseUrl, database })
  const microsoft = await httpsApp(t, { database })
  t.equal((await signInAs(simulated, 'ada')).statusCode, 303)
  const { response } = await microsoft.simulator.signIn(microsoft.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 500, code: 'server_error' })
  t.match(microsoft.log(), '"reason":"store_of_other_world"')
})

t.test('it is registered once, at the root', async (t) => {
  const app = newApp(t)
  await app.register(entra, { baseUrl, database: ':memory:' })
  await t.rejects(async () => await app.register(entra, { baseUrl, database: ':memory:' }), { message: /registered already/ })
  const scoped = newApp(t)
  await t.rejects(async () => await scoped.register(async (scope) => await scope.register(entra, { baseUrl, database: ':memory:' }), { prefix: '/app' }), { message: /below the prefix "\/app"/ })
})

t.test('all paths can start with something else', async (t) => {
  const app = await register(t, { baseUrl, database: ':memory:', prefix: '/account' })
  const { location, cookie } = await signInAs(app, 'ada', { loginPath: '/account/microsoft/login' })
  t.equal(location, '/account/account')
  t.match((await app.inject({ url: location!, headers: { cookie } })).body, 'action="/account/logout"')
  t.match((await app.inject('/account/sign-in')).body, 'href="/account/microsoft/login"')
  t.equal((await app.inject({ url: '/account/microsoft/callback', headers: navigation })).headers.location, '/account/error?error=invalid_state')
})

t.test('a guard that was imported guards routes that were there first, and lets nobody in without the plugin', async (t) => {
  const app = newApp(t)
  app.get('/early', { onRequest: requireUser }, (request) => request.user)
  await app.register(entra, { baseUrl, database: ':memory:' })
  t.equal((await app.inject({ url: '/early', headers: program })).statusCode, 401)
  const { cookie } = await signInAs(app, 'ada')
  t.equal((await app.inject({ url: '/early', headers: { cookie } })).json().displayName, 'Ada Lovelace')
  const without = newApp(t)
  without.get('/early', { onRequest: requireUser }, () => 'secret')
  t.match((await without.inject('/early')).json(), { statusCode: 500, code: 'server_error' })
})

t.test('a hook that refuses a sign-in leaves nobody signed in', async (t) => {
  for (const thrown of [Object.assign(new Error('no'), { statusCode: 403 }), null, 'no']) {
    const app = newApp(t)
    await app.register(entra, { baseUrl, database: ':memory:', onSignIn: () => { throw thrown } })
    app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
    const { statusCode, cookie, response } = await signInAs(app, 'ada', { headers: program })
    t.equal(statusCode, thrown instanceof Error ? 403 : 500)
    t.notMatch(response.body, '"no"')
    t.equal(cookie, '')
    const [session] = [response.headers['set-cookie']].flat().filter((one) => one!.startsWith('entra-session'))
    t.match(session, /^entra-session-3000=; Max-Age=0/)
  }
  const app = newApp(t)
  await app.register(simulator, { baseUrl })
  await app.register(provider, { baseUrl, database: ':memory:', onSignIn: () => { throw new Error('no') } })
  t.equal((await signInAs(app, 'ada', { headers: program })).statusCode, 500, 'also without a session plugin')
})

t.test('merging without identifiers is warned of', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl, database: ':memory:', allow_email_account_merge: true })
  t.match(lines.join(''), '\\"allow_email_account_merge\\" without')
})

t.test('the log says where to sign in', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl, database: ':memory:' })
  await app.listen({ port: 0 })
  t.match(lines.join(''), 'a simulator stands in for Microsoft')
  t.match(lines.join(''), 'http://localhost:3000/auth/sign-in')
  t.match(lines.join(''), 'this server listens at another port')
  await app.inject({ url: '/auth/microsoft/login', headers: { ...navigation, host: '127.0.0.1:3000' } })
  t.match(lines.join(''), 'open http://localhost:3000')
})

t.test('who prints the application sees no secret', async (t) => {
  const { inspect } = await import('node:util')
  const { app, simulator } = await httpsApp(t, { secrets: ['canary-secret-of-more-than-32-characters'] })
  for (const shown of [inspect(app, { depth: 6 }), inspect(await register(t, { baseUrl, database: ':memory:' }), { depth: 6 })]) {
    for (const hidden of ['canary-secret', simulator.clientSecret]) t.notOk(shown.includes(hidden), 'X04')
  }
})

t.test('errors can be told apart by whoever catches them', async (t) => {
  const { accounts } = await register(t, { baseUrl, database: ':memory:' })
  const error = await accounts.disable('nobody').then(() => null, (refusal: unknown) => refusal)
  t.ok(isEntraError(error) && error.code === 'invalid_request' && error.detail.reason === 'unknown_user')
})

t.test('registration leaves the caller\'s options as they were', async (t) => {
  const options = Object.freeze({ ...real, secrets: Object.freeze([...real.secrets]) as string[], preset: 'upn' as const })
  t.ok(await register(t, options))
  t.equal((await httpsApp(t)).app.hasDecorator('entraOAuth2'), false, 'and decorates the application with our names only')
})

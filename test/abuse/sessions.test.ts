import { createHmac } from 'node:crypto'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { sql } from 'kysely'
import { Cookie } from 'tough-cookie'
import { signInOf } from '../../plugins/sign-in.ts'
import { differ } from '../forge.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from '../plugins/app.ts'
import { seen, sessionCookie, sessionIn } from '../plugins/session-cookie.ts'
import { keyOf, nameOf, post, storedSessions } from './session-helpers.ts'
import { isRefused, type Refusal, tries } from './trial.ts'
import { startWorld } from './world.ts'

takesLong()

const nobody: Refusal = { code: 'unauthenticated', attempt: 'kept' }
const minute = 60_000
const hour = 60 * minute

tries('S01', 'an id that a browser had before the sign-in is worth nothing after it', async (t, engine) => {
  const world = await startWorld(t, engine)
  const own = (await world.simulator.signIn(world.app, 'noel')).cookie
  const over = (await world.simulator.signIn(world.app, 'noel')).cookie
  await post(world, '/auth/logout', over)
  const planted = { 'the attacker\'s own session': own, 'one that is over': over, 'one that nobody had': `${sessionCookie}=${differ(own.split('=')[1]!, 0)}` }
  for (const [title, cookie] of Object.entries(planted)) {
    const response = await world.signIn('pat', { cookie })
    t.equal([response.headers['set-cookie']].flat().filter((one) => one!.startsWith(sessionCookie)).length, 1, 'and the cookie is set once')
    const given = sessionIn(response)
    t.not(given.split('.')[0], cookie.split('.')[0], `${title}: the id is a new one`)
    t.equal(await nameOf(world, given), 'Pat Personal', 'control: the person is in')
    t.notOk((await storedSessions(world)).includes(keyOf(cookie)), 'the other is not in the store')
    await isRefused(t, world, `${title}, afterwards`, nobody, async () => ({ response: await seen(world, cookie), sent: [cookie] }))
  }
})

tries('S01', 'nor is that of an anonymous visitor in the application\'s own sessions', async (t, engine) => {
  const world = await startWorld(t, engine, {
    before: async (app) => {
      await app.register(fastifyCookie)
      await app.register(fastifySession, { secret: 'own-secret-of-more-than-32-characters', cookieName: 'own', cookie: { sameSite: 'lax' } })
      app.get('/fill', (request) => Object.assign(request.session, { cart: 'apples' }) && {})
      app.get('/cart', (request) => ({ cart: (request.session as { cart?: string }).cart ?? null }))
    }
  })
  const get = async (url: string, cookie: string) => await world.app.inject({ url, headers: { ...program, cookie } })
  const anonymous = String((await get('/fill', '')).headers['set-cookie']).split(';')[0]!
  t.same((await get('/cart', anonymous)).json(), { cart: 'apples' }, 'control: it is one')
  const { cookies: { own } } = await world.simulator.signIn(world.app, 'pat', { cookie: anonymous })
  t.not(`own=${own}`, anonymous)
  t.equal(await nameOf(world, `own=${own}`), 'Pat Personal')
  t.same((await get('/cart', anonymous)).json(), { cart: null }, 'it is gone')
  await isRefused(t, world, 'whoever knows it', nobody, async () => await seen(world, anonymous))
})

tries('S03', 'a cookie that is not as it was given is nobody\'s', async (t, engine) => {
  const world = await startWorld(t, engine)
  const { cookies } = await world.simulator.signIn(world.app, 'pat')
  const value = cookies[sessionCookie]!
  const [id, signature] = value.split('.') as [string, string]
  const signed = (algorithm: string) => createHmac(algorithm, 'canary-secret-of-more-than-32-characters').update(id).digest('base64').replace(/=+$/, '')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ id })).toString('base64url')}.`
  const forged: Record<string, string> = {
    empty: '',
    unsigned: id,
    'without signature': `${id}.`,
    'another signature': `${id}.${differ(signature, 0)}`,
    'another id': `${differ(id, -1)}.${signature}`,
    'cut off': value.slice(0, -3),
    'cut short': value.slice(0, 20),
    longer: `${value}x`,
    'in front of it': `x${value}`,
    'twice signed': `${value}.${signature}`,
    'signed otherwise': `${id}.${signed('sha512')}`,
    'signed by the secret itself': `${id}.${signed('sha256')}`,
    'a token that nobody signed': none,
    '8 KB': 'x'.repeat(8_192),
    '8 KB after it': value + 'x'.repeat(8_192),
    NUL: '%00',
    'NUL after the id': `${id}%00.${signature}`,
    'no encoding': '%E0%A4%A',
    'a prototype': '__proto__',
    JSON: '{"entra":"x"}'
  }
  for (const [title, text] of Object.entries(forged)) {
    t.equal(await nameOf(world, `${sessionCookie}=${text}`), null, title)
    await isRefused(t, world, title, nobody, async () => ({ response: await seen(world, `${sessionCookie}=${text}`), sent: [text] }))
  }
  t.equal(await nameOf(world, `${sessionCookie}=${value}`), 'Pat Personal', 'control: as it was given')
  const victim = world.victim.cookie
  for (const [first, second] of [[`${sessionCookie}=x`, victim], [`${sessionCookie}=`, victim], [`${sessionCookie}=${value}`, victim]] as const) {
    const names = [await nameOf(world, `${first}; ${second}`), await nameOf(world, `${second}; ${first}`)]
    t.same(names, [first.endsWith(value) ? 'Pat Personal' : null, 'Ada Lovelace'], 'of two of one name the first counts, and nothing breaks')
  }
})

tries('S04', 'each cookie has all attributes that keep others from it', async (t, engine) => {
  for (const baseUrl of ['https://app.example', 'http://localhost:3000']) {
    const isHttps = baseUrl.startsWith('https:')
    const world = await startWorld(t, engine, {
      options: { baseUrl, verify_email: true, mailer: async () => {}, responseMode: 'query' }, simulator: { redirectUris: [`${baseUrl}/auth/microsoft/callback`] }
    })
    const answers = [(await world.begin('pat')).start, await world.signIn('pat'), await world.signIn('amir'), await world.app.inject({ url: '/auth/microsoft/callback?state=x', headers: navigation })]
    answers.push(await post(world, '/auth/logout', answers[1]!.headers['set-cookie']!.toString().split(';')[0]!, {}, { origin: baseUrl }))
    const cookies = answers.flatMap(({ headers }) => [headers['set-cookie'] ?? []].flat()).map((text) => Cookie.parse(text)!)
    const names = new Set(cookies.map(({ key }) => /entra-([a-z]+)/.exec(key)![1]!))
    t.same([...names].sort(), ['attempt', 'code', 'refusal', 'session'])
    for (const cookie of cookies) {
      t.match({ ...cookie.toJSON(), domain: cookie.domain }, { httpOnly: true, sameSite: 'lax', path: '/', domain: null }, cookie.key)
      t.equal(cookie.secure, isHttps)
      t.equal(cookie.key.startsWith('__Host-'), isHttps)
      t.ok(cookie.cookieString().length < 4_096)
    }
  }
})

tries('S06', 'after the sign-out a kept cookie is nobody\'s, and there is no row', async (t, engine) => {
  const world = await startWorld(t, engine)
  const { cookie } = await world.simulator.signIn(world.app, 'pat')
  t.equal(await nameOf(world, cookie), 'Pat Personal', 'control: before')
  const answer = await post(world, '/auth/logout', cookie)
  t.equal(answer.statusCode, 204)
  t.match(answer.headers['set-cookie'], /^__Host-entra-session=; Max-Age=0; Path=\/; .*; HttpOnly; Secure; SameSite=Lax$/)
  t.notOk((await storedSessions(world)).includes(keyOf(cookie)))
  for (const url of ['/me', '/auth/sessions']) await isRefused(t, world, url, nobody, async () => await world.app.inject({ url, headers: { ...program, cookie } }))
  t.equal(await nameOf(world, cookie), null)
})

tries('S07', 'a request that is on its way while the person signs out brings nothing back', async (t, engine) => {
  const gate = Promise.withResolvers<void>()
  const arrived: Array<() => void> = []
  const world = await startWorld(t, engine, {
    before: (app) => app.get('/slow', async (request) => {
      arrived.shift()?.()
      await gate.promise
      return request.user
    })
  })
  const { cookie } = await world.simulator.signIn(world.app, 'pat')
  // So late that the request notes that the session was seen.
  world.clock.now += 2 * minute
  await seen(world, world.victim.cookie)
  const there = new Promise<void>((resolve) => arrived.push(resolve))
  const slow = world.app.inject({ url: '/slow', headers: { ...program, cookie } })
  await there
  t.equal((await post(world, '/auth/logout', cookie)).statusCode, 204)
  const before = await world.rows()
  gate.resolve()
  const late = await slow
  t.equal(late.statusCode, 200, 'control: it was let in')
  t.equal(late.headers['set-cookie'], undefined)
  t.equal(await world.rows(), before)
  t.notOk((await storedSessions(world)).includes(keyOf(cookie)))
  await isRefused(t, world, 'afterwards', nobody, async () => await seen(world, cookie))
})

tries('S07', 'nor do many that were read before the sign-out and written after it', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { sessionCache: 0 } })
  for (let round = 0; round < 3; round++) {
    const { cookie } = await world.simulator.signIn(world.app, 'pat')
    world.clock.now += 2 * minute
    await seen(world, world.victim.cookie)
    const requests = Array.from({ length: 12 }, async (_, index) => await (index === 6 ? post(world, '/auth/logout', cookie) : seen(world, cookie)))
    for (const { statusCode, headers } of await Promise.all(requests)) {
      t.ok([200, 204, 401].includes(statusCode), String(statusCode))
      t.notMatch(String(headers['set-cookie']), /__Host-entra-session=[^;]/)
    }
    t.notOk((await storedSessions(world)).includes(keyOf(cookie)))
    await isRefused(t, world, `round ${round}`, nobody, async () => await seen(world, cookie))
  }
})

tries('S09', 'a session that nobody used for twelve hours is over', async (t, engine) => {
  const world = await startWorld(t, engine)
  const [unused, used] = [(await world.simulator.signIn(world.app, 'pat')).cookie, (await world.simulator.signIn(world.app, 'pat')).cookie]
  world.clock.now += 12 * hour - 1_000
  t.equal(await nameOf(world, used), 'Pat Personal', 'control: a second before')
  await seen(world, world.victim.cookie)
  world.clock.now += 2_000
  const answer = await seen(world, unused)
  t.match(answer.headers['set-cookie'], /^__Host-entra-session=; Max-Age=0/)
  await isRefused(t, world, 'a second after', nobody, async () => await seen(world, unused))
  t.equal(await nameOf(world, used), 'Pat Personal', 'control: the other was used')
})

tries('S10', 'no other site signs anybody out, links, unlinks or ends sessions', async (t, engine) => {
  const world = await startWorld(t, engine)
  const { cookie } = world.victim
  const list = (await world.app.inject({ url: '/auth/sessions', headers: { ...program, cookie } })).json() as Array<{ handle: string }>
  const { identity } = (await seen(world, cookie)).json() as { identity: Record<string, string> }
  const paths: Record<string, Record<string, string>> = {
    '/auth/logout': {}, '/auth/microsoft/link': {}, '/auth/microsoft/unlink': identity, '/auth/sessions/end': { session: list[0]!.handle }, '/auth/sessions/end-others': {}, '/auth/sessions/end-all': {}
  }
  const foreign: Record<string, Record<string, string>> = {
    'no Origin': {},
    evil: { origin: 'https://evil.example' },
    null: { origin: 'null' },
    'a sibling': { origin: 'https://sub.app.example' },
    'another port': { origin: 'https://app.example:444' },
    'by http': { origin: 'http://app.example' },
    'cross-site': { 'sec-fetch-site': 'cross-site' },
    'same-site, with our Origin': { 'sec-fetch-site': 'same-site', origin: 'https://app.example' },
    'typed in': { 'sec-fetch-site': 'none' }
  }
  for (const [path, payload] of Object.entries(paths)) {
    for (const [title, headers] of Object.entries(foreign)) {
      await isRefused(t, world, `${path}, ${title}`, { code: 'cross_site_request', attempt: 'kept' }, async () => await post(world, path, cookie, payload, headers))
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
      const { statusCode, headers } = await world.app.inject({ method, url: path, headers: { ...navigation, cookie, 'x-http-method-override': 'POST' } })
      t.equal(statusCode, 405, `${method} ${path}`)
      t.equal(headers['set-cookie'], undefined)
    }
    const form = await world.app.inject({ method: 'POST', url: path, headers: { ...program, cookie, 'content-type': 'text/plain', origin: 'https://app.example' }, payload: '{"csrf_token":"x"}' })
    t.equal(form.statusCode, 415, 'nor as a form that can be sent from anywhere')
  }
  t.equal((await seen(world, cookie)).statusCode, 200)
  t.equal((await post(world, '/auth/microsoft/link', cookie)).statusCode, 200, 'control: our own page links')
  t.equal((await post(world, '/auth/logout', cookie)).statusCode, 204, 'control: and signs out')
})

tries('S12', 'whoever is disabled is nobody at the next request', async (t, engine) => {
  const world = await startWorld(t, engine)
  const cookies = [(await world.simulator.signIn(world.app, 'pat')).cookie, (await world.simulator.signIn(world.app, 'pat')).cookie]
  const { id } = (await seen(world, cookies[0]!)).json() as { id: string }
  t.equal(await nameOf(world, cookies[1]!), 'Pat Personal', 'control: and believed for a second')
  await world.app.accounts.disable(id)
  for (const cookie of cookies) await isRefused(t, world, 'in every browser', nobody, async () => await seen(world, cookie))
  await isRefused(t, world, 'who signs in again', { code: 'account_disabled', attempt: 'used' }, async () => await world.signIn('pat'))
  await world.app.accounts.enable(id)
  t.equal(await nameOf(world, cookies[0]!), null, 'what has ended does not begin again')
  t.equal((await world.signIn('pat')).statusCode, 303, 'control: who is enabled signs in')
})

tries('S13', 'there are never more sessions of a user than the limit', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { maxSessionsPerUser: 3, sessionCache: 0 } })
  const signIn = async () => (await world.simulator.signIn(world.app, 'pat')).cookie
  const alive = async (cookies: readonly string[]) => (await Promise.all(cookies.map(async (cookie) => (await seen(world, cookie)).statusCode === 200)))
  const inTurn: string[] = []
  for (let count = 0; count < 5; count++) {
    inTurn.push(await signIn())
    world.clock.now += 1
  }
  t.same(await alive(inTurn), [false, false, true, true, true], 'the oldest go')
  const atOnce = await Promise.all(Array.from({ length: 10 }, signIn))
  const { length } = (await alive([...inTurn, ...atOnce])).filter(Boolean)
  t.ok(length > 0 && length <= 3, `${length} of ten at once`)
  t.ok((await storedSessions(world)).length <= 3 + 1, 'nor more rows, with that of somebody else')
  t.equal(await nameOf(world, world.victim.cookie), 'Ada Lovelace', 'control: who is of no concern')
})

tries('S15', 'who is in two hundred groups signs in, and neither cookie nor session grows', async (t, engine) => {
  const world = await startWorld(t, engine)
  const groups = Array.from({ length: 200 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
  const claims = { groups, name: 'N'.repeat(1_000), picture: `data:image/png;base64,${'A'.repeat(900)}` }
  const { response, cookie } = await world.simulator.signIn(world.app, 'pat', { claims })
  t.equal(response.statusCode, 303)
  for (const one of [response.headers['set-cookie'] ?? []].flat()) t.ok(one.length < 4_096)
  t.equal((await seen(world, cookie)).json().displayName.length <= 201, true)
  const rows = await signInOf(world.app).database.run(async (db) => await db.selectFrom('sessions').select('user').execute())
  for (const { user } of rows) t.ok(user.length < 8_192 && !user.includes('data:') && !user.includes(groups[0]!))
  const roles = Array.from({ length: 150 }, (_, index) => `Role.${index}`)
  t.same((await seen(world, (await world.simulator.signIn(world.app, 'pat', { claims: { roles } })).cookie)).json().roles, [], 'too many roles are none, and not some')
  await isRefused(t, world, 'a name of 100 KB', { code: 'invalid_token', attempt: 'used' }, async () =>
    (await world.simulator.signIn(world.app, 'pat', { claims: { name: 'N'.repeat(100_000) }, headers: program })).response)
})

tries('S16', 'a row that is not as it was written is nobody\'s session, and goes', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { sessionCache: 0 } })
  const good = { id: 'x', displayName: null, email: null, identity: { tid: 't', oid: 'o' }, roles: [] }
  const poisons: Record<string, string> = {
    'no JSON': '{',
    empty: '',
    'a list': '[]',
    null: 'null',
    'a prototype': '{"__proto__":{"id":"x"}}',
    'methods of the session': '{"save":1,"destroy":1,"regenerate":1}',
    '10 MB': `"${'x'.repeat(10_000_000)}"`,
    'somebody else': JSON.stringify(good),
    'roles that are none': JSON.stringify({ ...good, roles: 'Admin' }),
    'an address that is verified by nothing': JSON.stringify({ ...good, email: { verified: true } })
  }
  for (const [title, user] of Object.entries(poisons)) {
    const { cookie } = await world.simulator.signIn(world.app, 'pat')
    t.equal(await nameOf(world, cookie), 'Pat Personal', 'control: before')
    await signInOf(world.app).database.run(async (db) => await db.updateTable('sessions').set({ user }).where('key', '=', keyOf(cookie)).execute())
    t.match((await seen(world, cookie)).json(), { statusCode: 401, code: 'unauthenticated' }, title)
    t.notOk((await storedSessions(world)).includes(keyOf(cookie)), `${title}: it is gone`)
    await isRefused(t, world, `${title}, again`, nobody, async () => await seen(world, cookie))
  }
})

tries('S18', 'while the store is away nobody is anybody, no session begins, and it heals by itself', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { sessionCache: 0 } })
  const { cookie } = world.victim
  await away(world, async () => {
    for (const url of ['/me', '/public', '/auth/account', '/auth/sessions', '/auth/session']) {
      t.match((await world.app.inject({ url, headers: { ...program, cookie } })).json(), { statusCode: 503, code: 'store_unavailable' }, url)
    }
    t.equal(await nameOf(world, ''), null, 'who claims to be nobody is nobody')
    t.match((await post(world, '/auth/logout', cookie)).json(), { code: 'store_unavailable' }, 'nor is a sign-out told that did not happen')
    const response = await world.signIn('pat')
    t.match(response.json(), { statusCode: 503, code: 'store_unavailable' })
    t.notMatch(String(response.headers['set-cookie']), /__Host-entra-session=[^;]/)
  })
  t.equal(await nameOf(world, cookie), 'Ada Lovelace', 'control: it is back')
  t.equal((await world.signIn('pat')).statusCode, 303)
})

/** The table of sessions is not there meanwhile. */
async function away ({ app }: TestApp, work: () => Promise<unknown>): Promise<void> {
  const { database } = signInOf(app)
  await database.run(async (db) => await sql`alter table sessions rename to hidden`.execute(db))
  await work().finally(async () => await database.run(async (db) => await sql`alter table hidden rename to sessions`.execute(db)))
}

tries('S19', 'what is given to a browser for another purpose is no session', async (t, engine) => {
  const world = await startWorld(t, engine, { options: { verify_email: true, mailer: async () => {} } })
  const { cookie } = world.victim
  const asked = await world.signIn('amir')
  const failed = await world.app.inject({ url: '/auth/microsoft/callback?state=x', headers: navigation })
  const account = await world.app.inject({ url: '/auth/account', headers: { ...navigation, cookie } })
  const list = (await world.app.inject({ url: '/auth/sessions', headers: { ...program, cookie } })).json() as Array<{ handle: string }>
  const begun = await world.begin('pat')
  const others = {
    attempt: begun.cookie.split('=').slice(1).join('='),
    state: begun.authorizationUrl.searchParams.get('state'),
    code: begun.callback.searchParams.get('code'),
    'one-time code': valueOf(asked, '__Host-entra-code'),
    reference: valueOf(failed, '__Host-'),
    'csrf token': /name="csrf_token" value="([^"]+)"/.exec(account.body)?.[1],
    handle: list[0]!.handle,
    key: keyOf(cookie)
  }
  for (const [title, value] of Object.entries(others)) {
    t.ok(typeof value === 'string' && value.length > 10, title)
    for (const text of [value!, `${value}.${value}`, `${value}.${cookie.split('.')[1]}`]) {
      t.equal(await nameOf(world, `${sessionCookie}=${text}`), null)
    }
    await isRefused(t, world, title, nobody, async () => ({ response: await seen(world, `${sessionCookie}=${value}`), sent: [value!] }))
  }
  t.equal(await nameOf(world, cookie), 'Ada Lovelace', 'control: a session is')
})

function valueOf ({ headers }: Awaited<ReturnType<typeof seen>>, name: string): string | undefined {
  return [headers['set-cookie'] ?? []].flat().find((one) => one.startsWith(name) && !/=;/.test(one))?.split(';')[0]!.split('=').slice(1).join('=')
}

tries('S20', 'where it cannot be said who somebody is, they are nobody, and no route runs', async (t, engine) => {
  const users: unknown[] = []
  let ran = 0
  const world = await startWorld(t, engine, {
    options: { sessionCache: 0 },
    before: (app) => {
      app.addHook('onError', async ({ user }) => { users.push(user) })
      app.addHook('onResponse', async ({ user }) => { users.push(user) })
      app.get('/lax', (request) => {
        ran += 1
        return { isIn: Boolean(request.user) }
      })
    }
  })
  const lax = async (cookie: string) => await world.app.inject({ url: '/lax', headers: { ...program, cookie } })
  t.same((await lax(world.victim.cookie)).json(), { isIn: true }, 'control')
  t.same((await lax('')).json(), { isIn: false }, 'control')
  users.length = ran = 0
  await away(world, async () => {
    t.match((await lax(world.victim.cookie)).json(), { statusCode: 503, code: 'store_unavailable' })
    t.match((await seen(world, world.victim.cookie)).json(), { statusCode: 503, code: 'store_unavailable' })
  })
  t.equal(ran, 0)
  t.ok(users.length >= 4)
  for (const user of users) t.equal(user, null)
})

tries('S20', 'whatever else stands in the place of the user lets nobody in', async (t, engine) => {
  const world = await startWorld(t, engine, {
    before: (app) => {
      for (const [index, value] of [undefined, false, 0, '', 'ada', 5].entries()) {
        app.get(`/odd/${index}`, {
          onRequest: async (request, reply) => {
            Object.assign(request, { user: value })
            await app.requireUser(request, reply)
          }
        }, () => 'secret')
      }
    }
  })
  for (let index = 0; index < 6; index++) await isRefused(t, world, String(index), nobody, async () => await world.app.inject({ url: `/odd/${index}`, headers: program }))
})

tries('S21', 'behind a proxy that is not trusted a sign-in ends at once, and says why', async (t, engine) => {
  // The package's types know no number of hops, which Fastify takes.
  for (const trustProxy of [1 as unknown as string, false, '192.0.2.1']) {
    const test = await httpsApp(t, { database: await engine.newLocation(t) }, { server: { trustProxy } })
    const start = await test.app.inject({ url: '/auth/microsoft/login', headers: program })
    t.match({ ...start.json(), cookies: start.headers['set-cookie'] }, { statusCode: 500, code: 'insecure_transport', cookies: undefined }, String(trustProxy))
    t.match(test.log(), /trustProxy/)
    const page = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
    t.match(page.headers.location, /^\/auth\/error\?error=insecure_transport/)
    t.equal((await test.app.inject({ url: page.headers.location!, headers: navigation })).statusCode, 500, 'and no further: no loop')
  }
  const test = await httpsApp(t, { database: await engine.newLocation(t) }, { server: { trustProxy: '127.0.0.1' } })
  t.equal((await test.simulator.signIn(test.app, 'pat')).statusCode, 303, 'control: trusted')
})

tries('S22', 'a logout token ends nothing: Microsoft signs out by the front channel, and only whom it means', async (t, engine) => {
  const world = await startWorld(t, engine)
  const sids: string[] = []
  const answer = (response: Record<string, unknown>) => {
    sids.push(JSON.parse(Buffer.from(String(response.id_token).split('.')[1]!, 'base64url').toString()).sid)
    return response
  }
  const pat = sessionIn(await world.signIn('pat', { answer }))
  const noel = sessionIn(await world.signIn('noel', { answer }))
  const payload = { iss: 'https://login.microsoftonline.com/x/v2.0', aud: world.simulator.clientId, events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, sid: sids[0] }
  const token = [{ alg: 'none' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  for (const path of ['front-channel-logout', 'back-channel-logout', 'backchannel-logout', 'backchannel_logout', 'logout', 'callback']) {
    const { statusCode } = await world.app.inject({
      method: 'POST', url: `/auth/microsoft/${path}`, headers: { ...program, 'content-type': 'application/x-www-form-urlencoded' }, payload: `logout_token=${token}.&sid=${sids[0]}`
    })
    t.ok(statusCode === 404 || statusCode === 405 || statusCode === 415, `${path} ${statusCode}`)
  }
  const before = await world.rows()
  for (const query of [`sid=${sids[0]}x`, 'sid=', '', `sid=${sids[0]}&sid=${sids[1]}`, `sid=${sids[0]}&iss=${encodeURIComponent('https://evil.example')}`, `logout_token=${token}.`]) {
    t.equal((await world.app.inject(`/auth/microsoft/front-channel-logout?${query}`)).statusCode, 200, 'nobody is told whether there was one')
    t.equal(await world.rows(), before, query.replace(sids[0]!, 'SID'))
  }
  t.equal((await world.app.inject(`/auth/microsoft/front-channel-logout?sid=${sids[0]}`)).statusCode, 200)
  t.same([await nameOf(world, pat), await nameOf(world, noel), await nameOf(world, world.victim.cookie)], [null, 'Noel Nomail', 'Ada Lovelace'], 'control: the right one ends one')
})

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import events from '../../plugins/events.ts'
import type { AuthEvent, EntraOptions } from '../../plugins/fastify-entra.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

interface Seen extends TestApp {
  /** All events, as `onEvent` sees them. */
  readonly events: AuthEvent[]
  /** The types of the events since the last time. */
  readonly types: () => string[]
}

async function setUp (t: Pick<Test, 'teardown'>, options: Partial<EntraOptions> = {}): Promise<Seen> {
  const events: AuthEvent[] = []
  let shown = 0
  const test = await httpsApp(t, { onEvent: (event) => { events.push(event) }, ...options })
  const types = (): string[] => {
    const news = events.slice(shown).map(({ type }) => type)
    shown = events.length
    return news
  }
  return { ...test, events, types }
}

const ada = { tid: '11111111-1111-4111-8111-111111111111', oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' }
const merging = { use_email_as_identifier: true, allow_email_account_merge: true }
const signedIn = ['signed_in']

const signIns: Array<[title: string, options: Partial<EntraOptions>, before: (test: Seen) => Promise<unknown>, account: string, row: string, types: string[]]> = [
  ['a first sign-in', {}, async () => {}, 'ada', 'E2', ['user_created', 'signed_in']],
  ['a first sign-in that brings an identifier', { use_email_as_identifier: true }, async () => {}, 'ada', 'E2', ['user_created', 'identifier_added', 'signed_in']],
  ['a first sign-in without a verified address', {}, async () => {}, 'grace', 'C4', ['user_created', 'signed_in']],
  ['a first sign-in with an address that somebody holds', {}, async ({ app }) => await hold(app, 'ada@contoso.example'), 'ada', 'D5', ['user_created', 'signed_in']],
  ['a later sign-in', {}, async ({ simulator, app }) => await simulator.signIn(app, 'ada'), 'ada', 'B2', signedIn],
  ['a sign-in with another address', { use_email_as_identifier: true }, async ({ simulator, app }) => {
    await simulator.signIn(app, 'ada')
    simulator.setClaims('ada', { email: 'ada@new.example' })
  }, 'ada', 'B2', ['email_changed', 'identifier_added', 'signed_in']],
  ['a sign-in with an address that somebody else holds', { use_email_as_identifier: true }, async ({ simulator, app }) => {
    await simulator.signIn(app, 'ada')
    simulator.setClaims('ada', { email: 'ada@new.example' })
    await hold(app, 'ada@new.example')
  }, 'ada', 'B2', ['email_changed', 'identifier_held', 'signed_in']],
  ['a sign-in that proves an address which somebody else claimed', { use_email_as_identifier: true }, async ({ app }) => {
    const { id } = await app.accounts.create()
    await app.accounts.addEmail(id, 'ada@contoso.example')
  }, 'ada', 'E2', ['user_created', 'identifier_added', 'identifier_reclaimed', 'signed_in']],
  ['a sign-in that merges', { ...merging, endSessionsOnMerge: false }, async ({ simulator, app }) => await simulator.signIn(app, 'ada'), 'ada-home', 'D3', ['account_merged', 'signed_in']],
  ['a sign-in of who was invited', { use_email_as_identifier: true, allowSignup: false }, async ({ app }) => await app.accounts.invite({ email: 'ada@contoso.example' }), 'ada', 'E1', ['identity_linked', 'identifier_added', 'signed_in']]
]

async function hold (app: TestApp['app'], address: string): Promise<string> {
  const { id } = await app.accounts.create()
  await app.accounts.verifyEmail(id, address)
  return id
}

for (const [title, options, before, account, row, types] of signIns) {
  t.test(`${title} is told once, in order`, async (t) => {
    const test = await setUp(t, options)
    await before(test)
    test.types()
    const { statusCode, cookie } = await test.simulator.signIn(test.app, account)
    t.equal(statusCode, 303)
    t.same(test.types(), types)
    const me = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
    const told = test.events.slice(-types.length)
    const reclaimed = told.filter(({ type }) => type === 'identifier_reclaimed')
    for (const event of told.filter((one) => !reclaimed.includes(one))) {
      t.match(event, { userId: me.id, identity: me.identity, address: me.email.address, row, at: test.clock.now, requestId: /^req-/, code: null, reason: null })
      t.equal(event.evidence[0]!.score, me.email.score)
    }
    for (const event of reclaimed) {
      t.not(event.userId, me.id, 'who lost the address')
      t.equal(event.identity, null, 'is not told who proved it')
    }
  })
}

const refusals: Array<[title: string, options: Partial<EntraOptions>, before: (test: Seen) => Promise<unknown>, account: string, expected: Partial<AuthEvent>]> = [
  ['consent was refused', {}, async () => {}, 'carl', { code: 'access_denied', reason: 'authorization_access_denied', identity: null, row: null }],
  ['the token does not hold', {}, async ({ simulator }) => { simulator.setTokenResponseHook((response) => ({ ...response, id_token: 'a.b.c' })) }, 'ada', { code: 'invalid_token', identity: null, row: null }],
  ['there is no verified address (C2)', { requireVerifiedEmail: true }, async () => {}, 'grace', { code: 'unverified_email', reason: 'linking_C2', row: 'C2', address: 'grace@fabrikam.example' }],
  ['the address is somebody else\'s (C3)', merging, async ({ simulator, app }) => await simulator.signIn(app, 'ada'), 'mallory', { code: 'email_in_use', row: 'C3', address: 'ada@contoso.example', evidence: [{ kind: 'asserted', score: 20 }] }],
  ['the holder is disabled (D1)', merging, async ({ app }) => await app.accounts.disable(await hold(app, 'ada@contoso.example')), 'ada', { code: 'account_disabled', row: 'D1' }],
  ['the address was given to somebody else (D2)', merging, async ({ simulator, app }) => await simulator.signIn(app, 'ada'), 'adam', { code: 'email_in_use', row: 'D2' }],
  ['the address is held (D4)', { use_email_as_identifier: true }, async ({ app }) => await hold(app, 'ada@contoso.example'), 'ada', { code: 'email_in_use', row: 'D4' }],
  ['nobody new is accepted (F)', { allowSignup: false }, async () => {}, 'ada', { code: 'signup_disabled', row: 'F', reason: 'linking_F' }]
]

for (const [title, options, before, account, expected] of refusals) {
  t.test(`a refusal is told once, with as much as is known: ${title}`, async (t) => {
    const test = await setUp(t, options)
    await before(test)
    test.types()
    const { statusCode } = await test.simulator.signIn(test.app, account, { headers: program })
    t.ok(statusCode >= 400)
    t.same(test.types(), ['refused'])
    t.match(test.events.at(-1), { ...expected, userId: null, requestId: /^req-/ })
    if (expected.row != null) t.ok(test.events.at(-1)!.identity, 'who it was')
  })
}

t.test('a disabled user who comes back is told of by name (B1)', async (t) => {
  const test = await setUp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  await test.app.accounts.disable(id)
  test.types()
  await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.same(test.types(), ['refused'])
  t.match(test.events.at(-1), { code: 'account_disabled', row: 'B1', userId: id, identity: { oid: ada.oid } })
})

t.test('an identity that is linked by hand is told of, and nobody signs in', async (t) => {
  const test = await setUp(t, { use_email_as_identifier: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { userId } = test.events.at(-1)!
  const link = async (account: string) => {
    test.types()
    const start = await test.app.inject({ method: 'POST', url: '/auth/microsoft/link', headers: { ...program, cookie, origin: 'https://app.example' } })
    const attempt = [start.headers['set-cookie']].flat()[0]!.split(';')[0]!
    const answer = await test.simulator.fetch(start.json().url, { method: 'POST', body: new URLSearchParams({ simulator_account: account }), redirect: 'manual' })
    const target = new URL(answer.headers.get('location')!)
    return await test.app.inject({ url: target.pathname + target.search, headers: { ...program, cookie: `${cookie}; ${attempt}` } })
  }
  t.equal((await link('pat')).statusCode, 303)
  t.same(test.types(), ['identity_linked', 'identifier_added'])
  t.match(test.events.at(-1), { userId, row: 'A5', address: 'pat@outlook.example' })
  t.equal((await link('pat')).statusCode, 303)
  t.same(test.types(), [], 'what changes nothing is nothing')
  await test.simulator.signIn(test.app, 'vera')
  t.equal((await link('vera')).json().code, 'identity_in_use')
  t.same(test.types(), ['refused'])
  t.match(test.events.at(-1), { userId, row: 'A3', code: 'identity_in_use', identity: { oid: 'a101415d-cedc-4840-bb62-e1971d45e97a' } })
})

t.test('requests that are no sign-in are told of with the session that they have', async (t) => {
  const test = await setUp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { id } = (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json()
  test.types()
  const requests: Array<[object, Partial<AuthEvent>]> = [
    [{ url: '/auth/microsoft/callback', headers: program }, { code: 'invalid_state', userId: null, identity: null }],
    [{ url: '/auth/microsoft/login?return_to=https://evil.example', headers: program }, { code: 'redirect_not_allowed', userId: null }],
    [{ method: 'PUT', url: '/auth/microsoft/login', headers: program }, { code: 'invalid_request', reason: 'method', userId: null }],
    [{ url: '/auth/microsoft/callback', headers: { ...program, cookie } }, { code: 'invalid_state', userId: id, identity: { tid: test.events[0]!.identity!.tid, oid: ada.oid } }],
    [{ method: 'POST', url: '/auth/logout', headers: { ...program, cookie, origin: 'https://evil.example' } }, { code: 'cross_site_request', userId: id }]
  ]
  for (const [request, expected] of requests) {
    await test.app.inject(request)
    t.same(test.types(), ['refused'])
    t.match(test.events.at(-1), { address: null, row: null, evidence: [], ...expected })
  }
})

t.test('who signs out is told of once, with user and identity', async (t) => {
  const test = await setUp(t)
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const { userId, identity } = test.events.at(-1)!
  test.types()
  const signOut = async () => await test.app.inject({ method: 'POST', url: '/auth/logout', headers: { ...program, cookie, origin: 'https://app.example' } })
  t.equal((await signOut()).statusCode, 204)
  t.equal((await signOut()).statusCode, 204, 'a second time there is nobody')
  t.same(test.types(), ['signed_out'])
  t.match(test.events.at(-1), { userId, identity, requestId: /^req-/ })
})

t.test('an application that refuses at the very end is told what had happened until then', async (t) => {
  const test = await setUp(t, { onSignIn: () => { throw new Error('no') } })
  await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.same(test.types(), ['user_created', 'signed_in', 'refused'])
  t.match(test.events.at(-1), { code: 'server_error', row: 'E2', userId: test.events[0]!.userId, identity: { oid: ada.oid } })
})

t.test('so is one whose user is disabled while the session begins', async (t) => {
  const test = await setUp(t)
  const signIn = signInOf(test.app)
  signIn.isActive = async () => false
  await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.same(test.types(), ['user_created', 'refused'])
  t.match(test.events.at(-1), { code: 'account_disabled', reason: 'disabled_during_sign_in', userId: test.events[0]!.userId })
})

t.test('hooks are called after the commit and before the answer: they find what they were told of', async (t) => {
  const found: unknown[] = []
  const order: string[] = []
  const test: TestApp = await httpsApp(t, {
    use_email_as_identifier: true,
    onSignUp: async ({ userId, identity }) => {
      found.push((await test.app.accounts.find(userId!))?.id === userId, (await test.app.accounts.findByIdentity(identity!))?.id === userId)
      order.push('onSignUp')
    },
    onEvent: async ({ type, userId }) => {
      order.push(type)
      if (type === 'signed_in') found.push(JSON.parse(await test.rows()).find(([name]: [string]) => name === 'sessions')[1][0].user_id === userId)
    },
    onSignIn: () => { order.push('onSignIn') }
  })
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
  t.same(found, [true, true, true])
  t.same(order.filter((one) => one !== 'user_created'), ['onSignUp', 'identifier_added', 'signed_in', 'onSignIn'])
})

t.test('a hook that throws or hangs is logged without what it threw, and the sign-in goes on', async (t) => {
  const thrown = [new Error('canary\n ada@contoso.example'), 'canary', null]
  for (const error of thrown) {
    const test = await setUp(t, { onSignUp: () => { throw error } })
    t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
    t.match(test.log(), /"level":50.*"hook":"onSignUp","event":"user_created","reqId":"req-\w+","frames":\[.*"msg":"a hook threw"/)
    t.notMatch(test.log(), 'canary')
    t.same(test.types(), ['user_created', 'signed_in'])
  }
  const test = await setUp(t, { onSignUp: async () => await new Promise(() => {}), hookTimeout: 1 })
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
  t.match(test.log(), /"hook":"onSignUp","event":"user_created","reqId":"req-\w+","msg":"a hook took too long and is not waited for"/)
})

t.test('a hook that hangs at a refusal does not hold the refusal up for ever', async (t) => {
  const test = await setUp(t, { allowSignup: false, onRefuse: async () => await new Promise(() => {}), hookTimeout: 1 })
  const { response } = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 403, code: 'signup_disabled' })
})

t.test('whatever fails at telling it, a refusal is answered, and the log says nothing of what failed', async (t) => {
  const test = await httpsApp(t, { allowSignup: false })
  signInOf(test.app).listen(async () => await Promise.reject(new Error('canary')))
  const { response } = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 403, code: 'signup_disabled' })
  t.match(test.log(), /"reason":"unexpected","msg":"an event could not be kept"/)
  t.notMatch(test.log(), 'canary')
})

t.test('events are on the diagnostics channel', async (t) => {
  const seen: unknown[] = []
  const listener = (message: unknown, name: string | symbol): void => { seen.push(`${String(name)} ${(message as AuthEvent).row}`) }
  subscribe('fastify-entra:user_created', listener)
  subscribe('fastify-entra:signed_in', listener)
  t.teardown(() => {
    unsubscribe('fastify-entra:user_created', listener)
    unsubscribe('fastify-entra:signed_in', listener)
  })
  const test = await httpsApp(t)
  await test.simulator.signIn(test.app, 'ada')
  t.same(seen, ['fastify-entra:user_created E2', 'fastify-entra:signed_in E2'])
})

t.test('fifty first sign-ins of one identity at once are one sign-up', async (t) => {
  const test = await setUp(t)
  await Promise.all(Array.from({ length: 50 }, async () => await test.simulator.signIn(test.app, 'ada')))
  const types = test.types()
  t.equal(types.filter((type) => type === 'user_created').length, 1)
  t.equal(types.filter((type) => type === 'signed_in').length, 50)
})

t.test('browsers cause the same events as programs', async (t) => {
  const test = await setUp(t, { allowSignup: false })
  t.equal((await test.simulator.signIn(test.app, 'ada', { headers: navigation })).location, '/auth/error?error=signup_disabled')
  t.same(test.types(), ['refused'])
})

t.test('wrong hooks are refused at boot, and the plugin needs the provider', async (t) => {
  await t.rejects(httpsApp(t, { onSignUp: 'x' as never }), { message: /"onSignUp" must be a function \(event\)/ })
  await t.rejects(httpsApp(t, { hookTimeout: 0 }), { message: /"hookTimeout" must be milliseconds from 1 to 60000/ })
  await t.rejects(httpsApp(t, { onSignup: () => {} } as never), { message: /no option "onSignup"\. Did you mean "onSignUp"/ })
  const app = Fastify()
  t.teardown(async () => await app.close())
  await t.rejects(async () => await app.register(events), { message: /fastify-entra\/provider/ })
})

t.test('where no plugin verifies or links, a finished sign-in is told of all the same', async (t) => {
  const { default: provider } = await import('../../plugins/provider.ts')
  const { default: simulator, signInAs } = await import('../../plugins/simulator.ts')
  const app = Fastify()
  t.teardown(async () => await app.close())
  const seen: AuthEvent[] = []
  const baseUrl = 'http://localhost:3000'
  await app.register(simulator, { baseUrl })
  await app.register(provider, { baseUrl, database: ':memory:', onSignIn: (_request, reply) => { reply.send('in') } })
  await app.register(events, { onEvent: (event) => { seen.push(event) } })
  await signInAs(app, 'ada')
  t.match(seen, [{ type: 'signed_in', userId: null, identity: null, row: null }])
  t.equal(seen.length, 1)
})

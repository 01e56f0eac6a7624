import type { RequestListener } from 'node:http'
import type { Test } from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program } from '../plugins/app.ts'
import type { Engine } from '../store/engines.ts'
import { signIdToken } from '../verification/tokens.ts'
import { breakingMicrosoft, type BreakingMicrosoft, type Endpoint } from './breaking-microsoft.ts'
import { withToken } from './forge.ts'
import { isRefused, tries } from './trial.ts'
import { type Setting, startWorld, type World } from './world.ts'

takesLong()

const hour = 3_600_000
const day = 24 * hour
const json = { 'content-type': 'application/json' }
/** The people of these worlds are signed in for longer than keys are good for. */
const lasting = { idleTimeout: 90 * day, absoluteTimeout: 365 * day }

interface Outage { readonly world: World, readonly microsoft: BreakingMicrosoft }

async function startOutage (t: Test, engine: Engine, setting: Setting = {}): Promise<Outage> {
  const microsoft = await breakingMicrosoft(t)
  const world = await startWorld(t, engine, { ...setting, ...microsoft.setting, options: { ...lasting, environment: { limits: microsoft.limits }, ...setting.options } })
  return { world, microsoft }
}

/** Microsoft fails in this way: whoever comes is told so, their attempt is used and their code not sent again; and it heals by itself. */
async function failsFor (t: Test, { world, microsoft }: Outage, endpoint: Exclude<Endpoint, 'discovery'>, title: string, fault: RequestListener, code: ErrorCode, retryAfter?: string): Promise<void> {
  microsoft.fail(endpoint, fault)
  // The keys at hand are too old to be believed, and what failed last is tried anew.
  await passTime(world, 25 * hour)
  const asked = microsoft.met()
  const headers: unknown[] = []
  await isRefused(t, world, `${endpoint}: ${title}`, { code, attempt: 'used', token: endpoint === 'token' ? 0 : 1 }, async () => {
    const begun = await world.begin('pat')
    const response = await begun.finish()
    headers.push(response.headers['retry-after'])
    const again = await begun.finish()
    t.match(again.json(), { code: 'invalid_state' }, 'the attempt is burnt')
    return response
  })
  t.same(headers, [retryAfter, retryAfter], 'Retry-After')
  // Keys that could not be had are not asked for again at once, and who is told when to come again waits for that long.
  t.equal(microsoft.met() - asked, endpoint === 'token' && retryAfter === undefined ? 2 : 1, 'nobody is asked more than once for one sign-in')
  await microsoft.letGo()
  microsoft.heal()
}

/** What time alone does is done then: marks of used attempts have gone, and it is noted that the victim was seen. */
async function passTime (world: World, milliseconds: number): Promise<void> {
  world.clock.now += milliseconds
  await world.app.inject({ url: '/me', headers: { ...program, cookie: world.victim.cookie } })
  await signInOf(world.app).database.run(async (db) => await db.deleteFrom('used_attempts').execute())
}

const endpoints = ['token', 'keys'] as const

tries('D04', 'Microsoft that does not answer, or drips, is given up in time, and its connection closed', async (t, engine) => {
  const outage = await startOutage(t, engine)
  const slow: Readonly<Record<string, RequestListener>> = {
    'no answer': () => {},
    'an answer that drips': (_request, response) => {
      response.writeHead(200, json).write('{')
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    }
  }
  for (const endpoint of endpoints) {
    for (const [title, fault] of Object.entries(slow)) {
      outage.microsoft.limits.timeout = 1_500
      await failsFor(t, outage, endpoint, title, fault, 'provider_timeout')
      outage.microsoft.limits.timeout = 300_000
    }
  }
  outage.world.clock.now += hour
  t.equal((await outage.world.signIn('pat')).statusCode, 303, 'control: it heals by itself')
})

tries('D04', 'nor is the look-up of a tenant waited for', async (t, engine) => {
  const microsoft = await breakingMicrosoft(t)
  const test = await httpsApp(t, { database: await engine.newLocation(t), tenant: 'contoso.example', environment: { limits: microsoft.limits } }, microsoft.setting)
  const before = await test.rows(['used_attempts'])
  microsoft.limits.timeout = 1_500
  microsoft.fail('discovery', () => {})
  const refused = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(refused.response.json(), { statusCode: 504, code: 'provider_timeout' })
  t.equal(await test.rows(['used_attempts']), before)
  t.equal(refused.cookie, '')
  await microsoft.letGo()
  microsoft.heal()
  microsoft.limits.timeout = 300_000
  test.clock.now += 60_000
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, 'control: it heals by itself')
})

tries('D05', 'Microsoft that is overloaded is unavailable, with what it says of when to come again, and is not asked twice', async (t, engine) => {
  const outage = await startOutage(t, engine)
  const answering = (status: number, headers: Record<string, string> = {}): RequestListener => (_request, response) => { response.writeHead(status, { ...json, ...headers }).end('{"error":"server_error","error_description":"made-up"}') }
  for (const endpoint of endpoints) {
    for (const status of [429, 500, 502, 503, 504]) await failsFor(t, outage, endpoint, String(status), answering(status), 'provider_unavailable')
    await failsFor(t, outage, endpoint, '429 with Retry-After', answering(429, { 'retry-after': '7' }), 'provider_unavailable', '7')
    await failsFor(t, outage, endpoint, '503 with Retry-After that is none', answering(503, { 'retry-after': '-1\u00e9' }), 'provider_unavailable')
    await failsFor(t, outage, endpoint, 'a connection that breaks', (request) => { request.socket.destroy() }, 'provider_unavailable')
    await failsFor(t, outage, endpoint, '403 of a proxy', (_request, response) => { response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Blocked') }, 'provider_error')
    await failsFor(t, outage, endpoint, 'an answer of two megabytes', (_request, response) => { response.writeHead(200, json).end(`{"keys":[],"id_token":"${'x'.repeat(2_000_000)}"}`) }, 'provider_error')
  }
  outage.world.clock.now += hour
  t.equal((await outage.world.signIn('pat')).statusCode, 303, 'control: it heals by itself')
})

tries('D07', 'a token answer of a wrong shape is no sign-in', async (t, engine) => {
  const world = await startWorld(t, engine)
  const malformed: Readonly<Record<string, Record<string, unknown>>> = {
    'no ID token': { id_token: undefined },
    'an empty one': { id_token: '' },
    'a number': { id_token: 5 },
    null: { id_token: null },
    'an array of one': { id_token: ['a.b.c'] },
    'no access token': { access_token: undefined },
    'another type of token': { token_type: 'mac' },
    'no type': { token_type: undefined },
    types: { token_type: ['Bearer'] },
    'an error beside nothing': { id_token: undefined, access_token: undefined, error: 'invalid_grant' }
  }
  for (const [title, change] of Object.entries(malformed)) {
    await isRefused(t, world, title, { code: 'provider_error', attempt: 'used' }, async () => await world.signIn('pat', { answer: (response) => ({ ...response, ...change }) as typeof response }))
  }
  for (const text of ['a.b.c', 'a.b', 'x'.repeat(70_000), 'a.b.c.d.e', '..', '\u00e9.\u00e9.\u00e9']) {
    await isRefused(t, world, text.slice(0, 10), { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer: (response) => ({ ...response, id_token: text }) }))
  }
  for (const lifetime of [-1, 0, 'x', 1e99, null, [3_600], '3600']) {
    const answer = await world.signIn('pat', { answer: (response) => ({ ...response, expires_in: lifetime }) as typeof response })
    t.equal(answer.statusCode, 303, `control: a lifetime that is none is left out: ${JSON.stringify(lifetime)}`)
  }
})

tries('D08', 'while the keys cannot be had, people sign in for a day by those at hand, and the health check says so', async (t, engine) => {
  const { world, microsoft } = await startOutage(t, engine, { options: { health: true, healthToken: 'health-token-of-at-least-32-characters' } })
  const stateOfKeys = async (): Promise<string> => {
    world.clock.now += 1_000
    const answer = await world.app.inject({ url: '/auth/health', headers: { ...program, authorization: 'Bearer health-token-of-at-least-32-characters' } })
    return (answer.json() as { keys: { state: string } }).keys.state
  }
  const since = world.clock.now
  t.equal((await world.signIn('pat')).statusCode, 303)
  t.equal(await stateOfKeys(), 'ok')
  microsoft.fail('keys', (request) => { request.socket.destroy() })
  for (const hours of [2, 12, 23]) {
    world.clock.now = since + hours * hour
    t.equal((await world.signIn('pat')).statusCode, 303, `${hours} hours later`)
    t.equal(await stateOfKeys(), 'warning')
  }
  await passTime(world, hour)
  await isRefused(t, world, 'a day later', { code: 'provider_unavailable', attempt: 'used' }, async () => await world.signIn('pat'))
  t.equal(await stateOfKeys(), 'failing')
  microsoft.heal()
  world.clock.now += 5_000
  t.equal((await world.signIn('pat')).statusCode, 303, 'control: once they are there')
  t.equal(await stateOfKeys(), 'ok')
})

tries('D09', 'the first token by a key that was published a minute ago signs in, for one look at the keys', async (t, engine) => {
  const world = await startWorld(t, engine)
  t.equal((await world.signIn('pat')).statusCode, 303)
  const before = world.simulator.requests.keys
  await world.simulator.rotateKeys()
  t.equal((await world.signIn('pat')).statusCode, 303)
  t.equal(world.simulator.requests.keys - before, 1)
  t.same((await Promise.all(['pat', 'noel', 'vera', 'udo'].map(async (account) => await world.signIn(account)))).map(({ statusCode }) => statusCode), [303, 303, 303, 303])
  t.equal(world.simulator.requests.keys - before, 1)
})

tries('D10', 'a key that Microsoft takes back in an emergency signs nobody in an hour later', async (t, engine) => {
  const world = await startWorld(t, engine)
  const stolen = await signingKeys()
  const forge = async () => await world.signIn('pat', { answer: withToken(({ claims }) => signIdToken(claims, { ...stolen.personal, jwk: {} })) })
  t.equal((await world.signIn('pat')).statusCode, 303)
  await world.simulator.rotateKeys()
  world.simulator.removeOldKeys()
  t.equal((await forge()).statusCode, 303, 'within the hour nobody here knows')
  await passTime(world, hour)
  await isRefused(t, world, 'an hour later', { code: 'invalid_token', attempt: 'used' }, forge)
  t.equal((await world.signIn('pat')).statusCode, 303, 'control: by the new key')
})

tries('D11', 'a site starts while Microsoft is away, says so to who signs in, and needs no restart', async (t, engine) => {
  const microsoft = await breakingMicrosoft(t)
  const away: RequestListener = (request) => { request.socket.destroy() }
  microsoft.fail('token', away)
  const test = await httpsApp(t, { database: await engine.newLocation(t) }, microsoft.setting)
  t.equal((await test.app.inject({ url: '/auth/sign-in', headers: { ...program, accept: 'text/html' } })).statusCode, 200)
  const before = await test.rows(['used_attempts'])
  for (const endpoint of ['token', 'keys', 'token'] as const) {
    microsoft.fail(endpoint, away)
    const { response, cookie } = await test.simulator.signIn(test.app, 'ada', { headers: program })
    t.match(response.json(), { statusCode: 503, code: 'provider_unavailable' })
    t.equal(cookie, '')
    t.equal(await test.rows(['used_attempts']), before)
    test.clock.now += 100_000
  }
  microsoft.heal()
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, 'control: once it is there')
})

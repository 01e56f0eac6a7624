import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { inspect } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { daily, watchExpiry } from '../../plugins/provider/credentials.ts'
import { createOAuthClient } from '../../plugins/provider/oauth-client.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { realEnvironment } from '../../src/core/environment.ts'
import type { AuthEvent } from '../../src/core/events.ts'
import { prepareCredentials } from '../../src/credentials/prepare.ts'
import { createCredentialRing, restTime } from '../../src/credentials/ring.ts'
import type { Credential } from '../../src/credentials/types.ts'
import { resolveProvider } from '../../src/provider/config.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, program, type TestApp } from './app.ts'

takesLong()

const day = 86_400_000
/** What the clock of `httpsApp` shows. */
const start = Date.UTC(2021, 10, 22)
const good = 'canary~good~secret'
const expired = 'canary~expired~secret'
const secrets: SimulatorOptions = { clientSecret: good, clientSecrets: [{ value: expired, expiresAt: start - 1 }] }
const app = makeCertificate('app')
const cluster = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const issuer = 'https://cluster.example/'
const subject = 'system:serviceaccount:shop:web'
const federatedCredentials = [{ issuer, subject, keys: cluster.publicKey.export({ type: 'spki', format: 'pem' }) as string }]

async function appWith (t: Pick<Test, 'teardown'>, credentials: Credential[], simulator: SimulatorOptions = secrets, options: Partial<EntraOptions> = {}): Promise<TestApp> {
  return await httpsApp(t, { clientSecret: undefined, credentials, ...options }, { simulator })
}

/** A token of the cluster's, good for an hour. */
function clusterToken (now = start, claims: object = {}, key: KeyObject = cluster.privateKey): string {
  const signed = [{ alg: 'RS256', typ: 'JWT' }, { iss: issuer, sub: subject, aud: 'api://AzureADTokenExchange', exp: now / 1_000 + 3_600, ...claims }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

t.test('each kind of credential signs somebody in at Microsoft\'s own address', async (t) => {
  const file = join(t.testdir({ token: clusterToken() }), 'token')
  const kinds: Array<[Credential, SimulatorOptions]> = [
    [{ secret: good }, secrets],
    [{ certificate: app.certificate, privateKey: app.privateKey }, { certificates: [app.certificate] }],
    [{ federated: () => clusterToken() }, { federatedCredentials }],
    [{ tokenFile: file }, { federatedCredentials }]
  ]
  for (const [credential, simulator] of kinds) {
    for (const tenant of ['common', 'contoso.example']) {
      const test = await appWith(t, [credential], simulator, { tenant })
      t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303, `${Object.keys(credential).join()} at ${tenant}`)
      t.match(test.app.microsoft.credentials(), [{ state: 'ok', lastUsedAt: start, lastFailedAt: null }])
    }
  }
})

t.test('Secret fall-over: two secrets, the first expired: the person notices nothing, the log does', async (t) => {
  const test = await appWith(t, [{ secret: expired }, { secret: good }])
  const { statusCode, cookie } = await test.simulator.signIn(test.app, 'ada')
  t.equal(statusCode, 303)
  t.equal((await test.app.inject({ url: '/me', headers: { ...program, cookie } })).json().displayName, 'Ada Lovelace')
  t.equal(test.simulator.requests.token, 2)
  t.match(test.log(), /"level":50,.*"credential":"secret 1","reason":"token_invalid_client","aadsts":7000222,"correlationId":"[0-9a-f-]{36}","remedy":"the secret has expired: make a new client secret/)
  for (const hidden of [good, expired]) t.notMatch(test.log(), hidden)
  t.match(test.app.microsoft.credentials(), [{ name: 'secret 1', state: 'failing', lastFailedAt: start }, { name: 'secret 2', state: 'ok', lastUsedAt: start }])

  await test.simulator.signIn(test.app, 'pat')
  t.equal(test.simulator.requests.token, 3, 'from then on the good one goes first')
})

t.test('twenty sign-ins at once with an expired first secret all succeed, and the log says it once', async (t) => {
  const test = await appWith(t, [{ secret: expired }, { secret: good }])
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await test.simulator.signIn(test.app, 'ada')))
  t.strictSame(answers.map(({ statusCode }) => statusCode), Array.from({ length: 20 }, () => 303))
  t.equal(test.log().match(/Microsoft did not take a credential/g)?.length, 1)
})

t.test('a refresh falls over as well', async (t) => {
  let refreshToken: string | undefined
  const test = await appWith(t, [{ secret: expired }, { secret: 'canary~unknown' }, { certificate: app.certificate, privateKey: app.privateKey }],
    { ...secrets, certificates: [app.certificate] }, {
      scopes: ['openid', 'profile', 'offline_access'],
      returnTokens: true,
      onSignIn: (_request, _reply, { tokens }) => { refreshToken = tokens?.refreshToken }
    })
  await test.simulator.signIn(test.app, 'ada')
  t.equal(test.simulator.requests.token, 3)
  test.clock.now += restTime
  t.match(await signInOf(test.app).client!.refresh(refreshToken!, ['openid', 'offline_access']), { accessToken: /./, refreshToken: /./ })
  t.equal(test.simulator.requests.token, 5, 'after an hour one of the refused ones is tried again, and then the one that works')
  t.match(test.app.microsoft.credentials().map(({ state }) => state), ['failing', 'failing', 'ok'])
})

t.test('where no credential works everybody is refused, the log alerts, and the store is as it was; it heals without a restart', async (t) => {
  let token = 'no token'
  const test = await appWith(t, [{ secret: expired }, { federated: () => token }], { ...secrets, federatedCredentials })
  const before = await test.rows(['used_attempts'])
  const { response, cookie } = await test.simulator.signIn(test.app, 'ada', { headers: program })
  t.match(response.json(), { statusCode: 502, code: 'provider_error' })
  t.equal(cookie, '')
  t.equal(await test.rows(['used_attempts']), before)
  t.match(test.log(), /"level":50,.*"credential":"federated 1","reason":"federated_no_token","remedy":"the function of the federated credential gave no JWT"/)
  t.match(test.log(), /"level":50,.*no credential of this application works: nobody can sign in/)
  t.equal(test.simulator.requests.token, 1, 'what gives nothing to send sends nothing')
  token = clusterToken()
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
  t.match(test.log(), /"level":30,.*"credential":"federated 1".*works again/)
})

t.test('a token file is read at each sign-in, and one that is gone gives way to the next credential', async (t) => {
  const folder = t.testdir({ token: clusterToken() })
  const file = join(folder, 'token')
  const test = await appWith(t, [{ tokenFile: file }, { secret: good }], { ...secrets, federatedCredentials })
  const signIn = async (): Promise<unknown> => (await test.simulator.signIn(test.app, 'ada')).statusCode
  t.equal(await signIn(), 303)
  test.clock.now += 2 * 3_600_000
  writeFileSync(join(folder, 'next'), clusterToken(test.clock.now))
  renameSync(join(folder, 'next'), file)
  t.equal(await signIn(), 303, 'the new one is used')
  t.equal(test.app.microsoft.credentials()[0]!.lastUsedAt, test.clock.now)
  rmSync(file)
  t.equal(await signIn(), 303)
  t.match(test.log(), /"credential":"token file 1","reason":"token_file_missing","remedy":"the token file is not there/)
})

t.test('a token of the cluster\'s that Microsoft does not take gives way to the next credential', async (t) => {
  for (const [federated, number] of [
    [() => clusterToken(start, { sub: 'somebody' }), 700213], [() => clusterToken(start, { aud: 'somebody' }), 700212],
    [() => clusterToken(start, { iss: 'https://somebody.example' }), 700211], [() => clusterToken(start - day), 700024],
    [() => clusterToken(start, {}, app.key), 700027]
  ] as const) {
    const test = await appWith(t, [{ federated }, { secret: good }], { ...secrets, federatedCredentials })
    t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
    t.match(test.log(), new RegExp(`"credential":"federated 1",.*"aadsts":${number}`))
  }
})

t.test('who listens is told of a credential that failed, and the audit is not', async (t) => {
  const events: AuthEvent[] = []
  const published: unknown[] = []
  const listener = (event: unknown): void => { published.push(event) }
  subscribe('fastify-entra:credential_failed', listener)
  t.teardown(() => unsubscribe('fastify-entra:credential_failed', listener))
  const test = await appWith(t, [{ secret: expired, name: 'spring', expiresAt: '2022-01-01' }, { federated: () => '' }, { secret: good }], secrets, { onEvent: (event) => { events.push(event) } })
  await test.simulator.signIn(test.app, 'ada')
  t.match(events.filter(({ type }) => type.startsWith('credential')), [
    { type: 'credential_expiring', reason: 'spring: within 60 days', userId: null, requestId: null, code: null },
    { type: 'credential_failed', reason: 'spring: AADSTS7000222', code: 'provider_error', at: start },
    { type: 'credential_failed', reason: 'federated 1: federated_no_token' }
  ])
  t.equal(published.length, 2)
  t.strictSame((await test.app.audit.list()).map(({ type }) => type).filter((type) => type.startsWith('credential')), [])
})

t.test('an event that cannot be told stops nobody', async (t) => {
  const test = await appWith(t, [{ secret: expired }, { secret: good }], secrets, { audit: false })
  signInOf(test.app).listen(async ({ type }) => { if (type === 'credential_failed') throw new Error('canary') })
  t.equal((await test.simulator.signIn(test.app, 'ada')).statusCode, 303)
  t.match(test.log(), /"event":"credential_failed".*could not be told/)
  t.notMatch(test.log(), 'canary"')
})

t.test('credentials that end soon are told at boot, each as urgent as it is, and never by value', async (t) => {
  const ends = (days: number): Date => new Date(start + days * day)
  const late = makeCertificate('late', { to: '20211225' })
  const test = await appWith(t, [
    { secret: good, expiresAt: ends(61), name: 'far' }, { secret: 'canary~two~secret', expiresAt: ends(60), name: 'two months' },
    { certificate: late.certificate, privateKey: late.privateKey, name: 'a month' }, { secret: 'canary~week~secret', expiresAt: ends(7), name: 'a week' },
    { secret: expired, expiresAt: ends(-1), name: 'past' }
  ])
  const lines = test.log().split('\n').filter((line) => line.includes('a credential of this application')).map((line) => JSON.parse(line))
  t.match(lines, [
    { level: 40, credential: 'two months', daysLeft: 60, msg: /expires within 60 days: make a new one/ },
    { level: 40, credential: 'a month', daysLeft: 33, expiresAt: '2021-12-25T00:00:00.000Z', msg: /within 60 days/ },
    { level: 50, credential: 'a week', daysLeft: 7, msg: /within 7 days/ },
    { level: 50, credential: 'past', daysLeft: -1, msg: /has expired: make a new one and take this one out/ }
  ])
  t.strictSame(test.app.microsoft.credentials().map(({ state }) => state), ['ok', 'expiring', 'expiring', 'expiring', 'expired'])
  t.notMatch(test.log(), 'canary')
})

t.test('they are told once a day until the server closes, and who listens only of what is new', async (t) => {
  let look = (): void => {}
  let stopped = 0
  let now = start
  const lines: string[] = []
  const told: unknown[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  const context = { clientId: 'c', tokenEndpoint: 'https://login.example/token', environment: realEnvironment }
  const ring = createCredentialRing(prepareCredentials([{ secret: good, expiresAt: new Date(start + 31 * day) }], context), realEnvironment, { failed: () => {}, recovered: () => {}, exhausted: () => {} })
  watchExpiry(app, ring, { now: () => now }, async ({ reason }) => { told.push(reason) }, (work) => {
    look = work
    return () => { stopped += 1 }
  })
  await app.ready()
  for (let passed = 1; passed <= 3; passed++) {
    now += day
    look()
  }
  t.equal(lines.filter((line) => line.includes('"credential":"secret 1"')).length, 4)
  t.strictSame(told, ['secret 1: within 60 days', 'secret 1: within 30 days'])
  t.equal(stopped, 0)
  await app.close()
  t.equal(stopped, 1)
})

t.test('a day is a day of the machine, and the timer keeps no process alive', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  let looks = 0
  const stop = daily(() => { looks += 1 })
  mock.timers.tick(day - 1)
  t.equal(looks, 0)
  mock.timers.tick(1)
  mock.timers.tick(2 * day)
  t.equal(looks, 3)
  stop()
  mock.timers.tick(5 * day)
  t.equal(looks, 3)
  mock.timers.reset()
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const end = daily(() => {})
  t.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before)
  end()
})

t.test('who prints the application, its options or the gauge sees no secret', async (t) => {
  const credentials: Credential[] = [{ secret: good }, { certificate: app.certificate, privateKey: app.privateKey }]
  const test = await appWith(t, credentials, { ...secrets, certificates: [app.certificate] })
  await test.simulator.signIn(test.app, 'ada')
  const shown = [inspect(test.app, { depth: 9 }), inspect(test.app.microsoft, { depth: 9 }), JSON.stringify(test.app.microsoft.credentials()), test.app.printPlugins(), test.log()]
  for (const text of shown) for (const hidden of ['canary', 'PRIVATE KEY', 'client_assertion']) t.notOk(text.includes(hidden), `X04 ${hidden}`)
  t.strictSame(credentials.map((one) => Object.isFrozen(one)), [false, false], 'and the caller\'s objects are as they were')
})

t.test('options that contradict each other are refused', async (t) => {
  const boot = async (options: object): Promise<unknown> => {
    const app = Fastify()
    t.teardown(async () => await app.close())
    return await app.register(entra, { baseUrl: 'https://app.example', database: ':memory:', secrets: ['s'.repeat(32)], ...options })
  }
  const clientId = '11111111-aaaa-bbbb-cccc-000000000001'
  await t.rejects(boot({ clientId, clientSecret: good, credentials: [{ secret: good }] }), { code: 'FST_ENTRA_CONFIGURATION', message: /"clientSecret" and "credentials" were both given\. Drop "clientSecret"/ }, 'O37')
  await t.rejects(boot({ credentials: [{ secret: good }] }), { code: 'FST_ENTRA_CONFIGURATION', message: /"credentials" was given without "clientId"/ })
  await t.rejects(boot({ baseUrl: 'http://localhost:3000', credentials: [{ secret: good }] }), { code: 'FST_ENTRA_CONFIGURATION', message: /"credentials" was given without "clientId"/ }, 'no simulator steps in')
  for (const credentials of [[], {}, 'secret', ['secret'], [[]], Array.from({ length: 11 }, (_, index) => ({ secret: good, name: String(index) }))]) {
    await t.rejects(boot({ clientId, credentials }), { code: 'FST_ENTRA_CONFIGURATION', message: /"credentials" must be a list of one to 10 credentials.*not shown here/ })
  }
  await t.rejects(boot({ clientId, credentials: [{ tokenFile: join(t.testdir(), 'nowhere') }] }), { code: 'FST_ENTRA_CONFIGURATION', message: /credentials\[0\]: option "tokenFile" is .* but the token file is not there/ })
  await t.resolves(boot({ clientId, credentials: [{ federated: () => { throw new Error('not at boot') } }] }), 'boot asks nobody')
})

/** The client of the code flow, with its credentials, at a token endpoint that answers as a test wants. */
async function clientAt (t: Pick<Test, 'teardown'>, credentials: Credential[], answer: (sent: Record<string, string>) => readonly [status: number, body: object, headers?: Record<string, string>]) {
  const sent: Array<Record<string, string>> = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => { body += String(chunk) })
    request.on('end', () => {
      const names = [...new URLSearchParams(body).keys()]
      sent.push({ ...Object.fromEntries(new URLSearchParams(body)), names: names.sort().join(' '), authorization: String(request.headers.authorization) })
      const [status, json, headers = {}] = answer(sent.at(-1)!)
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clock = { now: start }
  const config = resolveProvider({
    baseUrl: 'https://app.example',
    clientId: '11111111-aaaa-bbbb-cccc-000000000001',
    credentials,
    authority: `http://127.0.0.1:${port}`,
    tenant: 'common',
    scopes: ['openid', 'profile'],
    loginPath: '/l',
    callbackPath: '/c',
    environment: { ...realEnvironment, limits: { timeout: 300_000, size: 1_048_576 }, now: () => clock.now }
  }, null, false)
  const app = Fastify()
  const client = await createOAuthClient(app, config)
  t.teardown(async () => {
    await app.close()
    server.close()
    server.closeAllConnections()
  })
  return { client, sent, clock }
}

const attempt = { state: 's', nonce: 'n', verifier: 'v'.repeat(43), returnTo: '/', intent: 'sign-in' as const, startedAt: 0 }
const tokens = { id_token: 'i', access_token: 'a', token_type: 'Bearer', expires_in: 3599 }

t.test('each kind sends its own parameters and no other, the client id once, and the same code and verifier', async (t) => {
  const { client, sent } = await clientAt(t, [{ secret: good }, { certificate: app.certificate, privateKey: app.privateKey }, { federated: () => 'a.b.c' }],
    ({ client_assertion: assertion }) => assertion === 'a.b.c' ? [200, tokens] : [401, { error: 'invalid_client', error_codes: [assertion === undefined ? 7000222 : 700027] }])
  t.match(await client.redeem('the-code', attempt), { idToken: 'i' })
  const grant = 'code code_verifier grant_type redirect_uri'
  t.strictSame(sent.map(({ names }) => names!.split(' ').filter((name) => !grant.includes(name)).join(' ')), [
    'client_id client_secret', 'client_assertion client_assertion_type client_id', 'client_assertion client_assertion_type client_id'
  ])
  for (const one of sent) t.match(one, { code: 'the-code', code_verifier: attempt.verifier, client_id: '11111111-aaaa-bbbb-cccc-000000000001', authorization: 'undefined' })
  t.match(await client.refresh('the-token', ['User.Read']), { accessToken: 'a' })
  t.match(sent.at(-1), { grant_type: 'refresh_token', refresh_token: 'the-token', client_assertion: 'a.b.c', scope: 'User.Read' }, 'the one that works goes first')
})

t.test('a code is not sent again for any other reason', async (t) => {
  for (const [status, body] of [[401, { error: 'invalid_client' }], [401, { error: 'invalid_client', error_codes: [7000218] }], [400, { error: 'invalid_grant', error_codes: [54005] }], [500, {}], [200, { error: 'invalid_client' }]] as const) {
    const { client, sent } = await clientAt(t, [{ secret: expired }, { secret: good }], () => [status, body])
    await t.rejects(client.redeem('c', attempt))
    t.equal(sent.length, 1, `D05 ${JSON.stringify(body)}`)
  }
})

t.test('after 429 or 503 with Retry-After nothing is sent until then, and callers are told the seconds that are left', async (t) => {
  for (const status of [429, 503]) {
    let busy = true
    const { client, sent, clock } = await clientAt(t, [{ secret: good }], () => busy ? [status, {}, { 'retry-after': '7' }] : [200, tokens])
    await t.rejects(client.redeem('c1', attempt), { code: 'provider_unavailable', detail: { reason: `token_status_${status}`, retryAfter: 7 } })
    busy = false
    clock.now += 2_500
    await t.rejects(client.redeem('c2', attempt), { code: 'provider_unavailable', detail: { reason: 'token_paused', retryAfter: 5 } })
    await t.rejects(client.refresh('r', ['User.Read']), { code: 'provider_unavailable', detail: { reason: 'token_paused' } }, 'a refresh as well')
    t.equal(sent.length, 1)
    clock.now += 4_500
    t.match(await client.redeem('c3', attempt), { idToken: 'i' })
    t.strictSame(sent.map(({ code }) => code), ['c1', 'c3'])
  }
})

t.test('busy without Retry-After is no reason to keep the next one waiting', async (t) => {
  let busy = true
  const { client, sent } = await clientAt(t, [{ secret: good }], () => busy ? [503, {}] : [200, tokens])
  await t.rejects(client.redeem('c1', attempt), { code: 'provider_unavailable' })
  busy = false
  t.match(await client.redeem('c2', attempt), { idToken: 'i' })
  t.equal(sent.length, 2)
})

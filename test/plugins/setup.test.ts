import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import provider from '../../plugins/provider.ts'
import setup from '../../plugins/setup.ts'
import { watchSignIns } from '../../plugins/setup/watch-sign-ins.ts'
import { type SignIn, signInOf } from '../../plugins/sign-in.ts'
import type { VerifiedSignIn } from '../../plugins/sign-in-result.ts'
import { createSimulator, type Simulator, type SimulatorKitOptions } from '../../plugins/simulator.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { contentSecurityPolicy } from '../../src/pages/layout.ts'
import { setNodeEnv } from '../node-env.ts'

const baseUrl = 'http://localhost:3000'
const clock = Date.UTC(2021, 10, 22)

interface TestSetup {
  readonly app: FastifyInstance
  readonly simulator: Simulator
  readonly lines: string[]
  readonly page: (request?: object) => Promise<string>
  readonly paste: (fields: Record<string, string>, headers?: object) => Promise<{ statusCode: number, body: string }>
}

/** An application on this machine, at a simulated Microsoft of its own. */
async function setUp (t: Pick<Test, 'teardown'>, given: Partial<EntraOptions> = {}, simulated: SimulatorKitOptions = {}): Promise<TestSetup> {
  await signingKeys()
  const environment = { now: () => clock }
  const simulator = createSimulator({ redirectUris: [`${baseUrl}/auth/microsoft/callback`], acceptMappedClaims: false, removeUnverifiedEmailClaim: true, environment, ...simulated })
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  const { clientId, clientSecret, fetch, agent } = simulator
  await app.register(entra, { baseUrl, clientId, clientSecret, database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], environment: { ...environment, fetch, agent }, ...given })
  await app.ready()
  t.teardown(async () => {
    await app.close()
    await simulator.close()
  })
  const local = { host: 'localhost:3000', accept: 'text/html' }
  return {
    app,
    simulator,
    lines,
    page: async (request = {}) => (await app.inject({ url: '/auth/setup', headers: local, ...request })).body,
    paste: async (fields, headers = {}) => await app.inject({
      method: 'POST', url: '/auth/setup', payload: new URLSearchParams(fields).toString(), headers: { ...local, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers }
    })
  }
}

/** What a page says, without its tags. */
function textOf (page: string): string {
  return page.replace(/<style>[^]*?<\/style>/, '').replace(/<[^>]+>/g, '').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&amp;/g, '&')
}

function idTokenOf (simulator: Simulator): { readonly value: () => string } {
  let token = ''
  simulator.setTokenResponseHook((response) => {
    token = String(response.id_token)
    return response
  })
  return { value: () => token }
}

t.test('the page shows what to register, the part to paste, and the state of each thing', async (t) => {
  const { app, page } = await setUp(t)
  const answer = await app.inject({ url: '/auth/setup', headers: { host: 'localhost:3000' } })
  t.match(answer, { statusCode: 200, headers: { 'content-security-policy': contentSecurityPolicy, 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' } })
  t.notMatch(answer.body, /<script|style="|\son\w+="/)
  const text = textOf(await page())
  for (const url of ['/auth/microsoft/callback', '/auth/signed-out', '/auth/microsoft/admin-consent/callback', '/auth/microsoft/front-channel-logout']) t.match(text, baseUrl + url)
  t.match(text, /Nothing that can be seen from here\./)
  t.match(text, /Right: The authority answers\.[^]*Right: Each credential is accepted[^]*Not known: The optional claims arrive\. Nobody has signed in yet/)
  t.match(text, /"name": "xms_edov"/)
  t.match(text, /Nobody has signed in since the server was started/)
})

t.test('what arrived last time is shown with each rule, the score, the decision, and each preset', async (t) => {
  const { app, simulator, page } = await setUp(t, { use_email_as_identifier: true })
  const token = idTokenOf(simulator)
  await simulator.signIn(app, 'ada')
  const html = await page()
  const text = textOf(html)
  t.match(text, /At 2021-11-22T00:00:00\.000Z\. Linking: E2\./)
  t.match(text, /Accepted, as far as it was checked\./)
  t.match(text, /ada@contoso\.example, score 90\.[^]*As the store is now: E2\. A new user is made, with the address as verified identifier\./)
  t.match(text, /standard: score 90, verified\. As the store is now: E2[^]*strict: score 90[^]*upn: score 90/)
  t.match(text, /Holds: The signature is good\.[^]*Holds: It is of this attempt \(nonce\)/)
  t.match(text, /xms_edovtrue/)
  t.match(text, /Right: The optional claims arrive/)
  t.notOk(html.includes(token.value()), 'the token itself is not shown')
  await simulator.signIn(app, 'ada-home', { headers: { accept: 'text/html' } })
  t.match(textOf(await page()), /Linking: D4: email_in_use\.[^]*As the store is now: D4\. The sign-in is refused: email_in_use\./)
})

t.test('a token that is refused is shown with the rule that it breaks', async (t) => {
  const { app, simulator, page } = await setUp(t)
  await simulator.signIn(app, 'ada', { claims: { aud: '11111111-2222-4333-8444-555555555555' }, headers: { accept: 'text/html' } })
  t.match(textOf(await page()), /Warning: token_refused[^]*Refused: invalid_token \(aud\)\.[^]*Broken: It is for this application[^]*Not checked: The key may sign for this issuer\. The sign-in was over before\./)
  const own = await setUp(t, {}, { appSpecificKeys: true })
  await own.simulator.signIn(own.app, 'ada')
  t.match(textOf(await own.page()), /Error: own_signing_keys[^]*Broken: The authority publishes that key\.[^]*Not checked: The signature is good\./)
})

t.test('a response without a readable token, and a link by hand, are shown as what they are', async (t) => {
  const { app, simulator, page } = await setUp(t)
  const { cookie } = await simulator.signIn(app, 'ada')
  await simulator.link(app, 'pat', { cookie })
  const linked = textOf(await page())
  t.match(linked, /Linking: A5\.[^]*pat@outlook\.example/)
  t.notMatch(linked, /As the store is now/)
  simulator.setTokenResponseHook((response) => ({ ...response, id_token: 'no.token.here' }))
  await simulator.signIn(app, 'vera')
  t.match(textOf(await page()), /Refused: invalid_token \(segments\)\./)
})

t.test('a pasted token is explained, and is in no log, no page and no memory', async (t) => {
  const { app, simulator, page, paste, lines } = await setUp(t, { allow_email_account_merge: true })
  const token = idTokenOf(simulator)
  await simulator.signIn(app, 'mallory')
  const { statusCode, body } = await paste({ token: ` ${token.value()} ` })
  t.equal(statusCode, 200)
  t.match(textOf(body), /The token that you pasted[^]*Not checked: It is of this attempt/)
  t.notOk(body.includes(token.value()))
  t.notOk(lines.join('').includes(token.value().split('.')[1]!))
  t.notMatch(textOf(await page()), /The token that you pasted/)
  t.match(textOf((await paste({ token: '<script>alert(1)</script>' })).body), /Refused: invalid_token \(segments\)\./)
})

t.test('a pasted manifest is checked, and counts from then on', async (t) => {
  const { simulator, page, paste } = await setUp(t, {}, { acceptMappedClaims: true, optionalClaims: ['email'] })
  t.match(textOf((await paste({ manifest: '{' })).body), /That is no app manifest/)
  t.match(textOf((await paste({})).body), /That is no app manifest/)
  const { body } = await paste({ manifest: JSON.stringify(simulator.manifest) })
  t.match(textOf(body), /The manifest was read[^]*Error: mapped_claims_accepted[^]*Warning: xms_edov_missing/)
  t.match(textOf(await page()), /Error: mapped_claims_accepted/)
})

t.test('what is wrong is shown with its remedy', async (t) => {
  const { page } = await setUp(t, { clientSecret: 'not-the-right-secret' }, { redirectUris: [`${baseUrl}/auth/microsoft/callback/`] })
  const text = textOf(await page())
  t.match(text, /Error: redirect_url_differs[^]*they differ by a slash at the end[^]*Error: secret_wrong[^]*copy the column "Value"/)
  t.match(text, /Wrong: The redirect URL is registered\./)
  t.match(textOf(await page({ headers: { host: '127.0.0.1:3000' } })), /Warning: other_host/)
})

t.test('it is refused in production, and where baseUrl is no loopback host', async (t) => {
  const options = { database: ':memory:', clientId: '75dc5961-e437-46ec-aed8-b15e9eba24db', clientSecret: 'a-client-secret' }
  const boot = async (given: EntraOptions): Promise<void> => {
    const app = Fastify()
    t.teardown(async () => await app.close())
    await app.register(entra, given)
  }
  await t.rejects(boot({ ...options, baseUrl: 'https://app.example', setup: true }), { message: /^fastify-entra\/setup: option "baseUrl" is "https:\/\/app\.example", and the set-up assistant runs on a developer's own machine only\./ })
  await t.rejects(boot({ ...options, baseUrl, setupPath: 'setup' }), { message: /option "setupPath" must be a plain path/ })
  setNodeEnv(t, 'production')
  await t.rejects(boot({ ...options, database: t.testdir() + '/a.sqlite', secrets: ['test-secret-of-at-least-32-characters'], baseUrl: 'https://localhost', setup: true, rateLimit: false }), { message: /^fastify-entra\/setup: NODE_ENV is "production", and there the set-up assistant never starts\./ })
})

t.test('it is there by itself on a developer\'s machine, elsewhere not, and can be left out', async (t) => {
  const status = async (given: Partial<EntraOptions>, url = '/auth/setup'): Promise<number> => (await (await setUp(t, given)).app.inject({ url, headers: { host: 'localhost' } })).statusCode
  t.equal(await status({}), 200)
  t.equal(await status({ setup: false }), 404)
  t.equal(await status({ setupPath: '/assistant' }, '/assistant'), 200)
  t.equal(await status({ baseUrl: 'https://app.example' }), 404)
})

t.test('it works with the provider alone, whichever plugin comes first', async (t) => {
  const app = Fastify()
  t.teardown(async () => await app.close())
  const simulator = createSimulator({ redirectUris: [`${baseUrl}/auth/microsoft/callback`] })
  const { clientId, clientSecret, fetch, agent } = simulator
  await app.register(provider, { baseUrl, clientId, clientSecret, database: ':memory:', environment: { fetch, agent }, onSignIn: () => {} })
  await app.register(setup)
  const { statusCode, body } = await app.inject({ url: '/auth/setup', headers: { host: 'localhost:3000' } })
  t.equal(statusCode, 200)
  t.notMatch(textOf(body), /Front-channel logout URL/)
  t.equal((await app.inject({ method: 'POST', url: '/auth/setup', payload: 'token=a.b.c', headers: { host: 'localhost:3000', origin: baseUrl, 'content-type': 'application/x-www-form-urlencoded' } })).statusCode, 200)
})

t.test('nobody but this machine is let in, straight, and no option lifts that', async (t) => {
  const { app, paste } = await setUp(t)
  const status = async (request: object): Promise<number> => (await app.inject({ url: '/auth/setup', headers: { host: 'localhost:3000' }, ...request })).statusCode
  t.equal(await status({ remoteAddress: '192.168.1.5' }), 403)
  t.equal(await status({ headers: { host: 'localhost:3000', 'x-forwarded-for': '127.0.0.1' } }), 403)
  t.equal(await status({ headers: { host: 'rebound.example' } }), 403)
  t.equal(await status({ headers: { host: 'localhost:3000', origin: 'https://evil.example' } }), 403)
  t.equal((await paste({ token: 'a.b.c' }, { host: 'rebound.example' })).statusCode, 403)
  t.equal((await paste({ token: 'a.b.c' }, { 'sec-fetch-site': 'cross-site', accept: 'application/json' })).statusCode, 403, 'a form of another site')
  t.equal((await paste({ token: 'a.b.c' }, { 'content-type': 'text/plain' })).statusCode, 415)
  t.equal((await paste({ token: 'a'.repeat(300_000) })).statusCode, 413)
  t.equal(await status({ method: 'PUT' }), 405)
  t.equal(await status({}), 200)
})

t.test('over a real socket it answers loopback alone, and says where it is', async (t) => {
  const { app, lines } = await setUp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.match(lines.join(''), /the set-up assistant is at http:\/\/localhost:3000\/auth\/setup/)
  const { port } = app.server.address() as AddressInfo
  const body = await new Promise<string>((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path: '/auth/setup', headers: { host: 'localhost:3000' } }, (response) => { text(response).then(resolve, reject) }).on('error', reject).end()
  })
  t.match(body, '<h1>Set-up assistant</h1>')
})

t.test('what is no refusal of ours goes through as it is', async (t) => {
  const signIn = { verify: null, link: async () => { throw new TypeError('foreign') } } as unknown as SignIn
  const last = watchSignIns(signIn)
  await t.rejects(signIn.link!({} as FastifyRequest, {} as VerifiedSignIn), { message: 'foreign' })
  t.equal(last(), null)
})

t.test('no sign-in fails by being looked at', async (t) => {
  const { app, simulator, lines } = await setUp(t)
  const { linking } = signInOf(app)
  Object.assign(signInOf(app), { linking: { ...linking, knowledgeOf: async () => { throw new Error('secret-cause') } } })
  const { statusCode, location } = await simulator.signIn(app, 'ada')
  t.same([statusCode, location], [303, '/auth/account'])
  t.match(lines.join(''), /the set-up assistant could not explain a sign-in/)
  t.notMatch(lines.join(''), /secret-cause/)
})

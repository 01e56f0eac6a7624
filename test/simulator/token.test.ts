import { readFileSync } from 'node:fs'
import t from 'tap'
import { readCredentials } from '../../src/simulator/client-authentication.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { createGrants } from '../../src/simulator/grants.ts'
import type { Application, Grant } from '../../src/simulator/types.ts'
import {
  carried, challenge, type Fields, form, numbers, otherApp, redirectUri, secret, simulate, testEnvironment, verifier, webApp
} from './simulated.ts'

const recorded = JSON.parse(readFileSync(new URL('../fixtures/recorded-answers.json', import.meta.url), 'utf8'))

t.test('a code is redeemed for the tokens of its sign-in, with the headers that were recorded', async (t) => {
  const { code, redeem } = simulate()
  const answer = await redeem({ code: await code() })
  t.equal(answer.status, 200)
  for (const [name, value] of Object.entries(recorded.token_success_headers)) t.equal(answer.headers[name.toLowerCase()], value, name)
  const body = JSON.parse(answer.body)
  t.strictSame(Object.keys(body), ['token_type', 'scope', 'expires_in', 'ext_expires_in', 'access_token', 'id_token'])
  t.match(body, { token_type: 'Bearer', scope: 'openid profile email', expires_in: 3599, ext_expires_in: 3599 })
})

t.test('whose home account it is, is told whom asks for it: at both endpoints, in the words of MSAL', async (t) => {
  const { authorize, code, redeem } = simulate()
  const { tid, oid } = builtInAccounts.find(({ key }) => key === 'ada')!
  const answer = JSON.parse((await redeem({ code: await code(), client_info: '1' })).body)
  t.strictSame(JSON.parse(Buffer.from(answer.client_info, 'base64url').toString()), { uid: oid, utid: tid })
  t.notOk('client_info' in JSON.parse((await redeem({ code: await code(), client_info: '0' })).body))
  const asked = carried(await authorize({ client_info: '1' }, form({ simulator_account: 'ada' })))
  t.equal(asked.client_info, answer.client_info)
  t.notOk('client_info' in carried(await authorize({}, form({ simulator_account: 'ada' }))))
})

t.test('an error has the members and the form that were recorded', async (t) => {
  const { redeem, environment } = simulate()
  environment.time = Date.UTC(2026, 10, 22, 1, 2, 3, 456)
  const answer = await redeem({ code: 'unknown' })
  const body = JSON.parse(answer.body)
  t.strictSame(Object.keys(body), Object.keys(recorded.error_shape.body))
  for (const [name, example] of Object.entries(recorded.error_shape.body)) t.equal(typeof body[name], typeof example, name)
  t.equal(body.timestamp, '2026-11-22 01:02:03Z')
  t.match(body.trace_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.equal(body.error_description, `AADSTS9002313: The code or refresh token is malformed or unknown. Trace ID: ${body.trace_id} Correlation ID: ${body.correlation_id} Timestamp: ${body.timestamp}`)
  t.equal(body.error_uri, 'https://login.microsoftonline.com/error?code=9002313')
  t.equal(answer.headers['cache-control'], 'no-store, no-cache')
})

interface Refusal {
  title: string
  parameters?: Fields
  request?: Parameters<ReturnType<typeof simulate>['redeem']>[1]
  status?: number
  error: string
  number: number
}

const refusals: Refusal[] = [
  { title: 'no grant type', parameters: { grant_type: undefined }, error: 'invalid_request', number: 900144 },
  { title: 'another grant type', parameters: { grant_type: 'password' }, error: 'unsupported_grant_type', number: 70003 },
  { title: 'no client', parameters: { client_id: undefined }, error: 'invalid_request', number: 900144 },
  { title: 'an unknown client', parameters: { client_id: 'somebody' }, error: 'unauthorized_client', number: 700016 },
  { title: 'an unknown tenant', request: { tenant: 'nowhere.example' }, error: 'invalid_request', number: 90002 },
  { title: 'no secret', parameters: { client_secret: undefined }, status: 401, error: 'invalid_client', number: 7000218 },
  { title: 'a wrong secret', parameters: { client_secret: `${secret}x` }, status: 401, error: 'invalid_client', number: 7000215 },
  { title: 'an expired secret', parameters: { client_secret: 'an-expired-secret' }, status: 401, error: 'invalid_client', number: 7000222 },
  { title: 'an assertion beside a secret', parameters: { client_assertion: 'a.b.c' }, error: 'invalid_request', number: 90023 },
  { title: 'no code', parameters: { code: undefined }, error: 'invalid_request', number: 900144 },
  { title: 'no redirect URI', parameters: { redirect_uri: undefined }, error: 'invalid_request', number: 900144 },
  { title: 'an unknown code', parameters: { code: 'x' }, error: 'invalid_grant', number: 9002313 },
  { title: 'a code in lower case', parameters: { code: 'LOWER' }, error: 'invalid_grant', number: 9002313 },
  { title: 'the code of another client', parameters: { client_id: otherApp.clientId }, error: 'invalid_grant', number: 70000 },
  { title: 'another redirect URI', parameters: { redirect_uri: 'https://app.example/other' }, status: 401, error: 'invalid_client', number: 500112 },
  { title: 'another tenant', request: { tenant: 'organizations' }, error: 'invalid_grant', number: 700005 },
  { title: 'no verifier', parameters: { code_verifier: undefined }, error: 'invalid_grant', number: 50148 },
  { title: 'a wrong verifier', parameters: { code_verifier: `${verifier}x` }, error: 'invalid_grant', number: 501481 },
  { title: 'a short verifier', parameters: { code_verifier: 'short' }, error: 'invalid_grant', number: 501481 },
  { title: 'the challenge as verifier', parameters: { code_verifier: challenge }, error: 'invalid_grant', number: 501481 },
  { title: 'a page of a browser', request: { origin: 'https://app.example' }, error: 'invalid_request', number: 9002326 },
  { title: 'GET', request: { method: 'GET' }, error: 'invalid_request', number: 900561 },
  { title: 'JSON', request: { contentType: 'application/json' }, error: 'invalid_request', number: 900144 },
  { title: 'no content type', request: { contentType: undefined }, error: 'invalid_request', number: 900144 },
  { title: 'a doubled parameter', request: { ...form({ code: 'a' }), body: 'grant_type=authorization_code&code=a&code=b' }, error: 'invalid_request', number: 9000411 }
]

t.test('what is wrong in one place is refused with its number, and the same code is still good', async (t) => {
  for (const { title, parameters, request, status = 400, error, number } of refusals) {
    const { code, redeem } = simulate()
    const issued = await code()
    const given = parameters?.code === 'LOWER' ? { code: issued.toLowerCase() } : { code: issued, ...parameters }
    const answer = await redeem(given, request)
    t.equal(answer.status, status, title)
    t.match(JSON.parse(answer.body), { error, error_codes: [number] }, title)
    t.equal((await redeem({ code: issued })).status, 200, `${title}: the right request gets through`)
  }
})

t.test('a code is good once, also for twenty at a time', async (t) => {
  const { code, redeem } = simulate()
  const issued = await code()
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await redeem({ code: issued })))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const answer of answers.filter(({ status }) => status !== 200)) t.strictSame(numbers(answer), [54005])
})

t.test('a code is good for a minute', async (t) => {
  const { code, redeem, environment } = simulate()
  const [late, early] = [await code(), await code()]
  environment.time += 59_999
  t.equal((await redeem({ code: early })).status, 200)
  environment.time += 1
  t.strictSame(numbers(await redeem({ code: late })), [70008])
})

t.test('PKCE is plain where no method is named, and nothing where there is no challenge', async (t) => {
  const { code, redeem } = simulate()
  for (const method of ['plain', undefined]) {
    const issued = await code('ada', { code_challenge: verifier, code_challenge_method: method })
    t.strictSame(numbers(await redeem({ code: issued, code_verifier: `${verifier}x` })), [501481])
    t.equal((await redeem({ code: issued })).status, 200)
  }
  const without = await code('ada', { code_challenge: undefined, code_challenge_method: undefined })
  t.strictSame(numbers(await redeem({ code: without })), [501481], 'a verifier that nobody asked for is the mark of a mix-up')
  t.equal((await redeem({ code: without, code_verifier: undefined })).status, 200)
})

t.test('a client may show its secret in the header, both halves form-encoded', async (t) => {
  const odd = 'a:b c+d%e&f=g/é'
  const { code, redeem } = simulate({ applications: [{ ...webApp, clientSecrets: [{ value: odd }] }] })
  const encoded = [webApp.clientId, odd].map((part) => new URLSearchParams({ part }).toString().slice('part='.length)).join(':')
  const authorization = `Basic ${Buffer.from(encoded).toString('base64')}`
  const issued = await code()
  const bare = { code: issued, client_id: undefined, client_secret: undefined }
  t.strictSame(numbers(await redeem({ ...bare, client_secret: odd }, { authorization })), [90023], 'not in both places')
  t.strictSame(numbers(await redeem({ ...bare, client_id: otherApp.clientId }, { authorization })), [90023], 'not for two clients')
  t.strictSame(numbers(await redeem(bare, { authorization: 'Bearer x' })), [7000215])
  t.strictSame(numbers(await redeem(bare, { authorization: 'Basic !' })), [7000215])
  t.strictSame(numbers(await redeem(bare, { authorization: `Basic ${Buffer.from(`${webApp.clientId}:wrong`).toString('base64')}` })), [7000215])
  t.strictSame(numbers(await redeem(bare, { authorization: `Basic ${Buffer.from(webApp.clientId).toString('base64')}` })), [7000218], 'half a header has no secret')
  t.equal((await redeem({ ...bare, client_id: webApp.clientId }, { authorization })).status, 200)
})

t.test('a header may be written raw where nothing in it needs encoding', async (t) => {
  const header = `basic ${Buffer.from('id:a&b;c').toString('base64')}`
  t.strictSame(readCredentials(header, new Map()), { clientId: 'id', clientSecret: 'a&b;c' })
})

t.test('without openid there is no ID token, with offline_access there is a refresh token', async (t) => {
  const { code, redeem } = simulate()
  const bare = JSON.parse((await redeem({ code: await code('ada', { scope: 'User.Read' }) })).body)
  t.notOk('id_token' in bare)
  t.notOk('refresh_token' in bare)
  t.equal(bare.scope, 'User.Read')
  const full = JSON.parse((await redeem({ code: await code('ada', { scope: 'openid offline_access' }) })).body)
  t.ok(full.id_token)
  t.ok(full.refresh_token)
  t.equal(full.scope, 'openid', 'offline_access is no scope of the access token')
})

async function withRefreshToken (parts: Parameters<typeof simulate>[0] = {}) {
  const simulated = simulate(parts)
  const code = await simulated.code('ada', { scope: 'openid profile offline_access' })
  const { refresh_token: first } = JSON.parse((await simulated.redeem({ code })).body) as { refresh_token: string }
  const refresh = async (token: string | undefined, parameters: Fields = {}, tenant = 'common') => await simulated.redeem(
    { grant_type: 'refresh_token', refresh_token: token, redirect_uri: undefined, code_verifier: undefined, ...parameters }, { tenant })
  return { ...simulated, first, refresh }
}

t.test('a refresh token gives new tokens and a new refresh token, and the old one stays valid', async (t) => {
  const { first, refresh } = await withRefreshToken()
  const second = JSON.parse((await refresh(first)).body)
  t.ok(second.id_token)
  t.not(second.refresh_token, first)
  t.equal((await refresh(first)).status, 200)
  t.equal((await refresh(second.refresh_token)).status, 200)
})

t.test('a refreshed ID token has no nonce: that belongs to the sign-in', async (t) => {
  const { first, refresh } = await withRefreshToken()
  const { id_token: idToken } = JSON.parse((await refresh(first)).body)
  const claims = JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url').toString())
  t.notOk('nonce' in claims)
  t.equal(claims.name, 'Ada Lovelace')
})

t.test('a refresh token is bound to its client and tenant, and ends after 90 days', async (t) => {
  const { first, refresh, environment, code } = await withRefreshToken()
  t.strictSame(numbers(await refresh(undefined)), [900144])
  t.strictSame(numbers(await refresh('unknown')), [9002313])
  t.strictSame(numbers(await refresh(await code())), [9002313], 'a code is no refresh token')
  t.strictSame(numbers(await refresh(first, { client_id: otherApp.clientId })), [70000])
  t.strictSame(numbers(await refresh(first, {}, 'consumers')), [50020])
  t.strictSame(numbers(await refresh(first, { client_secret: 'wrong' })), [7000215])
  environment.time += 90 * 24 * 3_600_000 - 1
  t.equal((await refresh(first)).status, 200)
  environment.time += 1
  t.strictSame(numbers(await refresh(first)), [700082])
})

t.test('a redirect URI on the platform "Single-page application" is wrong for a server, and the answer says Web', async (t) => {
  const spa: Application = { ...webApp, platform: 'spa' }
  const { code, redeem } = simulate({ applications: [spa] })
  const issued = await code()
  const answer = await redeem({ code: issued })
  t.strictSame(numbers(answer), [9002327])
  t.match(JSON.parse(answer.body).error_description, 'platform "Web"')
  t.equal((await redeem({ code: issued, client_secret: undefined }, { origin: 'https://app.example' })).status, 200, 'a browser may')
})

t.test('an application of one tenant is refused elsewhere', async (t) => {
  const own: Application = { ...webApp, signInAudience: 'AzureADMyOrg', tenantId: '62d81b84-3105-40cb-979d-5dd0aafa28d9' }
  const { code, redeem } = simulate({ applications: [own] })
  t.strictSame(numbers(await redeem({ code: 'x' })), [50194])
  const tenant = 'contoso.example'
  t.equal((await redeem({ code: await code('ada', {}, { tenant }) }, { tenant: own.tenantId! })).status, 200, 'domain and GUID name the same tenant')
})

t.test('a test may change what is sent, and stop it again', async (t) => {
  const { engine, code, redeem } = simulate({ onTokenResponse: (body) => ({ ...body, id_token: 5 }) })
  t.equal(JSON.parse((await redeem({ code: await code() })).body).id_token, 5)
  engine.setTokenResponseHook(async () => ({ error: 'temporarily_unavailable' }))
  t.strictSame(JSON.parse((await redeem({ code: await code() })).body), { error: 'temporarily_unavailable' })
  engine.setTokenResponseHook(null)
  t.type(JSON.parse((await redeem({ code: await code() })).body).id_token, 'string')
})

t.test('a hook that fails is not taken for a fault of the request', async (t) => {
  const { code, redeem } = simulate({ onTokenResponse: () => { throw new RangeError('broken') } })
  const issued = await code()
  await t.rejects(redeem({ code: issued }), RangeError)
})

t.test('requests are counted, endpoint by endpoint', async (t) => {
  const { engine, send, code, redeem } = simulate()
  await redeem({ code: await code() })
  await redeem({ code: 'x' })
  await send('keys')
  t.strictSame(engine.requests, { discovery: 0, keys: 1, authorize: 1, token: 2, logout: 0, adminConsent: 0, refresh: 0, graph: 0 })
})

t.test('the oldest of very many grants are forgotten, so that memory has a bound', async (t) => {
  let count = 0
  const environment = { ...testEnvironment(), randomBytes: (size: number) => Buffer.alloc(size).fill(String(count++)) }
  const grants = createGrants(environment)
  const grant: Grant = {
    clientId: webApp.clientId, account: 'ada', tenant: 'common', scopes: [], redirectUri, nonce: null, challenge: null, session: { sid: 's', authenticatedAt: 0 }
  }
  const first = grants.issueCode(grant)
  for (let more = 1; more < 10_000; more++) grants.issueCode(grant)
  t.ok(grants.findCode(first))
  grants.issueCode(grant)
  t.notOk(grants.findCode(first))
})

import https from 'node:https'
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose'
import createApp from 'fastify'
import t, { type Test } from 'tap'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../plugins/simulator.ts'
import { createStandInApp } from './stand-in-app.ts'
import { setNodeEnv } from '../node-env.ts'

const origin = 'https://app.example'
const redirectUris = [`${origin}/auth/microsoft/callback`]

function kit (t: Test, options: SimulatorOptions = {}): Simulator {
  const simulator = createSimulator({ redirectUris, ...options })
  t.teardown(async () => await simulator.close())
  return simulator
}

async function kitWithApp (t: Test, options?: SimulatorOptions, tenant?: string) {
  const simulator = kit(t, options)
  const app = await createStandInApp(() => simulator, origin, tenant)
  t.teardown(async () => await app.close())
  return { simulator, app }
}

t.test('it stands at Microsoft\'s real URLs', async (t) => {
  const simulator = kit(t)
  t.equal(simulator.base, 'https://login.microsoftonline.com')
  t.strictSame([...simulator.redirectUris], redirectUris)
  t.ok(simulator.accounts.some(({ key }) => key === 'ada'))
  const { issuer } = await (await simulator.fetch('https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration')).json() as { issuer: string }
  t.equal(issuer, 'https://login.microsoftonline.com/{tenantid}/v2.0')
})

t.test('without options it starts as well, and a wrong one is refused', async (t) => {
  const simulator = createSimulator()
  t.equal(simulator.redirectUris.size, 0)
  await simulator.close()
  t.throws(() => createSimulator({ acounts: [] } as never), { code: 'FST_ENTRA_CONFIGURATION', message: /Did you mean "accounts"/ })
})

t.test('it never starts in production', async (t) => {
  setNodeEnv(t, 'production')
  t.throws(() => createSimulator(), { code: 'FST_ENTRA_CONFIGURATION', message: /NODE_ENV is "production"/ })
})

t.test('the whole code flow runs through inject, with @fastify/oauth2 and its cloned agent', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  const { statusCode, location, cookie, cookies, response } = await simulator.signIn(app, 'ada')
  t.equal(statusCode, 303)
  t.equal(location, '/me')
  t.equal(response.headers.location, '/me')
  t.strictSame(Object.keys(cookies), ['session'], 'what the callback removed is gone')
  t.equal(cookie, `session=${cookies.session}`)
  t.match((await app.inject({ url: '/me', headers: { cookie } })).json(), { name: 'Ada Lovelace', iss: /^https:\/\/login\.microsoftonline\.com\// })
  t.strictSame(simulator.requests, { discovery: 0, keys: 0, authorize: 1, token: 1, logout: 0, adminConsent: 0, refresh: 0, graph: 0 })
})

t.test('many sign in at a time, each as themselves', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  const keys = simulator.accounts.map(({ key }) => key).filter((key) => key !== 'carl')
  const names = await Promise.all(keys.map(async (key) => {
    const { cookie } = await simulator.signIn(app, key)
    return (await app.inject({ url: '/me', headers: { cookie } })).json().name
  }))
  t.strictSame(names, simulator.accounts.filter(({ key }) => key !== 'carl').map(({ name }) => name))
})

t.test('claims are those of the account, of this sign-in, or as they were changed', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  const edov = async (options = {}) => {
    const { cookie } = await simulator.signIn(app, 'ada', options)
    return (await app.inject({ url: '/me', headers: { cookie } })).json().xms_edov
  }
  t.equal(await edov(), true)
  t.equal(await edov({ claims: { xms_edov: false } }), false)
  t.equal(await edov(), true)
  simulator.setClaims('ada', { xms_edov: '1' })
  t.equal(await edov(), '1')
  t.equal(simulator.accounts.find(({ key }) => key === 'ada')?.claims.xms_edov, '1')
  t.throws(() => simulator.setClaims('nobody', {}), { code: 'FST_ENTRA_CONFIGURATION', message: /there is no account "nobody"\. The accounts are ada, / })
})

t.test('an own account signs in like the others', async (t) => {
  const { simulator, app } = await kitWithApp(t, { accounts: [{ key: 'eve', tenant: 'contoso.example', claims: { email: 'eve@contoso.example' } }] })
  const { cookie } = await simulator.signIn(app, 'eve')
  t.match((await app.inject({ url: '/me', headers: { cookie } })).json(), { email: 'eve@contoso.example', preferred_username: 'eve@contoso.example' })
})

t.test('who cancels, or refuses consent, gets back to the callback with access_denied', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  for (const [account, options] of [['ada', { cancel: true }], ['carl', {}]] as const) {
    const { statusCode, location, response } = await simulator.signIn(app, account, options)
    t.equal(statusCode, 403)
    t.equal(location, undefined)
    t.strictSame(response.json(), { code: 'access_denied' })
  }
  t.equal(simulator.requests.token, 0)
})

t.test('a sign-in may begin with cookies, and keeps them', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  const { cookies } = await simulator.signIn(app, 'ada', { cookie: 'theme=dark; session=old' })
  t.equal(cookies.theme, 'dark')
  t.not(cookies.session, 'old')
})

t.test('the start route is asked as a browser asks, and as the options say', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  const seen = async (options: object): Promise<string> => {
    const message = await simulator.signIn(app, 'ada', { loginPath: '/seen', ...options }).then(() => '', (error: Error) => error.message)
    t.match(message, 'the start route /seen redirected to https://elsewhere.example/, and not to the simulator at https://login.microsoftonline.com.')
    t.notMatch(message, 'sec-fetch-mode', 'what stands behind a question mark is not repeated')
    return message
  }
  await seen({})
  const asked: Array<Record<string, unknown>> = []
  const app2 = createApp()
  t.teardown(async () => await app2.close())
  app2.get('/auth/microsoft/login', async (request) => { asked.push({ url: request.url, ...request.headers }) })
  const ask = async (options: object) => await t.rejects(simulator.signIn(app2, 'ada', options))
  await ask({})
  await ask({ query: { return_to: '/a b' }, headers: { accept: 'application/json', 'x-forwarded-proto': 'http' } })
  t.match(asked[0], { url: '/auth/microsoft/login', accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'x-forwarded-proto': 'https' })
  t.match(asked[1], { url: '/auth/microsoft/login?return_to=%2Fa+b', accept: 'application/json', 'x-forwarded-proto': 'http' })
  simulator.registerRedirectUri('http://localhost:3000/callback')
  const plain = kit(t, { redirectUris: ['http://localhost:3000/callback'] })
  await t.rejects(plain.signIn(app2, 'ada'))
  t.notOk('x-forwarded-proto' in asked[2]!)
})

t.test('a flow that stops says where and why', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  const stops = async (account: string, options: object, message: RegExp) =>
    await t.rejects(simulator.signIn(app, account, options), { code: 'FST_ENTRA_CONFIGURATION', message })
  await stops('nobody', {}, /there is no account "nobody"\. The accounts are ada, pat, /)
  await stops('ada', { loginPath: '/nowhere' }, /the start route \/nowhere answered 404 and no redirect.*"loginPath"/)
  await stops('ada', { loginPath: '/broken' }, /answered 500 \(insecure_transport\) and no redirect/)
  await stops('ada', { loginPath: '/text' }, /answered 200 and no redirect/)
  const atOrganizations = await kitWithApp(t, {}, 'organizations')
  await t.rejects(atOrganizations.simulator.signIn(atOrganizations.app, 'pat'), { message: /the simulator shows AADSTS50020: The account does not exist in the tenant/ })
  const app2 = createApp()
  t.teardown(async () => await app2.close())
  const { base } = simulator
  app2.get('/auth/microsoft/login', async (_request, reply) => await reply.redirect(`${base}/common/oauth2/v2.0/logout`))
  await t.rejects(simulator.signIn(app2, 'ada'), { message: /answered 200, and neither a redirect nor a form\. Only the response modes "query" and "form_post" can be followed/ })
})

t.test('a posted answer ends where the application answers it, unless it sends the browser on below its callback', async (t) => {
  const simulator = kit(t)
  const seen: string[] = []
  const app = createApp()
  t.teardown(async () => await app.close())
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.get('/auth/microsoft/login', async (_request, reply) => await reply.header('set-cookie', ['lax=1; SameSite=Lax', 'none=1; SameSite=None; Secure']).redirect(
    `${simulator.base}/common/oauth2/v2.0/authorize?${new URLSearchParams({ client_id: simulator.clientId, redirect_uri: redirectUris[0]!, response_type: 'code', response_mode: 'form_post', scope: 'openid' }).toString()}`))
  const locations = [undefined, '/elsewhere', '/auth/microsoft/callback/on']
  app.post('/auth/microsoft/callback', async ({ headers, body }, reply) => {
    seen.push(`${headers['sec-fetch-site'] as string} ${headers.origin!} ${headers.cookie!} ${new URLSearchParams(body as string).has('code')}`)
    const location = locations[seen.length - 1]
    return location === undefined ? await reply.send('posted') : await reply.redirect(location, 303)
  })
  app.get('/auth/microsoft/callback/on', async ({ headers }) => headers.cookie)
  t.equal((await simulator.signIn(app, 'ada')).response.body, 'posted')
  t.equal((await simulator.signIn(app, 'ada')).location, '/elsewhere')
  t.equal((await simulator.signIn(app, 'ada')).response.body, 'lax=1; none=1')
  t.strictSame(seen, Array.from({ length: 3 }, () => 'cross-site https://login.microsoftonline.com none=1 true'))
})

t.test('token responses can be made wrong, and right again', async (t) => {
  const { simulator, app } = await kitWithApp(t, { onTokenResponse: (body) => ({ ...body, id_token: 'x.bnVsbA.x' }) })
  const me = async () => (await app.inject({ url: '/me', headers: { cookie: (await simulator.signIn(app, 'ada')).cookie } })).json()
  t.equal(await me(), null)
  simulator.setTokenResponseHook(null)
  t.equal((await me()).name, 'Ada Lovelace')
})

t.test('clock and randomness come from outside, where they are given', async (t) => {
  const now = (): number => Date.UTC(2030, 0, 1)
  const { simulator, app } = await kitWithApp(t, { environment: { now } })
  t.equal(simulator.environment.now(), now())
  const { cookie } = await simulator.signIn(app, 'ada')
  t.equal((await app.inject({ url: '/me', headers: { cookie } })).json().exp, now() / 1000 + 3600)
})

t.test('jose verifies a token with the keys that fetch gives', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  let idToken = ''
  simulator.setTokenResponseHook((body) => {
    idToken = String(body.id_token)
    return body
  })
  await simulator.signIn(app, 'pat')
  const keys = createRemoteJWKSet(new URL(`${simulator.base}/common/discovery/v2.0/keys`), { [customFetch]: simulator.fetch, timeoutDuration: 300_000 })
  const { payload } = await jwtVerify(idToken, keys, { algorithms: ['RS256'], audience: simulator.clientId })
  t.equal(payload.xms_edov, '1')
  t.equal(simulator.requests.keys, 1)
})

t.test('fetch refuses every other URL, so that nothing leaves the process', async (t) => {
  const simulator = kit(t)
  for (const url of [
    'https://app.example/common/discovery/v2.0/keys', 'http://login.microsoftonline.com/common/discovery/v2.0/keys',
    'https://login.microsoftonline.com.evil.example/x', 'https://login.microsoftonline.com:444/x', 'https://login.microsoftonline.com@evil.example/x'
  ]) {
    await t.rejects(simulator.fetch(url), TypeError, url)
  }
  t.equal((await simulator.fetch(new URL('https://login.microsoftonline.com/nowhere'))).status, 404)
  await t.rejects(simulator.fetch('https://login.microsoftonline.com/common/discovery/v2.0/keys', { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test('fetch takes a Request and posts bodies', async (t) => {
  const simulator = kit(t)
  const answer = await simulator.fetch(new Request(`${simulator.base}/common/oauth2/v2.0/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) }))
  t.equal(answer.status, 400)
  t.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
  t.match(await answer.json(), { error_codes: [70003] })
})

t.test('a closed simulator is unavailable', async (t) => {
  const simulator = createSimulator()
  await simulator.close()
  const status = await new Promise((resolve, reject) => {
    https.request(`${simulator.base}/common/oauth2/v2.0/token`, { agent: simulator.agent, method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })
  t.equal(status, 503)
  await t.rejects(simulator.fetch(`${simulator.base}/common/discovery/v2.0/keys`))
})

async function kidsOf (simulator: Simulator, tenant = 'common'): Promise<string[]> {
  const answer = await simulator.fetch(`${simulator.base}/${tenant}/discovery/v2.0/keys`)
  return (await answer.json() as { keys: Array<{ kid: string }> }).keys.map(({ kid }) => kid)
}

t.test('keys can be rotated, and removed once they do not sign any more', async (t) => {
  const { simulator, app } = await kitWithApp(t)
  let kid: unknown
  simulator.setTokenResponseHook((body) => {
    kid = decodeProtectedHeader(String(body.id_token)).kid
    return body
  })
  const [work, personal] = await kidsOf(simulator)
  await simulator.signIn(app, 'ada')
  t.equal(kid, work)
  await simulator.rotateKeys()
  const [newWork, newPersonal, ...old] = await kidsOf(simulator)
  t.same(old, [work, personal], 'the old ones are still there')
  t.same(await kidsOf(simulator, 'consumers'), [newPersonal, personal])
  await simulator.signIn(app, 'ada')
  t.equal(kid, newWork)
  simulator.removeOldKeys()
  t.same(await kidsOf(simulator), [newWork, newPersonal])
  t.same(await kidsOf(kit(t)), [work, personal], 'another simulator has its own')
})

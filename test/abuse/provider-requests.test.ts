import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as openid from 'openid-client'
import { answerOf, appOrigin, callback, clients, goOn, secret, startAuthorization, startSite } from '../identity/site.ts'
import { ask, basicOf, challenge, good, token } from '../identity/requests.ts'
import { takesLong } from '../patient.ts'
import { engines } from '../store/engines.ts'
import { isRefusedByProvider, startProviderWorld } from './provider-world.ts'
import { tries } from './trial.ts'

takesLong()

const unregistered = { status: 400, error: 'invalid_redirect_uri' }

tries('P02', 'a redirect URL is said each time, and is one that is registered, character by character', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const { redirect_uri: _left, ...without } = good
  for (const client of ['basic', 'native']) await isRefusedByProvider(t, world, `left out by ${client}`, { status: 400, error: 'invalid_request' }, async () => await ask(world, { ...without, client_id: client }))
  const wrong = [
    `${callback}/`, `${callback}?a=1`, 'http://localhost:9/Callback', 'http://localhost:9/callback/../callback', 'https://localhost:9/callback', 'http://localhost:10/callback',
    'http://127.0.0.1:9/callback', 'javascript:alert(1)', 'http://localhost:9@evil.example/callback', 'https://evil.example/callback'
  ]
  for (const url of wrong) {
    await isRefusedByProvider(t, world, url, unregistered, async () => ({ answer: await ask(world, { ...good, redirect_uri: url }), sent: ['evil.example', 'alert(1)'] }))
  }
  for (const url of ['http://127.0.0.1:51234/other', 'http://[::1]:51234/callback', 'com.example.app2:/callback']) {
    await isRefusedByProvider(t, world, url, unregistered, async () => await ask(world, { ...good, client_id: 'native', redirect_uri: url }))
  }
  t.match((await ask(world, good)).page.body, 'simulator_account', 'control: the right one goes on')
  t.match((await ask(world, { ...good, client_id: 'native', redirect_uri: 'http://127.0.0.1:51234/callback' })).page.body, 'simulator_account', 'control: and a native app\'s at any port')
})

tries('P03', 'a parameter that is there twice is refused', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  for (const [name, value] of Object.entries(good)) {
    for (const other of [value, 'another']) {
      // Who asks, and where the answer would go, is not known then; what else is twice, the app is told.
      const isOwn = ['client_id', 'redirect_uri'].includes(name)
      await isRefusedByProvider(t, world, `${name} ${other}`, { status: isOwn ? 400 : 'app', error: 'invalid_request' }, async () => await ask(world, [...Object.entries(good), [name, other]]))
    }
  }
  const form = { grant_type: 'authorization_code', code: 'x', redirect_uri: callback, code_verifier: 'v'.repeat(43) }
  for (const name of Object.keys(form)) {
    await isRefusedByProvider(t, world, `token: ${name}`, { status: 400, error: 'invalid_request' }, async () => await token(world, [...Object.entries(form), [name, 'another']], basicOf('basic', secret)))
  }
  t.match((await ask(world, good)).page.body, 'simulator_account', 'control: each once')
})

tries('P05', 'nobody gets a code without PKCE by S256, nor tokens without its verifier', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const { code_challenge: _challenge, code_challenge_method: _method, ...without } = good
  const invalid = { status: 'app', error: 'invalid_request' } as const
  for (const client of ['basic', 'spa']) {
    const wrong = {
      'no challenge': without,
      plain: { ...good, code_challenge_method: 'plain' },
      'no method, which would be plain': { ...without, code_challenge: challenge },
      short: { ...good, code_challenge: 'short' },
      long: { ...good, code_challenge: 'x'.repeat(129) },
      'another method': { ...good, code_challenge_method: 'S512' }
    }
    for (const [title, parameters] of Object.entries(wrong)) await isRefusedByProvider(t, world, `${client}, ${title}`, invalid, async () => await ask(world, { ...parameters, client_id: client }))
  }
  const config = await world.discover('spa')
  const browser = world.newBrowser()
  const started = await startAuthorization(config)
  const { code } = answerOf(await goOn(browser, await browser.open(started.url, appOrigin)))
  const form = { grant_type: 'authorization_code', client_id: 'spa', code: code!, redirect_uri: callback, code_verifier: started.verifier }
  world.canaries.add(code, started.verifier)
  const { code_verifier: _verifier, ...unproven } = form
  const attempts = { none: unproven, wrong: { ...form, code_verifier: openid.randomPKCECodeVerifier() }, short: { ...form, code_verifier: 'short' }, long: { ...form, code_verifier: 'x'.repeat(129) }, 'the challenge itself': { ...form, code_verifier: await openid.calculatePKCECodeChallenge(started.verifier) } }
  for (const [title, attempt] of Object.entries(attempts)) await isRefusedByProvider(t, world, title, { status: 400, error: /^invalid_(?:grant|request)$/ }, async () => await token(world, attempt))
  t.equal((await token(world, form)).status, 200, 'control: the right one, and no wrong one has used the code up')
})

tries('P18', 'no request object is taken, and nothing is fetched for one', async (t, engine) => {
  let connections = 0
  const listener = createServer((_request, response) => { response.end('{}') }).on('connection', () => { connections += 1 }).listen(0, 'localhost')
  await once(listener, 'listening')
  t.teardown(() => { listener.close() })
  const inside = `http://localhost:${(listener.address() as AddressInfo).port}/`
  const world = await startProviderWorld(t, engine)
  const object = (claims: object) => `${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
  const refusals: Array<[string, Record<string, string>]> = [
    ['request_not_supported', { request: object({ redirect_uri: 'https://evil.example/', scope: 'openid offline_access' }) }],
    ['request_not_supported', { request: object({ client_id: 'guest' }) }],
    ['request_uri_not_supported', { request_uri: inside }],
    ['request_uri_not_supported', { request_uri: 'http://169.254.169.254/latest/meta-data' }],
    ['request_uri_not_supported', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    ['registration_not_supported', { registration: JSON.stringify({ jwks_uri: inside, redirect_uris: ['https://evil.example/'] }) }]
  ]
  for (const [error, parameters] of refusals) {
    await isRefusedByProvider(t, world, JSON.stringify(parameters).slice(0, 60), { status: 'app', error }, async () => ({ answer: await ask(world, { ...good, ...parameters }), sent: ['evil.example', '169.254'] }))
  }
  t.equal(connections, 0)
  for (const type of ['token', 'id_token', 'code id_token', 'code token', 'none']) {
    t.match((await ask(world, { ...good, response_type: type })).told.error ?? 'in the fragment', /unsupported_response_type|unauthorized_client|in the fragment/, type)
  }
  for (const grant of ['password', 'client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
    await isRefusedByProvider(t, world, grant, { status: 400, error: /unsupported_grant_type|unauthorized_client/ }, async () => await token(world, { grant_type: grant, assertion: object({}) }, basicOf('basic', secret)))
  }
  for (const path of ['reg', 'registration', 'request', 'device', 'device/auth', 'token/introspection', 'backchannel', 'interaction', 'challenge']) {
    t.equal((await fetch(`${world.issuer}/${path}`, { method: 'POST' })).status, 404, path)
  }
  await (await fetch(inside)).text()
  t.equal(connections, 1, 'control: the listener counts')
})

tries('P20', 'strange parameters are refused, and are no fault of the server\'s', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const browser = world.newBrowser()
  await world.signInTo(await world.discover('spa'), browser)
  const claims = ['{', '[]', 'null', '5', '""', '{"id_token":null}', '{"id_token":[]}', '{"id_token":{"email":5}}', '{"userinfo":{"email":"x"}}', '{"id_token":{"acr":{"essential":true,"values":"x"}}}']
  const strange: Array<Record<string, string>> = [
    ...claims.map((text) => ({ claims: text })), ...['-1', '1.5', 'x', '1e99', ''].filter((age) => age !== '').map((age) => ({ max_age: age })), ...['none login', 'create', 'none consent', 'x'].map((prompt) => ({ prompt })),
    { id_token_hint: 'x.y.z' }, { response_mode: 'web_message' }, { scope: 'openid \u0000' }, { scope: 'profile', nonce: 'n' }
  ]
  for (const parameters of strange) {
    const { page, told, code } = await ask(world, { ...good, ...parameters }, browser)
    const is = page.status === 0 ? told.error ?? 'none' : `${page.status} ${code}`
    t.match(is, /^(?:invalid_request|invalid_scope|unsupported_response_mode|400 \w+)$/, JSON.stringify(parameters).slice(0, 60))
    await isRefusedByProvider(t, world, JSON.stringify(parameters).slice(0, 60), { status: page.status === 0 ? 'app' : page.status, error: told.error ?? code! }, async () => await ask(world, { ...good, ...parameters }))
  }
  const nested = `{"id_token":${'{"a":'.repeat(500)}1${'}'.repeat(501)}`
  t.ok((await ask(world, { ...good, claims: nested }, browser)).page.status < 500, 'nested claims')
  for (const [name, length] of [['ui_locales', 10_000], ['login_hint', 5_000], ['acr_values', 10_000], ['state', 5_000], ['nonce', 5_000]] as const) {
    const { page } = await ask(world, { ...good, [name]: 'de '.repeat(length / 3).trim() }, browser)
    t.ok(page.status < 500, `${name} ${page.status}`)
  }
  for (const query of ['?', '?client_id=basic&client_id=basic', '?a[b]=c', '?%E0%A4%A', '?client_id=%00', '?client_id=__proto__', '?client_id=constructor']) t.equal((await browser.once(`${world.issuer}/authorize${query}`)).status, 400, query)
  for (const text of ['\0', 'a\0b', '__proto__', 'x'.repeat(5_000), '\ud83d', '💩']) {
    const proofs: Array<Record<string, string>> = [{ grant_type: 'authorization_code', code: text, redirect_uri: callback, code_verifier: 'v'.repeat(43) }, { grant_type: 'refresh_token', refresh_token: text }]
    for (const form of proofs) await isRefusedByProvider(t, world, `${form.grant_type} ${JSON.stringify(text).slice(0, 20)}`, { status: 400, error: /^invalid_(?:grant|request)$/ }, async () => await token(world, form, basicOf('basic', secret)))
    await isRefusedByProvider(t, world, `client ${JSON.stringify(text).slice(0, 20)}`, { status: 401, error: 'invalid_client' }, async () => await token(world, { grant_type: 'refresh_token', refresh_token: 'x', client_id: text }))
    const { status } = await browser.once(`${world.origin}/auth/identity/interaction/${encodeURIComponent(text.toWellFormed())}`)
    t.ok(status === 400 || status === 404, String(status))
    t.ok((await browser.once(`${world.issuer}/logout?id_token_hint=${encodeURIComponent(text.toWellFormed())}&client_id=${encodeURIComponent(text.toWellFormed())}`)).status < 500)
    t.ok((await fetch(`${world.issuer}/revoke`, { method: 'POST', body: new URLSearchParams({ token: text }), headers: basicOf('basic', secret) })).status < 500)
  }
  t.same(world.log().split('\n').filter((line) => /"level":(?:50|60)/.test(line)), [], 'nothing failed')
  t.ok((await ask(world, good, browser)).told.code, 'control')
})

tries('P24', 'no client is registered with an address that others could have', async (t, engine) => {
  const database = await engine.newLocation(t)
  const register = async (type: 'web' | 'spa' | 'native', redirectUrls: string[], more = {}) => await startSite(t, {
    entra: { database }, identity: { clients: [{ ...clients[type === 'web' ? 'basic' : type], redirectUrls, ...more }] }
  })
  const refused = { code: 'FST_ENTRA_CONFIGURATION', message: /redirectUrls|logoutRedirectUrls|backchannelLogoutUrl/ }
  const forEach = [
    'https://*', 'https://*.app.example/callback', 'https://app.example/*', 'https://app.example/**', '**', '*', 'javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'blob:https://app.example/x',
    'https://app.example/callback#x', 'https://app.example/callback#', 'https://user:pass@app.example/', 'http://app.example/callback', 'http://192.168.0.1/', '//app.example/', '/callback', '', 'https://app.example/a/../b',
    'https://app.example/?code=x', 'https://\u0430pp.example/', 'https://app.example/ x', 'https://app.example/\\evil.example'
  ]
  for (const url of forEach) for (const type of ['web', 'native'] as const) await t.rejects(register(type, [url]), refused, `${type} ${url}`)
  for (const url of ['com.example.app:/callback', 'myapp:/callback']) for (const type of ['web', 'spa'] as const) await t.rejects(register(type, [url]), refused, `${type} ${url}`)
  await t.rejects(register('native', ['myapp:/callback']), refused, 'a scheme that anybody could take')
  for (const url of ['https://*', 'javascript:alert(1)', 'http://app.example/bye']) await t.rejects(register('web', [callback], { logoutRedirectUrls: [url] }), refused, `after signing out: ${url}`)
  for (const url of ['http://app.example/', 'https://app.example/#x']) await t.rejects(register('web', [callback], { backchannelLogoutUrl: url }), refused, `to be told: ${url}`)
  t.ok(await register('web', ['https://app.example/callback', 'http://127.0.0.1:3000/callback']), 'control')
}, { on: engines.slice(0, 1) })

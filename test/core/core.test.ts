import { EventEmitter } from 'node:events'
import t from 'tap'
import { authorityOf, endpointsOf, issuerOf, publicCloud } from '../../src/core/authority.ts'
import { randomToken, realEnvironment } from '../../src/core/environment.ts'
import { ConfigurationError, errorCodes, errorText, isEntraError, isErrorCode, refuse, refuseSignUp } from '../../src/core/errors.ts'
import { isGuid } from '../../src/core/guid.ts'
import { isLoopbackAddress, isLoopbackHost } from '../../src/core/loopback.ts'
import { isProduction } from '../../src/core/production.ts'
import { isOwnRequest, mayBeNavigation, wantsPage } from '../../src/core/request-origin.ts'
import { deriveKeys } from '../../src/core/secrets.ts'
import { setNodeEnv } from '../node-env.ts'

t.test('each public code has the status that it is documented with, and a fixed text', async (t) => {
  const statuses: Record<string, number> = {
    access_denied: 403,
    interaction_required: 401,
    invalid_state: 400,
    invalid_request: 400,
    redirect_not_allowed: 400,
    otp_invalid: 400,
    otp_expired: 400,
    invalid_token: 401,
    tenant_not_allowed: 403,
    unverified_email: 403,
    signup_disabled: 403,
    account_disabled: 403,
    reauth_required: 403,
    email_in_use: 409,
    identity_in_use: 409,
    last_identity: 409,
    session_mismatch: 409,
    otp_locked: 429,
    too_many_requests: 429,
    provider_error: 502,
    provider_unavailable: 503,
    provider_timeout: 504,
    otp_unavailable: 503,
    store_unavailable: 503,
    insecure_transport: 500,
    unauthenticated: 401,
    cross_site_request: 403,
    server_error: 500
  }
  t.same([...errorCodes].sort(), Object.keys(statuses).sort())
  for (const code of errorCodes) {
    const error = refuse(code, 'why')
    t.equal(error.statusCode, statuses[code], code)
    t.equal(error.message, errorText(code))
    t.equal(error.code, code)
  }
})

t.test('an application\'s own refusal has its code and its text as they are, and is one of ours', async (t) => {
  const error = refuseSignUp('plan_full', '100%s full, %d', { reason: 'why', row: 'E2' })
  t.match(error, { code: 'plan_full', statusCode: 403, message: '100%s full, %d', detail: { reason: 'why', row: 'E2' } })
  t.ok(isEntraError(error))
  t.ok(Object.isFrozen(error.detail))
})

t.test('a refusal keeps its reason for the log apart, and has no cause', async (t) => {
  const error = refuse('invalid_token', { reason: 'exp', aadsts: 5, correlationId: 'x' })
  t.same(error.detail, { reason: 'exp', aadsts: 5, correlationId: 'x' })
  t.equal(error.cause, undefined)
  t.notMatch(error.message, 'exp')
  t.ok(isEntraError(error))
  t.notOk(isEntraError(Object.assign(new Error('x'), { code: 'invalid_token', detail: {} })))
  t.notOk(isEntraError(new ConfigurationError('x')))
  t.notOk(isEntraError(null))
})

t.test('codes are a closed set', async (t) => {
  t.ok(isErrorCode('email_in_use'))
  for (const value of ['toString', '__proto__', '', 5, null]) t.notOk(isErrorCode(value))
})

t.test('the real environment is the real one', async (t) => {
  t.equal(realEnvironment.now, Date.now)
  t.equal(realEnvironment.randomBytes(3).length, 3)
  t.equal(await (await realEnvironment.fetch('data:text/plain,hello')).text(), 'hello')
  t.match(randomToken(realEnvironment), /^[\w-]{43}$/)
})

t.test('only this machine is loopback', async (t) => {
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) t.ok(isLoopbackAddress(address), address)
  for (const address of [undefined, '', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', 'localhost', '128.0.0.1', '0.0.0.0', '::']) t.notOk(isLoopbackAddress(address), String(address))
  for (const host of ['localhost', '127.0.0.1', '[::1]']) t.ok(isLoopbackHost(host), host)
  for (const host of ['localhost.example', 'example', '127.0.0.1.nip.example', '[::2]', '0.0.0.0']) t.notOk(isLoopbackHost(host), host)
})

t.test('production is what NODE_ENV says, at the moment it is asked', async (t) => {
  setNodeEnv(t, 'production')
  t.ok(isProduction())
  process.env.NODE_ENV = 'test'
  t.notOk(isProduction())
})

t.test('endpoints and issuers follow from the authority, as in Microsoft\'s discovery document', async (t) => {
  const authority = authorityOf(publicCloud)
  t.same(authority, { base: 'https://login.microsoftonline.com', issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0', cloudInstance: 'microsoftonline.com', graph: 'https://graph.microsoft.com' })
  t.same(endpointsOf(authority, 'common'), {
    authorize: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    logout: 'https://login.microsoftonline.com/common/oauth2/v2.0/logout',
    keys: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    configuration: 'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration'
  })
  t.equal(issuerOf(authority, 'x'), 'https://login.microsoftonline.com/x/v2.0')
})

t.test('each cloud has its instance name; of an unknown one nothing is assumed', async (t) => {
  t.equal(authorityOf('https://login.microsoftonline.us').cloudInstance, 'microsoftonline.us')
  t.equal(authorityOf('https://login.partner.microsoftonline.cn').cloudInstance, 'partner.microsoftonline.cn')
  t.equal(authorityOf('http://localhost:3000/x').cloudInstance, 'microsoftonline.com')
  t.equal(authorityOf('https://login.example').cloudInstance, null)
  t.equal(authorityOf('https://constructor').cloudInstance, null)
})

t.test('a GUID is a GUID in either letter case', async (t) => {
  t.ok(isGuid('9188040d-6c67-4c5b-b112-36a304b66dad'))
  t.ok(isGuid('9188040D-6C67-4C5B-B112-36A304B66DAD'))
  for (const value of ['common', '{9188040d-6c67-4c5b-b112-36a304b66dad}', '9188040d6c674c5bb11236a304b66dad', ' 9188040d-6c67-4c5b-b112-36a304b66dad', '9188040d-6c67-4c5b-b112-36a304b66dad\n', 5, null, new EventEmitter()]) t.notOk(isGuid(value))
})

t.test('each purpose and each secret has a key of its own', async (t) => {
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]
  const keys = [...deriveKeys([a, b], 'attempt'), ...deriveKeys([a, b], 'csrf')].map((key) => key.toString('hex'))
  t.equal(new Set(keys).size, 4)
  t.equal(keys[0]!.length, 64)
  t.equal(deriveKeys([a], 'attempt')[0]!.toString('hex'), keys[0])
  const simulated = deriveKeys([a, b], 'attempt', true).map((key) => key.toString('hex'))
  t.equal(new Set([...keys, ...simulated]).size, 6, 'and so has each world')
})

t.test('a request that changes something comes from our own origin', async (t) => {
  const origin = 'https://app.example'
  const no = () => false
  const rows: Array<[headers: Record<string, string>, token: boolean, own: boolean]> = [
    [{ 'sec-fetch-site': 'same-origin' }, false, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, false, true],
    [{ 'sec-fetch-site': 'same-site', origin }, true, false],
    [{ 'sec-fetch-site': 'cross-site', 'x-requested-with': 'x' }, true, false],
    [{ 'sec-fetch-site': 'none' }, true, false],
    [{ origin }, false, true],
    [{ origin: 'null', 'x-requested-with': 'x' }, true, false],
    [{ origin: 'https://evil.example' }, true, false],
    [{ origin: 'https://sub.app.example' }, true, false],
    [{ origin: 'https://app.example:444' }, true, false],
    [{ 'x-requested-with': 'curl' }, false, true],
    [{}, true, true],
    [{}, false, false]
  ]
  for (const [headers, token, own] of rows) {
    t.equal(isOwnRequest(headers, origin, token ? () => true : no), own, JSON.stringify(headers))
  }
  const ofFrontEnd: Array<[headers: Record<string, string>, own: boolean]> = [
    [{ 'sec-fetch-site': 'same-site', origin: 'https://www.app.example' }, true],
    [{ origin: 'https://www.app.example' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://www.app.example' }, false],
    [{ 'sec-fetch-site': 'none', origin: 'https://www.app.example' }, false]
  ]
  for (const [headers, own] of ofFrontEnd) t.equal(isOwnRequest(headers, origin, no, true), own, `a front end: ${JSON.stringify(headers)}`)
})

t.test('a sign-in starts by a navigation; who does not say is believed', async (t) => {
  t.ok(mayBeNavigation({}))
  t.ok(mayBeNavigation({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }))
  t.notOk(mayBeNavigation({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }))
  t.notOk(mayBeNavigation({ 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }))
  t.notOk(mayBeNavigation({ 'sec-fetch-mode': 'cors' }))
})

t.test('a page goes to who asks for HTML', async (t) => {
  t.ok(wantsPage({ accept: 'text/html,application/xhtml+xml' }))
  t.ok(wantsPage({ accept: 'TEXT/HTML' }))
  for (const accept of ['*/*', 'application/json', 'text/htmlx']) t.notOk(wantsPage({ accept }), accept)
  t.notOk(wantsPage({}))
})

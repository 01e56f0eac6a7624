import { Agent } from 'node:http'
import t from 'tap'
import { readOptions } from '../../src/core/options.ts'
import { resolveProvider, type StandIn } from '../../src/provider/config.ts'
import { type ProviderOptions, providerOptionRules } from '../../src/provider/options.ts'

const clientId = '11111111-AAAA-bbbb-cccc-000000000001'
const real = { baseUrl: 'https://app.example', clientId, clientSecret: 'a~secret~value', secrets: ['s'.repeat(32)], database: 'x.sqlite' }
const standIn: StandIn = { base: 'http://localhost:3000/microsoft-simulator', clientId: 'sim', clientSecret: 'sim-secret', fetch, agent: new Agent() }

function resolve (given: Partial<ProviderOptions>, simulator: StandIn | null = null, production = false) {
  return resolveProvider(readOptions<ProviderOptions>('p', providerOptionRules, given), simulator, production)
}

t.test('values from the Azure portal talk to Microsoft', async (t) => {
  t.match(resolve(real), {
    origin: 'https://app.example',
    authority: { base: 'https://login.microsoftonline.com' },
    tenant: 'common',
    clientId: clientId.toLowerCase(),
    redirectUri: 'https://app.example/auth/microsoft/callback',
    secure: true,
    simulated: false,
    scopes: ['openid', 'profile', 'email']
  })
  t.equal(resolve({ ...real, tenant: 'Contoso.Example' }).tenant, 'contoso.example')
  t.equal(resolve(real, null, true).simulated, false)
})

t.test('without them a simulator stands in, with its network', async (t) => {
  const config = resolve({ baseUrl: 'http://localhost:3000' }, standIn)
  t.match(config, { authority: { base: standIn.base }, clientId: 'sim', simulated: true, secure: false })
  t.equal(config.environment.fetch, fetch)
  t.equal(config.environment.agent, standIn.agent)
})

t.test('the environment can be passed in', async (t) => {
  const now = () => 5
  t.equal(resolve({ ...real, environment: { now } }).environment.now, now)
  t.equal(resolve({ baseUrl: 'http://localhost:3000', environment: { now, fetch: undefined } as never }, standIn).environment.now, now)
})

t.test('what contradicts itself or is missing is refused at boot', async (t) => {
  const refused = (given: Partial<ProviderOptions>, message: RegExp, simulator: StandIn | null = null, production = false) =>
    t.throws(() => resolve(given, simulator, production), { code: 'FST_ENTRA_CONFIGURATION', message })
  refused({ baseUrl: 'https://app.example' }, /"clientId" is missing/)
  refused({ ...real, clientSecret: undefined as never }, /"clientSecret" is missing/)
  refused({ baseUrl: 'http://localhost:3000', clientSecret: 'a~secret~value' }, /"clientSecret" was given without "clientId"/, standIn)
  refused(real, /Leave one of them out/, standIn)
  refused({ ...real, baseUrl: 'http://app.example' }, /"baseUrl" may use http:\/\/ for localhost only/)
  refused({ ...real, authority: 'http://login.example' }, /"authority" may use http:\/\/ for localhost only/)
  refused({ ...real, loginPath: '/x', callbackPath: '/x' }, /are both "\/x"/)
  refused({ ...real, baseUrl: 'http://localhost:3000' }, /"baseUrl" must start with https:\/\/ in production/, null, true)
  refused({ ...real, authority: 'http://localhost:3000' }, /"authority" must start with https:\/\/ in production/, null, true)
  refused({ baseUrl: 'https://app.example' }, /these options must be given: clientId, clientSecret, secrets, database\./, standIn, true)
})

t.test('a credential is a secret, or one of a list, and never both', async (t) => {
  const { clientSecret, ...others } = real
  const credentials = [{ federated: () => 'token' }]
  t.strictSame(resolve(real).credentials, [{ secret: clientSecret }])
  t.strictSame(resolve({ baseUrl: 'http://localhost:3000' }, standIn).credentials, [{ secret: 'sim-secret' }])
  t.strictSame(resolve({ ...others, credentials }).credentials, credentials)
  t.strictSame(resolve({ ...others, credentials }, null, true).credentials, credentials, 'in production, too')
  t.ok(Object.isFrozen(resolve({ ...others, credentials }).credentials))
  const both = /"clientSecret" and "credentials" were both given\. Drop "clientSecret", and put \{ secret \} into "credentials"/
  t.throws(() => resolve({ ...real, credentials }), { code: 'FST_ENTRA_CONFIGURATION', message: both }, 'O37')
  t.throws(() => resolve({ ...real, clientId: undefined, credentials }, standIn), { code: 'FST_ENTRA_CONFIGURATION', message: both })
  t.throws(() => resolve({ baseUrl: real.baseUrl, credentials }, standIn), { code: 'FST_ENTRA_CONFIGURATION', message: /"credentials" was given without "clientId"/ })
  t.throws(() => resolve(others), { code: 'FST_ENTRA_CONFIGURATION', message: /or give option "credentials"/ })
  t.throws(() => resolve(others, null, true), { code: 'FST_ENTRA_CONFIGURATION', message: /must be given: clientSecret\. clientId and clientSecret \(or credentials\) come from/ })
})

t.test('a loopback authority may be plain http, in development', async (t) => {
  t.equal(resolve({ ...real, authority: 'http://127.0.0.1:4000' }).authority.base, 'http://127.0.0.1:4000')
})

t.test('each option is checked', async (t) => {
  const wrong: Array<[Partial<Record<keyof ProviderOptions, unknown>>, RegExp]> = [
    [{ baseUrl: 'https://app.example/' }, /"baseUrl" must be an origin/],
    [{ clientId: 'my-app' }, /"clientId" must be the Application/],
    [{ clientSecret: clientId }, /Copy the column "Value"/],
    [{ clientSecret: 'with space' }, /not shown here/],
    [{ tenant: ' common ' }, /"tenant" must be/], [{ tenant: 'localhost' }, /"tenant"/], [{ tenant: '../x' }, /"tenant"/], [{ tenant: 5 }, /"tenant"/],
    [{ authority: 'login.microsoftonline.com' }, /"authority"/],
    [{ scopes: ['openid', 'email'] }, /"scopes".*oid claim/], [{ scopes: 'openid profile' }, /"scopes"/], [{ scopes: ['openid', 'profile', 'a b'] }, /"scopes"/],
    [{ secrets: [] }, /"secrets"/], [{ secrets: [''] }, /openssl/], [{ secrets: 's'.repeat(40) }, /"secrets"/],
    [{ database: '' }, /"database"/], [{ enabled: 'yes' }, /"enabled"/], [{ loginPath: 'login' }, /"loginPath"/], [{ callbackPath: '/a/:b' }, /"callbackPath"/],
    [{ defaultReturnTo: 'https://x.example' }, /"defaultReturnTo"/], [{ allowedRedirectUrls: ['https://*'] }, /"allowedRedirectUrls"/], [{ allowedRedirectUrls: [5] }, /"allowedRedirectUrls"/],
    [{ errorRedirectUrl: 'javascript:x' }, /"errorRedirectUrl"/], [{ environment: null }, /"environment"/]
  ]
  for (const [option, message] of wrong) t.throws(() => resolve({ ...real, ...option } as ProviderOptions), { message }, JSON.stringify(option))
  for (const tenant of ['common', 'organizations', 'consumers', clientId, 'contoso.onmicrosoft.com']) t.ok(resolve({ ...real, tenant }))
  t.ok(resolve({ ...real, errorRedirectUrl: '/oops', defaultReturnTo: '/home', allowedRedirectUrls: ['https://*.a.example/**'] }))
})

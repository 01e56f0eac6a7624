import t, { type Test } from 'tap'
import { readOptions } from '../../src/core/options.ts'
import { type SimulatorOptions, simulatorOptionRules, type SimulatorPluginOptions, simulatorPluginRules } from '../../src/simulator/options.ts'
import { register, type Registration } from '../../src/simulator/registration.ts'
import { testEnvironment } from './simulated.ts'

const own = 'cf4564cf-724f-42c2-8e5f-669d39743300'
const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'

function registered (options: object = {}): Registration {
  return register(readOptions<SimulatorOptions>('fastify-entra/simulator', simulatorOptionRules, options), testEnvironment())
}

function refused (t: Test, options: object, message: RegExp | string): void {
  t.throws(() => registered(options), { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(options))
}

t.test('with no options there is one application for everybody, with a random secret', async (t) => {
  const { application, clientSecret, redirectUris } = registered()
  t.match(application, { clientId: /^[0-9a-f-]{36}$/, platform: 'web', signInAudience: 'AzureADandPersonalMicrosoftAccount', tenantId: null })
  t.match(clientSecret, /^[\w-]{43}$/)
  t.strictSame(application.clientSecrets, [{ value: clientSecret }])
  t.equal(redirectUris.size, 0)
})

t.test('what is given is registered', async (t) => {
  const { application, clientSecret } = registered({
    clientId: own.toUpperCase(),
    clientSecret: 'my-secret',
    redirectUris: ['https://app.example/callback'],
    platform: 'spa',
    signInAudience: 'AzureADMyOrg',
    tenantId: contoso.toUpperCase(),
    optionalClaims: ['email']
  })
  t.equal(clientSecret, 'my-secret')
  t.match(application, { clientId: own, platform: 'spa', signInAudience: 'AzureADMyOrg', tenantId: contoso })
  t.strictSame([...application.redirectUris], ['https://app.example/callback'])
  t.strictSame([...application.optionalClaims], ['email'])
})

t.test('an account of one\'s own needs a key and a tenant, and gets the rest', async (t) => {
  const { accounts, tenants } = registered({
    tenants: [{ id: own.toUpperCase(), domains: ['Own.Example'] }],
    accounts: [
      { key: 'first', tenant: 'own.example' },
      { key: 'second', tenant: 'consumers' },
      { key: 'third', tenant: contoso, claims: { upn: 'third@contoso.example', email: 'mail@contoso.example' } },
      {
        key: 'fourth',
        tenant: 'contoso.example',
        name: 'Fourth',
        username: 'four@contoso.example',
        oid: own.toUpperCase(),
        shows: 'A test.',
        claims: { email: 'mail@contoso.example', groups: ['a'] },
        refusesConsent: true
      }
    ]
  })
  const [first, second, third, fourth] = accounts.slice(-4)
  t.strictSame(tenants.at(-1), { id: own, name: own, domains: ['own.example'], userConsent: true })
  t.match(first, { key: 'first', name: 'first', username: 'first@own.example', tid: own, claims: {}, refusesConsent: false, oid: /^[0-9a-f]{8}-[0-9a-f]{4}-4/ })
  t.equal(first?.oid, registered({ tenants: [{ id: own }], accounts: [{ key: 'first', tenant: own }] }).accounts.at(-1)?.oid, 'the same after a restart')
  t.match(second, { username: 'second@outlook.example', tid: '9188040d-6c67-4c5b-b112-36a304b66dad' })
  t.equal(third?.username, 'third@contoso.example')
  t.strictSame(fourth, {
    key: 'fourth',
    tid: contoso,
    claims: { email: 'mail@contoso.example', groups: ['a'] },
    name: 'Fourth',
    username: 'four@contoso.example',
    oid: own,
    shows: 'A test.',
    refusesConsent: true,
    isAdministrator: false,
    fault: undefined
  })
})

t.test('a wrong account is refused by a message that says which and what', async (t) => {
  const account = (wrong: object): object => ({ accounts: [{ key: 'fine', tenant: 'consumers' }, { key: 'x', tenant: 'consumers', ...wrong }] })
  refused(t, account({ tenant: 'nowhere.example' }), 'fastify-entra/simulator: option "accounts[1].tenant" names no tenant: "nowhere.example" was given. The tenants are 9188040d-6c67-4c5b-b112-36a304b66dad, contoso.example, mallory.example; add your own with option "tenants".')
  refused(t, account({ tenant: 'common' }), /"accounts\[1\]\.tenant" names no tenant/)
  refused(t, account({ tenant: undefined }), /accounts\[1\]: option "tenant" must be/)
  refused(t, account({ key: undefined }), /accounts\[1\]: option "key" must be/)
  refused(t, account({ key: 'Two Words' }), /accounts\[1\]: option "key" must be small letters, digits and hyphens, but "Two Words" was given/)
  refused(t, account({ name: '' }), /option "name"/)
  refused(t, account({ username: 5 }), /option "username"/)
  refused(t, account({ oid: 'x' }), /option "oid" must be a GUID/)
  refused(t, account({ shows: 5 }), /option "shows"/)
  refused(t, account({ claims: [] }), /option "claims" must be an object/)
  refused(t, account({ refusesConsent: 'no' }), /option "refusesConsent"/)
  refused(t, account({ email: 'x@contoso.example' }), /there is no option "email"/)
})

t.test('keys, identities and tenants are each of a kind', async (t) => {
  refused(t, { accounts: [{ key: 'ada', tenant: 'consumers' }] }, /option "accounts" holds an account twice, or one that is built in: "ada"/)
  refused(t, { accounts: [{ key: 'x', tenant: 'contoso.example', oid: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' }] }, /an identity \(tid\/oid\) twice/)
  refused(t, { tenants: [{ id: contoso }] }, /option "tenants" holds a tenant twice/)
  refused(t, { tenants: [{ id: own, domains: ['contoso.example'] }] }, /"contoso\.example"/)
})

t.test('wrong options are refused, one by one', async (t) => {
  refused(t, { clientId: 'mine' }, /option "clientId" must be a GUID, but "mine" was given/)
  refused(t, { clientSecret: 'short' }, /option "clientSecret" must be at least eight printable characters, but something else \(it is not shown here\) was given/)
  for (const uri of ['/callback', 'myapp://callback', 'https://app.example/#x', 'https://*.example/', 5]) refused(t, { redirectUris: [uri] }, /option "redirectUris"/)
  refused(t, { platform: 'native' }, /option "platform" must be "web" or "spa"/)
  refused(t, { signInAudience: 'everybody' }, /option "signInAudience" must be one of AzureADandPersonalMicrosoftAccount/)
  refused(t, { signInAudience: 'AzureADMyOrg' }, /"tenantId" is missing/)
  refused(t, { tenantId: 'contoso.example' }, /option "tenantId" must be the GUID/)
  refused(t, { tenantId: own }, /option "tenantId" names no tenant/)
  refused(t, { optionalClaims: 'email' }, /option "optionalClaims"/)
  refused(t, { tenants: {} }, /option "tenants"/)
  refused(t, { tenants: [{ id: 'x' }] }, /tenants\[0\]: option "id" must be a GUID/)
  refused(t, { tenants: [{}] }, /tenants\[0\]: option "id" must be/)
  refused(t, { tenants: [{ id: own, name: ' ' }] }, /option "name"/)
  refused(t, { tenants: [{ id: own, domains: ['localhost'] }] }, /option "domains"/)
  refused(t, { accounts: 'ada' }, /option "accounts"/)
  refused(t, { onTokenResponse: true }, /option "onTokenResponse"/)
  refused(t, { environment: { now: 5 } }, /option "environment"/)
  refused(t, { environment: { fetch } }, /option "environment"/)
  refused(t, { acounts: [] }, /Did you mean "accounts"\?/)
})

t.test('the plugin takes a base URL on this machine only', async (t) => {
  const read = (options: object) => readOptions<SimulatorPluginOptions>('fastify-entra/simulator', simulatorPluginRules, options)
  for (const baseUrl of ['http://localhost:3000', 'https://localhost', 'http://127.0.0.1:3000', 'http://127.1.2.3', 'http://[::1]:3000']) {
    t.equal(read({ baseUrl }).baseUrl, baseUrl)
  }
  for (const baseUrl of [
    'https://app.example', 'http://localhost.evil.example', 'http://sub.localhost', 'http://0.0.0.0:3000', 'http://192.168.1.2', 'http://[::]',
    'http://localhost:3000/', 'http://localhost/app', 'http://user@localhost', 'localhost:3000', 'file://localhost/', '', 5, undefined
  ]) {
    t.throws(() => read({ baseUrl }), { code: 'FST_ENTRA_CONFIGURATION', message: /option "baseUrl" must be an origin on this machine/ }, String(baseUrl))
  }
  for (const prefix of ['sim', '/sim/', '/', '/:sim', '/*', '//sim', '/a/../b', 5]) {
    t.throws(() => read({ baseUrl: 'http://localhost', prefix }), { message: /option "prefix" must be/ }, String(prefix))
  }
  t.equal(read({ baseUrl: 'http://localhost' }).prefix, '/microsoft-simulator')
})

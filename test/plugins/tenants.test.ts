import t, { type Test } from 'tap'
import type { EntraOptions } from '../../plugins/fastify-entra.ts'
import type { SimulatorKitOptions } from '../../plugins/simulator.ts'
import { publicCloud } from '../../src/core/authority.ts'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import { builtInTenants } from '../../src/simulator/tenants.ts'
import { takesLong } from '../patient.ts'
import { httpsApp, navigation, program, type TestApp } from './app.ts'

takesLong()

const contoso = builtInTenants.contoso.id
const mallorys = builtInTenants.mallory.id
const customers = '0b0e5a6c-3f1d-4d6a-9a53-4c1f6f0d7e21'
const externalIssuer = `https://${customers}.ciamlogin.com/${customers}/v2.0`
const external: SimulatorKitOptions = {
  authority: 'https://woodgrove.ciamlogin.com',
  tenants: [{ id: customers, name: 'Woodgrove customers', domains: ['woodgrove.example'] }],
  accounts: [{ key: 'cleo', tenant: customers, name: 'Cleo Customer', claims: { email: 'cleo@mail.example' } }]
}
const custom: SimulatorKitOptions = { ...external, authority: 'https://login.woodgrove.example', issuer: externalIssuer }

async function userAfter ({ app }: TestApp, cookie: string) {
  return (await app.inject({ url: '/me', headers: { ...program, cookie } })).json()
}

/** The code that a sign-in is refused with, after which nothing has changed. */
async function refusalOf (t: Test, test: TestApp, account: string, claims: Record<string, unknown> = {}): Promise<string> {
  const before = await test.rows(['used_attempts'])
  const { statusCode, location, cookies } = await test.simulator.signIn(test.app, account, { claims })
  t.equal(statusCode, 303)
  t.notOk('__Host-entra-session' in cookies)
  t.equal(await test.rows(['used_attempts']), before, 'nothing has changed')
  return new URLSearchParams(location!.split('?')[1]).get('error')!
}

interface Journey {
  readonly name: string
  readonly options: Partial<EntraOptions>
  readonly simulator?: SimulatorKitOptions
  /** Where the browser is sent. */
  readonly authorize: string
  /** What tokens name. */
  readonly issuer: string
  readonly account: string
  /** Another account of the simulator that is not let in, with the code; none where Microsoft itself refuses it. */
  readonly refused?: readonly [account: string, code: string, claims?: Record<string, unknown>]
}

const journeys: readonly Journey[] = [
  { name: 'common', options: { tenant: 'common' }, authorize: `${publicCloud}/common`, issuer: `${publicCloud}/${contoso}/v2.0`, account: 'ada' },
  { name: 'common, a personal account', options: {}, authorize: `${publicCloud}/common`, issuer: `${publicCloud}/${personalTenant}/v2.0`, account: 'pat' },
  {
    name: 'organizations',
    options: { tenant: 'organizations' },
    authorize: `${publicCloud}/organizations`,
    issuer: `${publicCloud}/${mallorys}/v2.0`,
    account: 'mallory',
    refused: ['ada', 'tenant_not_allowed', { tid: personalTenant, iss: `${publicCloud}/${personalTenant}/v2.0` }]
  },
  { name: 'consumers', options: { tenant: 'consumers' }, authorize: `${publicCloud}/consumers`, issuer: `${publicCloud}/${personalTenant}/v2.0`, account: 'pat' },
  {
    name: 'a GUID',
    options: { tenant: contoso.toUpperCase() },
    authorize: `${publicCloud}/${contoso}`,
    issuer: `${publicCloud}/${contoso}/v2.0`,
    account: 'ada',
    refused: ['ada', 'invalid_token', { tid: mallorys, iss: `${publicCloud}/${mallorys}/v2.0` }]
  },
  {
    name: 'a verified domain',
    options: { tenant: 'Contoso.example' },
    authorize: `${publicCloud}/contoso.example`,
    issuer: `${publicCloud}/${contoso}/v2.0`,
    account: 'ada',
    refused: ['ada', 'invalid_token', { tid: mallorys, iss: `${publicCloud}/${mallorys}/v2.0` }]
  },
  {
    name: 'a list of tenants',
    options: { allowedTenants: [contoso.toUpperCase(), personalTenant] },
    authorize: `${publicCloud}/common`,
    issuer: `${publicCloud}/${contoso}/v2.0`,
    account: 'ada',
    refused: ['mallory', 'tenant_not_allowed']
  },
  {
    name: 'a function',
    options: { tenant: 'organizations', allowedTenants: async (tid) => tid === contoso },
    authorize: `${publicCloud}/organizations`,
    issuer: `${publicCloud}/${contoso}/v2.0`,
    account: 'ada',
    refused: ['mallory', 'tenant_not_allowed']
  },
  {
    name: 'US Government',
    options: { authority: 'https://login.microsoftonline.us', tenant: 'organizations' },
    simulator: { authority: 'https://login.microsoftonline.us' },
    authorize: 'https://login.microsoftonline.us/organizations',
    issuer: `https://login.microsoftonline.us/${contoso}/v2.0`,
    account: 'ada',
    refused: ['ada', 'invalid_token', { iss: `${publicCloud}/${contoso}/v2.0` }]
  },
  {
    name: 'China',
    options: { authority: 'https://login.partner.microsoftonline.cn', tenant: contoso },
    simulator: { authority: 'https://login.partner.microsoftonline.cn' },
    authorize: `https://login.partner.microsoftonline.cn/${contoso}`,
    issuer: `https://login.partner.microsoftonline.cn/${contoso}/v2.0`,
    account: 'ada',
    refused: ['ada', 'invalid_token', { iss: `https://login.microsoftonline.us/${contoso}/v2.0` }]
  },
  {
    name: 'External ID',
    options: { authority: external.authority, tenant: customers },
    simulator: external,
    authorize: `https://woodgrove.ciamlogin.com/${customers}`,
    issuer: externalIssuer,
    account: 'cleo',
    refused: ['cleo', 'invalid_token', { iss: `https://woodgrove.ciamlogin.com/${customers}/v2.0` }]
  },
  {
    name: 'External ID at a custom domain',
    options: { authority: custom.authority, tenant: customers, issuer: externalIssuer },
    simulator: custom,
    authorize: `https://login.woodgrove.example/${customers}`,
    issuer: externalIssuer,
    account: 'cleo',
    refused: ['cleo', 'invalid_token', { iss: `https://login.woodgrove.example/${customers}/v2.0` }]
  }
]

for (const { name, options, simulator, authorize, issuer, account, refused } of journeys) {
  t.test(`a journey: ${name}`, async (t) => {
    const test = await httpsApp(t, options, { simulator: simulator ?? {} })
    const started = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
    t.equal(started.headers.location!.split('?')[0], `${authorize}/oauth2/v2.0/authorize`)
    const { location, cookie } = await test.simulator.signIn(test.app, account)
    t.equal(location, '/auth/account')
    const me = await userAfter(test, cookie)
    const [identity] = await test.app.accounts.identities(me.id)
    t.equal(identity!.iss, issuer)
    t.equal(identity!.authority, options.authority ?? publicCloud)
    t.equal((await test.simulator.signIn(test.app, account, { cookie })).location, '/auth/account')
    t.ok(test.simulator.requests.discovery <= 1, 'a domain is looked up once, and nothing else is')
    if (refused === undefined) return
    const [other, code, claims] = refused
    t.equal(await refusalOf(t, test, other, claims), code)
  })
}

t.test('the answer of an external tenant may name its issuer, and no other (RFC 9207, O23)', async (t) => {
  const test = await httpsApp(t, { authority: external.authority, tenant: customers }, { simulator: external })
  const callback = async (iss: string) => {
    const started = await test.app.inject({ url: '/auth/microsoft/login', headers: navigation })
    const cookie = [started.headers['set-cookie']].flat().map((one) => one!.split(';')[0]).join('; ')
    const picked = await test.simulator.fetch(started.headers.location!, { method: 'POST', body: new URLSearchParams({ simulator_account: 'cleo' }), redirect: 'manual' })
    const { search } = new URL(picked.headers.get('location')!)
    const requests = test.simulator.requests.token
    const answer = await test.app.inject({ url: `/auth/microsoft/callback${search}&iss=${encodeURIComponent(iss)}`, headers: { ...program, cookie } })
    return [answer.statusCode, test.simulator.requests.token - requests] as const
  }
  t.same(await callback(externalIssuer), [303, 1])
  for (const iss of [`https://woodgrove.ciamlogin.com/${customers}/v2.0`, `${publicCloud}/${customers}/v2.0`, `https://${contoso}.ciamlogin.com/${customers}/v2.0`, `${externalIssuer}/`]) {
    t.same(await callback(iss), [401, 0], `${iss}: before the token request`)
  }
})

t.test('a server does not start where authority, tenant and issuer contradict each other', async (t) => {
  for (const [options, message] of [
    [{ authority: 'https://woodgrove.ciamlogin.com' }, /Give the tenant's GUID/],
    [{ authority: 'https://login.windows.net' }, /another name of login\.microsoftonline\.com/],
    [{ authority: 'https://login.woodgrove.example', issuer: externalIssuer }, /Give the GUID of the one tenant/],
    [{ tenant: 'common', appSpecificKeys: true }, /Name the one tenant/]
  ] as const) await t.rejects(httpsApp(t, options), { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(options))
  await t.rejects(httpsApp(t, { clientId: undefined, clientSecret: undefined, baseUrl: 'http://localhost:3000', issuer: externalIssuer }), { message: /option "issuer" was given, but without "clientId" the simulator stands in/ })
})

t.test('who may sign in is asked at each sign-in, and a no ends the sessions of the tenant', async (t) => {
  let customersOfOurs = [contoso, mallorys]
  const asked: string[] = []
  const test = await httpsApp(t, { allowedTenants: async (tid) => { asked.push(tid); return customersOfOurs.includes(tid) } })
  const ada = await test.simulator.signIn(test.app, 'ada')
  const mallory = await test.simulator.signIn(test.app, 'mallory')
  t.same(asked, [contoso, mallorys])
  const status = async (cookie: string) => (await test.app.inject({ url: '/me', headers: { ...program, cookie } })).statusCode
  t.equal(await status(mallory.cookie), 200)
  t.equal(asked.length, 2, 'sessions go by the answer')

  customersOfOurs = [contoso]
  test.clock.now += 299_000
  t.equal(await status(mallory.cookie), 200, 'for five minutes')
  test.clock.now += 1_000
  t.equal(await status(mallory.cookie), 401)
  t.equal(await status(ada.cookie), 200)
  customersOfOurs = [contoso, mallorys]
  t.equal(await status(mallory.cookie), 401, 'it is over, and not only refused')
  customersOfOurs = [contoso]
  t.equal(await refusalOf(t, test, 'mallory'), 'tenant_not_allowed')
})

t.test('a function that fails lets nobody in, ends no session, and says why in the log alone', async (t) => {
  let fails = false
  const secret = 'postgres://user:hunter2@host'
  const test = await httpsApp(t, { allowedTenants: () => { if (fails) throw new Error(secret); return true }, allowedTenantsCache: 0 })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  fails = true
  t.equal(await refusalOf(t, test, 'ada'), 'server_error')
  t.match(test.log(), 'allowed_tenants_threw')
  t.match(test.log(), 'option \\"allowedTenants\\" threw')
  t.notMatch(test.log(), 'hunter2')
  const get = async () => await test.app.inject({ url: '/me', headers: { ...program, cookie } })
  t.equal((await get()).statusCode, 200, 'the last answer was yes')
  test.clock.now += 3_600_000
  const answer = await get()
  t.match([answer.statusCode, answer.json().code], [500, 'server_error'])
  t.notMatch(answer.body, 'hunter2')
  fails = false
  test.clock.now += 10_000
  t.equal((await get()).statusCode, 200, 'the session is still there')
})

t.test('an identity whose tenant cannot be asked about is no way in, so the last one that is stays', async (t) => {
  let answer: (tid: string) => boolean = () => true
  const test = await httpsApp(t, { allowedTenants: (tid) => answer(tid), allowedTenantsCache: 0 })
  const { app, simulator, clock } = test
  const { cookie } = await simulator.signIn(app, 'ada')
  await simulator.link(app, 'pat', { cookie })
  const { id, identity } = await userAfter(test, cookie)
  t.equal(await app.accounts.canUnlink(id, identity), true)
  answer = (tid) => tid !== personalTenant
  clock.now += 1
  t.equal(await app.accounts.canUnlink(id, identity), false, 'the other tenant is not let in')
  answer = () => { throw new Error('down') }
  clock.now += 3_600_000
  t.equal(await app.accounts.canUnlink(id, identity), false)
  await t.rejects(app.accounts.unlink(id, identity), { code: 'last_identity' })
  t.match(test.log(), 'its identities count as no way in')
  answer = () => true
  clock.now += 10_000
  await app.accounts.unlink(id, identity)
  t.same((await app.accounts.identities(id)).map(({ tid }) => tid), [personalTenant])
})

t.test('keys of the application\'s own: without the option their tokens are refused, and the log names it', async (t) => {
  const simulator = { appSpecificKeys: true }
  const without = await httpsApp(t, { tenant: contoso }, { simulator })
  t.equal(await refusalOf(t, without, 'ada'), 'invalid_token')
  t.match(without.log(), /"unknown_key".*option \\"appSpecificKeys\\" must be true/)
  const withOption = await httpsApp(t, { tenant: contoso, appSpecificKeys: true }, { simulator })
  t.equal((await withOption.simulator.signIn(withOption.app, 'ada')).location, '/auth/account')
  const byDomain = await httpsApp(t, { tenant: 'contoso.example', appSpecificKeys: true }, { simulator })
  t.equal((await byDomain.simulator.signIn(byDomain.app, 'ada')).location, '/auth/account')
  const usual = await httpsApp(t, { tenant: contoso, appSpecificKeys: true })
  t.equal((await usual.simulator.signIn(usual.app, 'ada')).location, '/auth/account', 'an application without any gets the usual ones')
})

t.test('the address of a member is proven by the domain that the operator bound to the tenant, at each cloud', async (t) => {
  const authority = 'https://login.microsoftonline.us'
  const { app, simulator } = await httpsApp(t, { authority, tenant: 'organizations', tenantDomains: { [contoso]: ['contoso.example'] } }, { simulator: { authority } })
  const { cookie } = await simulator.signIn(app, 'amir')
  t.match((await app.inject({ url: '/me', headers: { ...program, cookie } })).json().email, { score: 95, verified: true, evidence: [{ kind: 'tenant_domain' }] })
})

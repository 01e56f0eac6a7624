import t from 'tap'
import { createSimulator } from '../../plugins/simulator.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import { consumersTenantId } from '../../src/simulator/tenants.ts'
import { loginHintOf } from '../../src/simulator/login-hint.ts'
import { suggestAccount } from '../../src/simulator/picker.ts'
import { carried, numbers, simulate, startOfTime, webApp } from './simulated.ts'

const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
const document = async (base: string, tenant: string, issuer?: string) => JSON.parse((await simulate({ base, issuer }).send('discovery', { tenant })).body)

t.test('each cloud has documents of its own', async (t) => {
  for (const [base, name, graph] of [
    ['https://login.microsoftonline.us', 'microsoftonline.us', 'graph.microsoft.us'],
    ['https://login.partner.microsoftonline.cn', 'partner.microsoftonline.cn', 'microsoftgraph.chinacloudapi.cn']
  ] as const) {
    t.match(await document(base, 'common'), {
      issuer: `${base}/{tenantid}/v2.0`, authorization_endpoint: `${base}/common/oauth2/v2.0/authorize`, cloud_instance_name: name, msgraph_host: graph, userinfo_endpoint: `https://${graph}/oidc/userinfo`
    })
    const { keys } = JSON.parse((await simulate({ base }).send('keys')).body)
    t.match(keys[0], { issuer: `${base}/{tenantid}/v2.0`, cloud_instance_name: name })
  }
})

t.test('External ID has endpoints at its name and issuers at the GUID of the tenant', async (t) => {
  const base = 'https://woodgrove.ciamlogin.com'
  const issuer = `https://${contoso}.ciamlogin.com/${contoso}/v2.0`
  t.match(await document(base, contoso), { issuer, jwks_uri: `${base}/${contoso}/discovery/v2.0/keys`, cloud_instance_name: 'microsoftonline.com' })
  t.match(JSON.parse((await simulate({ base }).send('keys', { tenant: contoso })).body).keys, [{ issuer }])
  t.match(await document('https://login.woodgrove.example', contoso, issuer), { issuer, jwks_uri: `https://login.woodgrove.example/${contoso}/discovery/v2.0/keys` })
})

t.test('personal accounts are in the public cloud alone, and External ID has no tenants for everybody', async (t) => {
  for (const [base, unknown, known] of [
    ['https://login.microsoftonline.us', ['consumers', 'Consumers', consumersTenantId], ['common', 'organizations', contoso]],
    ['https://woodgrove.ciamlogin.com', ['common', 'organizations', 'consumers', consumersTenantId], [contoso, 'contoso.example']]
  ] as const) {
    const { send, engine, authorize } = simulate({ base })
    for (const tenant of unknown) t.strictSame(numbers(await send('discovery', { tenant })), [90002], `${tenant} at ${base}`)
    for (const tenant of known) t.equal((await send('discovery', { tenant })).status, 200, `${tenant} at ${base}`)
    t.notOk(engine.accounts().some(({ tid }) => tid === consumersTenantId))
    const picker = await authorize({}, { tenant: contoso })
    t.match(picker.body, 'Ada Lovelace')
    t.notMatch(picker.body, 'Pat Personal')
    const post = { method: 'POST', body: 'simulator_account=pat', contentType: 'application/x-www-form-urlencoded', tenant: contoso }
    t.match((await authorize({}, post)).body, 'AADSTS50034')
    t.match((await authorize({}, { ...post, body: 'simulator_account=ada' })).headers.location, 'code=')
  }
})

t.test('an application with keys of its own publishes them in its tenant, to whoever names it', async (t) => {
  const own = { ...webApp, appSpecificKeys: true }
  const { send } = simulate({ applications: [own] })
  const kidsOf = async (tenant: string, query: string) => JSON.parse((await send('keys', { tenant, query })).body).keys.map(({ kid }: { kid: string }) => kid)
  const usual = await kidsOf(contoso, '')
  const special = await kidsOf(contoso, `appid=${own.clientId}`)
  t.equal(special.length, 1)
  t.notSame(special, usual)
  t.same(await kidsOf('contoso.example', `appid=${own.clientId.toUpperCase()}`), special)
  t.same(await kidsOf(contoso, 'appid=cf4564cf-724f-42c2-8e5f-669d39743300'), usual, 'another application')
  t.same(await kidsOf('common', `appid=${own.clientId}`), await kidsOf('common', ''), 'no tenant, no such keys')
  t.same(await simulate().send('keys', { tenant: contoso, query: `appid=${webApp.clientId}` }).then(({ body }) => JSON.parse(body).keys[0].kid), usual[0], 'an application without any')
})

t.test('the session at Microsoft is told by optional claims, each where it was asked for', async (t) => {
  const claimsWith = async (optionalClaims: string[]) => {
    const { code, redeem } = simulate({ applications: [{ ...webApp, optionalClaims: new Set(optionalClaims) }] })
    const { id_token: token } = JSON.parse((await redeem({ code: await code() })).body)
    return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
  }
  const all = await claimsWith(['sid', 'auth_time', 'login_hint'])
  t.match(all, { sid: /^[0-9a-f-]{36}$/, auth_time: startOfTime / 1_000, login_hint: /^O\.[\w-]+$/ })
  const none = await claimsWith([])
  for (const name of ['sid', 'auth_time', 'login_hint', 'groups']) t.notOk(name in none, name)
  t.same(Object.keys(await claimsWith(['sid'])).filter((name) => ['sid', 'auth_time', 'login_hint'].includes(name)), ['sid'])
})

t.test('a refreshed token tells the same session, and when it began', async (t) => {
  const { code, redeem, environment } = simulate({ applications: [{ ...webApp, optionalClaims: new Set(['sid', 'auth_time']) }] })
  const first = JSON.parse((await redeem({ code: await code('ada', { scope: 'openid profile offline_access' }) })).body)
  environment.time += 3_600_000
  const second = JSON.parse((await redeem({ grant_type: 'refresh_token', refresh_token: first.refresh_token })).body)
  const [before, after] = [first, second].map(({ id_token: token }) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()))
  t.same([after.sid, after.auth_time], [before.sid, before.auth_time])
  t.ok(after.iat > before.iat)
})

t.test('the claim login_hint names its account, as the name of the account does', async (t) => {
  const [ada] = builtInAccounts
  t.equal(suggestAccount(builtInAccounts, { loginHint: loginHintOf(ada!), domainHint: undefined }), ada)
  t.equal(suggestAccount(builtInAccounts, { loginHint: 'O.unknown', domainHint: undefined }), null)
  t.equal(new Set(builtInAccounts.map(loginHintOf)).size, builtInAccounts.length)
})

t.test('max_age is a whole number of seconds; languages are nobody\'s business here', async (t) => {
  const { authorize } = simulate()
  for (const age of ['-1', '1.5', 'x', '12345678901']) t.match(carried(await authorize({ max_age: age })), { error: 'invalid_request', error_description: /AADSTS90023.*max_age/ }, age)
  for (const asked of [{ max_age: '0' }, { max_age: '600' }, { ui_locales: 'de fr' }]) t.equal((await authorize(asked)).status, 200)
})

t.test('groups come where they were asked for, and too many of them not at all', async (t) => {
  const claimsOf = async (groups: unknown, optionalClaims = ['groups']) => {
    const { code, redeem, engine } = simulate({ applications: [{ ...webApp, optionalClaims: new Set(optionalClaims) }] })
    engine.setClaims('ada', { groups, roles: ['Editor'] })
    const { id_token: token } = JSON.parse((await redeem({ code: await code() })).body)
    return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
  }
  const two = Array.from({ length: 200 }, (_, index) => String(index))
  t.same((await claimsOf(two)).groups, two)
  const over = await claimsOf([...two, 'one more'])
  t.notOk('groups' in over)
  t.match(over, { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: /getMemberObjects$/ } }, roles: ['Editor'] })
  const unasked = await claimsOf([...two, 'one more'], [])
  t.notOk('groups' in unasked || '_claim_names' in unasked)
  t.same(unasked.roles, ['Editor'], 'roles come unasked')
})

t.test('the kit stands in for a cloud, and for nothing that is none', async (t) => {
  const us = createSimulator({ authority: 'https://login.microsoftonline.us' })
  t.equal(us.base, 'https://login.microsoftonline.us')
  t.equal((await us.fetch('https://login.microsoftonline.us/common/v2.0/.well-known/openid-configuration')).status, 200)
  await t.rejects(us.fetch('https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration'), { message: /stands in for "https:\/\/login\.microsoftonline\.us" only/ })
  await us.close()
  for (const authority of ['http://login.microsoftonline.us', 'https://localhost', 'login.microsoftonline.us', 'https://login.microsoftonline.us/', 5]) {
    t.throws(() => createSimulator({ authority: authority as string }), { code: 'FST_ENTRA_CONFIGURATION', message: /option "authority" must be/ }, String(authority))
  }
  for (const issuer of ['woodgrove', 'https://woodgrove.example', 5]) t.throws(() => createSimulator({ issuer: issuer as string }), { message: /option "issuer" must be/ })
})

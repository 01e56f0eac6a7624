import t from 'tap'
import { authorityOf } from '../../src/core/authority.ts'
import { createTenantResolution } from '../../src/verification/tenant-resolution.ts'
import { allowsTenant } from '../../src/verification/tenant.ts'
import { contoso, mallorys, personal, publicAuthority, refusalOf, type TestWorld, testWorld } from './tokens.ts'

const authority = publicAuthority
const tenant = 'contoso.example'
const issuer = `${authority.base}/${contoso}/v2.0`
const documented = (issuer: unknown): TestWorld['answer'] => () => Response.json({ issuer })

t.test('a domain is looked up once, when it is needed, and kept', async (t) => {
  const world = testWorld(documented(issuer))
  const { resolve } = createTenantResolution({ authority, tenant }, world)
  t.equal(world.requests.length, 0)
  const rules = await Promise.all([resolve(), resolve(), resolve()])
  for (const rule of rules) {
    t.equal(allowsTenant(rule, contoso), true)
    t.equal(allowsTenant(rule, mallorys), false)
    t.equal(allowsTenant(rule, personal), false)
  }
  world.time += 10 * 24 * 3_600_000
  await resolve()
  t.same(world.requests.map(({ url }) => url), ['https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration'])
})

t.test('the other names need no network', async (t) => {
  const world = testWorld(() => { throw new Error('no network') })
  for (const name of ['common', 'organizations', 'consumers', contoso]) {
    t.equal(allowsTenant(await createTenantResolution({ authority, tenant: name }, world).resolve(), contoso), true)
  }
  t.equal(world.requests.length, 0)
})

t.test('a discovery document speaks for a tenant only by an issuer of this authority', async (t) => {
  const wrong = [
    undefined, null, 5, [issuer], '', `${authority.base}/{tenantid}/v2.0`, `${authority.base}/common/v2.0`, `${issuer}/`, ` ${issuer}`,
    `${authority.base}/${contoso}`, `https://sts.windows.net/${contoso}/`, issuer.replace('https', 'http'), issuer.replace('.com', '.us'),
    `https://login.microsoftonline.com.evil.example/${contoso}/v2.0`, `${authority.base}/x/${contoso}/v2.0`, issuer.replace('login', 'nigol'), issuer.replace('v2.0', 'v1.0'), issuer.replace('https:/', 'http://')
  ]
  for (const issuer of wrong) {
    const { resolve } = createTenantResolution({ authority, tenant }, testWorld(documented(issuer)))
    t.equal(await refusalOf(resolve()), 'provider_error configuration_issuer', String(issuer))
  }
  const { resolve: upper } = createTenantResolution({ authority, tenant }, testWorld(documented(issuer.replace(contoso, contoso.toUpperCase()))))
  t.equal(allowsTenant(await upper(), contoso), true, 'a GUID in upper case names the same tenant')
})

t.test('a domain at an authority with a path is looked up below it', async (t) => {
  const simulator = authorityOf('http://localhost:3000/microsoft-simulator')
  const world = testWorld(documented(`${simulator.base}/${contoso}/v2.0`))
  t.equal(allowsTenant(await createTenantResolution({ authority: simulator, tenant }, world).resolve(), contoso), true)
})

t.test('a list narrows a domain as well', async (t) => {
  const { resolve } = createTenantResolution({ authority, tenant, allowedTenants: [mallorys] }, testWorld(documented(issuer)))
  const rule = await resolve()
  t.equal(allowsTenant(rule, contoso), false)
  t.equal(allowsTenant(rule, mallorys), false)
})

t.test('a look-up that fails stands for five seconds, and then heals', async (t) => {
  const world = testWorld(() => new Response('{}', { status: 503, headers: { 'retry-after': '3' } }))
  const { resolve } = createTenantResolution({ authority, tenant }, world)
  t.equal(await refusalOf(resolve()), 'provider_unavailable configuration_status_503')
  world.answer = documented(issuer)
  world.time += 4_999
  t.equal(await refusalOf(resolve()), 'provider_unavailable configuration_status_503')
  t.equal(world.requests.length, 1)
  world.time += 1
  t.equal(allowsTenant(await resolve(), contoso), true)

  const { resolve: unknown } = createTenantResolution({ authority, tenant }, testWorld(() => new Response('{}', { status: 400 })))
  t.equal(await refusalOf(unknown()), 'provider_error configuration_status_400', 'no such tenant')
  const { resolve: hanging } = createTenantResolution({ authority, tenant }, testWorld(() => new Promise(() => {})), { timeout: 20, size: 1_000 })
  t.equal(await refusalOf(hanging()), 'provider_timeout configuration_timeout')
})

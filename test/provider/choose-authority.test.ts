import t from 'tap'
import { issuerOf, publicCloud } from '../../src/core/authority.ts'
import { readOptions } from '../../src/core/options.ts'
import { chooseAuthority } from '../../src/provider/choose-authority.ts'
import { type ProviderOptions, providerOptionRules } from '../../src/provider/options.ts'

const tid = '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10'
const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
const external = 'https://contoso.ciamlogin.com'
const custom = 'https://login.contoso.example'
const issuer = `https://${tid}.ciamlogin.com/${tid}/v2.0`

const choose = (options: Partial<ProviderOptions>) =>
  chooseAuthority(readOptions<ProviderOptions>('fastify-entra/provider', providerOptionRules, { baseUrl: 'https://app.example', ...options }))

t.test('authority, issuer and tenant fit together, or the server does not start', async (t) => {
  for (const [options, message] of [
    [{ authority: external }, /External|external tenant, and "tenant" is "common"\. Give the tenant's GUID/],
    [{ authority: external, tenant: 'contoso.example' }, /"tenant" is "contoso\.example"\. Give the tenant's GUID/],
    [{ authority: external, tenant: 'organizations' }, /Give the tenant's GUID/],
    [{ authority: external, tenant: tid, issuer }, /whose issuer follows from the tenant\. Leave "issuer" out/],
    [{ authority: publicCloud, tenant: tid, issuer }, /Leave "issuer" out/],
    [{ tenant: tid, issuer }, /Leave "issuer" out/],
    [{ authority: 'http://localhost:4000', tenant: tid, issuer }, /Leave "issuer" out/],
    [{ authority: custom, issuer }, /"tenant" is "common"\. Give the GUID of the one tenant that "issuer" names/],
    [{ authority: custom, tenant: 'contoso.example', issuer }, /Give the GUID of the one tenant/],
    [{ authority: custom, tenant: personal, issuer }, /Give the GUID of the one tenant/],
    [{ authority: 'https://login.microsoftonline.us', tenant: 'consumers' }, /personal accounts are in the public cloud only/],
    [{ authority: 'https://login.partner.microsoftonline.cn', tenant: personal.toUpperCase() }, /personal accounts are in the public cloud only/],
    [{ authority: 'https://login.windows.net' }, /another name of login\.microsoftonline\.com\. Give "https:\/\/login\.microsoftonline\.com"/],
    [{ authority: 'https://sts.windows.net' }, /another name of login\.microsoftonline\.com/],
    [{ authority: 'https://login.microsoft.com' }, /another name of login\.microsoftonline\.com/],
    [{ authority: 'https://login.usgovcloudapi.net' }, /another name of login\.microsoftonline\.us/],
    [{ authority: 'https://login.chinacloudapi.cn' }, /another name of login\.partner\.microsoftonline\.cn/],
    [{ authority: 'https://contoso.b2clogin.com', tenant: tid }, /Azure AD B2C, which is not supported\. Its successor External ID is/]
  ] as const) t.throws(() => choose(options), { code: 'FST_ENTRA_CONFIGURATION', message }, JSON.stringify(options))
})

t.test('what fits is taken', async (t) => {
  t.equal(choose({}).base, publicCloud)
  t.equal(choose({ tenant: 'consumers' }).base, publicCloud)
  t.equal(issuerOf(choose({ authority: 'https://login.microsoftonline.us', tenant: 'organizations' }), tid), `https://login.microsoftonline.us/${tid}/v2.0`)
  t.equal(issuerOf(choose({ authority: external, tenant: tid.toUpperCase() }), tid), issuer)
  t.equal(issuerOf(choose({ authority: custom, tenant: tid.toUpperCase(), issuer }), tid), issuer)
  t.equal(issuerOf(choose({ authority: custom, tenant: tid, issuer: `${custom}/${tid}/v2.0` }), tid), `${custom}/${tid}/v2.0`, 'should Microsoft change it one day')
})

t.test('each wrong value is refused with the name of its option', async (t) => {
  for (const [name, values] of Object.entries({
    issuer: [
      '', 'contoso', `http://${tid}.ciamlogin.com/${tid}/v2.0`, `https://${tid}.ciamlogin.com/${tid}`, `${issuer}/`, `https://x@${tid}.ciamlogin.com/${tid}/v2.0`, `https://${tid}.ciamlogin.com:444/${tid}/v2.0`,
      `https://${tid}.ciamlogin.com/{tenantid}/v2.0`, `https://${tid}.ciamlogin.com/a/${tid}/v2.0`, `https://${tid.toUpperCase()}.ciamlogin.com/${tid}/v2.0`, `https://.example/${tid}/v2.0`, 5, null
    ],
    allowedScopes: ['Mail.Read', ['Mail Read'], ['Mail.Read,Mail.Send'], [''], ['x'.repeat(257)], [5], null],
    uiLocales: ['de', ['German'], ['de_DE'], [''], ['de-'], ['x'], ['de-DE-1996'], [5], null]
  })) {
    for (const value of values) t.throws(() => choose({ [name]: value }), { code: 'FST_ENTRA_CONFIGURATION', message: new RegExp(`option "${name}" must be `) }, `${name}: ${String(value)}`)
  }
  t.ok(choose({ allowedScopes: ['Mail.Read', 'https://graph.microsoft.com/.default', 'api://x/Read'], uiLocales: ['de', 'pt-BR', 'zh-Hant-TW', 'es-419', 'fil'] }))
})

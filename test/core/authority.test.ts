import t from 'tap'
import { authorityKindOf, authorityOf, endpointsOf, fillTenant, issuerOf, publicCloud, tenantOfIssuer } from '../../src/core/authority.ts'

const tid = '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10'
const other = 'b1e7c0de-1111-4222-8333-444455556666'

t.test('each cloud has its issuer, its instance name and its Graph; of an unknown host nothing is assumed', async (t) => {
  for (const [base, cloudInstance, graph] of [
    [publicCloud, 'microsoftonline.com', 'https://graph.microsoft.com'],
    ['https://login.microsoftonline.us', 'microsoftonline.us', 'https://graph.microsoft.us'],
    ['https://login.partner.microsoftonline.cn', 'partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn'],
    ['http://localhost:3000/microsoft-simulator', 'microsoftonline.com', 'http://localhost:3000/microsoft-simulator/graph'],
    ['https://login.contoso.example', null, null],
    ['https://constructor', null, null]
  ] as const) {
    const authority = authorityOf(base)
    t.same(authority, { base, issuer: `${base}/{tenantid}/v2.0`, cloudInstance, graph }, base)
    t.equal(issuerOf(authority, tid), `${base}/${tid}/v2.0`)
    t.ok(Object.isFrozen(authority))
  }
})

t.test('External ID has its endpoints at a name, and its issuers at the GUID of the tenant', async (t) => {
  const authority = authorityOf('https://contoso.ciamlogin.com')
  t.equal(issuerOf(authority, tid), `https://${tid}.ciamlogin.com/${tid}/v2.0`)
  t.same([authority.cloudInstance, authority.graph], ['microsoftonline.com', 'https://graph.microsoft.com'])
  t.equal(endpointsOf(authority, tid).keys, `https://contoso.ciamlogin.com/${tid}/discovery/v2.0/keys`)
  t.equal(endpointsOf(authority, tid).token, `https://contoso.ciamlogin.com/${tid}/oauth2/v2.0/token`)
})

t.test('a custom domain of External ID has the issuer that it is given, for every token', async (t) => {
  const issuer = `https://${tid}.ciamlogin.com/${tid}/v2.0`
  const authority = authorityOf('https://login.contoso.example', issuer)
  t.equal(issuerOf(authority, tid), issuer)
  t.equal(issuerOf(authority, other), issuer, 'so that no other tenant has an issuer')
  t.same([authority.base, authority.cloudInstance, authority.graph], ['https://login.contoso.example', 'microsoftonline.com', 'https://graph.microsoft.com'])
})

t.test('only the exact hosts are Microsoft\'s (T18)', async (t) => {
  for (const [base, kind] of [
    [publicCloud, 'public'], ['https://login.microsoftonline.us', 'national'], ['https://login.partner.microsoftonline.cn', 'national'],
    ['https://contoso.ciamlogin.com', 'external_id'], ['http://127.0.0.1:4000', 'loopback'], ['https://localhost', 'loopback'],
    ['https://login.microsoftonline.com.evil.example', 'other'], ['https://login.microsoftonline.com:444', 'other'], ['https://login.microsoftonline.us.evil.example', 'other'],
    ['https://contoso.ciamlogin.com.evil.example', 'other'], ['https://contosociamlogin.com', 'other'], ['https://ciamlogin.com', 'other'], ['https://contoso.ciamlogin.com:444', 'other'],
    ['https://xlogin.microsoftonline.com', 'other'], ['https://localhost.evil.example', 'other']
  ] as const) t.equal(authorityKindOf(base), kind, base)
})

t.test('an issuer names its tenant, and only where it is exactly that tenant\'s (T18, O23)', async (t) => {
  const global = authorityOf(publicCloud)
  const external = authorityOf('https://contoso.ciamlogin.com')
  t.equal(tenantOfIssuer(global, `${publicCloud}/${tid}/v2.0`), tid)
  t.equal(tenantOfIssuer(global, `${publicCloud}/${tid.toUpperCase()}/v2.0`), tid)
  t.equal(tenantOfIssuer(external, `https://${tid}.ciamlogin.com/${tid}/v2.0`), tid)
  for (const [authority, issuer] of [
    [global, `${publicCloud}/common/v2.0`], [global, `${publicCloud}/{tenantid}/v2.0`], [global, `${publicCloud}/${tid}/v2.0/`], [global, `${publicCloud}/${tid}`], [global, `https://login.microsoftonline.us/${tid}/v2.0`],
    [global, `${publicCloud}.evil.example/${tid}/v2.0`], [global, ''], [global, tid], [global, null], [global, [`${publicCloud}/${tid}/v2.0`]],
    [external, `https://contoso.ciamlogin.com/${tid}/v2.0`], [external, `https://${tid}.ciamlogin.com/${other}/v2.0`], [external, `https://${other}.ciamlogin.com/${tid}/v2.0`],
    [external, `https://${tid}.ciamlogin.com.evil.example/${tid}/v2.0`], [external, `${publicCloud}/${tid}/v2.0`],
    [authorityOf('https://login.contoso.example', `https://${tid}.ciamlogin.com/${tid}/v2.0`), `https://${other}.ciamlogin.com/${other}/v2.0`]
  ] as const) t.equal(tenantOfIssuer(authority, issuer), null, String(issuer))
})

t.test('a template takes the id in each place, and takes it as it is', async (t) => {
  t.equal(fillTenant('https://{tenantid}.x/{tenantid}/v2.0', tid), `https://${tid}.x/${tid}/v2.0`)
  t.equal(fillTenant('{tenantid}!', '$&$`'), '$&$`!')
  t.equal(fillTenant('fixed', tid), 'fixed')
})

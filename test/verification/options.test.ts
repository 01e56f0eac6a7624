import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { readOptions } from '../../src/core/options.ts'
import { type Audience, resolveVerification, type VerificationConfig, type VerificationOptions, verificationOptionRules } from '../../src/verification/options.ts'
import { clientId, contoso, mallorys, personal } from './tokens.ts'

const ours: Audience = { authority: authorityOf(publicCloud), clientId, tenant: 'common' }

const resolve = (options: object, audience: Partial<Audience> = {}): VerificationConfig =>
  resolveVerification(readOptions<VerificationOptions>('fastify-entra/verification', verificationOptionRules, options), { ...ours, ...audience })

t.test('by default only what Microsoft vouches for is verified, of any tenant', async (t) => {
  const config = resolve({})
  t.same(config, {
    authority: authorityOf('https://login.microsoftonline.com'),
    clientId,
    tenant: 'common',
    allowedTenants: undefined,
    tenantGate: null,
    policy: { threshold: 90, emailSources: ['email'], strictEdov: false, tenantDomains: {} },
    tenantRoles: null,
    appSpecificKeys: false
  })
  t.ok(Object.isFrozen(config))
  t.ok(Object.isFrozen(config.policy))
})

t.test('each wrong value is refused with the name of its option', async (t) => {
  const wrong: Record<string, unknown[]> = {
    allowedTenants: [[], contoso, ['contoso.example'], [contoso, 'common'], [5], {}, null],
    allowedTenantsTimeout: [0, -1, 60_001, 1.5, '5000', null, Infinity],
    allowedTenantsCache: [-1, 86_400_001, 0.5, '0', null, NaN],
    threshold: [49, 101, 0, -1, 20, 89.5, '90', NaN, Infinity, null, true, [90]],
    emailSources: [[], 'email', ['mail'], ['email', 'email'], ['upn', 'preferred_username'], [5], null],
    strictEdov: ['true', 1, 0, null, 'false'],
    tenantDomains: [
      [], null, 'contoso.example', new Map([[contoso, ['contoso.example']]]), { contoso: ['contoso.example'] }, { [contoso]: 'contoso.example' }, { [contoso]: [] },
      { [contoso]: ['contoso'] }, { [contoso]: ['*.contoso.example'] }, { [contoso]: ['contoso.example', 5] }, { [contoso]: ['@contoso.example'] }, { [contoso]: ['conto\u017fo.example'] },
      { [contoso]: ['a.example'], [contoso.toUpperCase()]: ['b.example'] }, { [personal]: ['outlook.example'] }, { [personal.toUpperCase()]: ['outlook.example'] }
    ],
    tenantRoles: [
      [], null, 'Admin', new Map([[contoso, ['Admin']]]), { contoso: ['Admin'] }, { [contoso]: 'Admin' }, { [contoso]: [] }, { [contoso]: ['Admin', 5] }, { [contoso]: ['Not a role'] },
      { [contoso]: [''] }, { [contoso]: ['x'.repeat(121)] }, { [contoso]: ['Admin'], [contoso.toUpperCase()]: ['Reader'] }, { [personal]: ['Admin'] }
    ],
    appSpecificKeys: ['true', 1, 0, null]
  }
  t.same(Object.keys(wrong), Object.keys(verificationOptionRules))
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      t.throws(() => resolve({ [name]: value }), { name: 'FastifyError', code: 'FST_ENTRA_CONFIGURATION', message: new RegExp(`option "${name}" must be `) }, `${name}: ${String(value)}`)
    }
  }
  t.throws(() => resolve({ thresold: 90 }), /Did you mean "threshold"/)
})

t.test('right values are taken, in their canonical spelling', async (t) => {
  t.equal(resolve({}, { clientId: clientId.toUpperCase() }).clientId, clientId)
  for (const [tenant, expected] of [['organizations', 'organizations'], ['consumers', 'consumers'], [contoso.toUpperCase(), contoso], ['Contoso.EXAMPLE', 'contoso.example'], ['bücher.example', 'xn--bcher-kva.example']] as const) {
    t.equal(resolve({}, { tenant }).tenant, expected)
  }
  for (const threshold of [50, 70, 100]) t.equal(resolve({ threshold }).policy.threshold, threshold)
  for (const emailSources of [['email'], ['upn'], ['upn', 'email']]) t.same(resolve({ emailSources }).policy.emailSources, emailSources)
  t.equal(resolve({ strictEdov: true }).policy.strictEdov, true)
  t.same(resolve({ allowedTenants: [contoso.toUpperCase()] }).allowedTenants, [contoso])
  const { tenantDomains } = resolve({ tenantDomains: { [contoso.toUpperCase()]: ['Contoso.example', 'bücher.example'] } }).policy
  t.same(tenantDomains, { [contoso]: ['contoso.example', 'xn--bcher-kva.example'] })
  t.ok(Object.isFrozen(tenantDomains))
  t.ok(Object.isFrozen(tenantDomains[contoso]))
})

t.test('a tenant that no domain can be called is refused', async (t) => {
  for (const tenant of ['contoso', 'contoso.example.', 'conto\u017fo.example', '192.0.2.1', 'xn--a.example']) {
    t.throws(() => resolve({}, { tenant }), { code: 'FST_ENTRA_CONFIGURATION', message: /option "tenant" is / }, tenant)
  }
})

t.test('a list of tenants narrows, and cannot widen, what "tenant" lets in', async (t) => {
  const contradictions: Array<readonly [tenant: string, allowed: string]> = [
    ['organizations', personal], ['consumers', contoso], [contoso, mallorys], [contoso, personal]
  ]
  for (const [tenant, allowed] of contradictions) {
    t.throws(() => resolve({ allowedTenants: [allowed] }, { tenant }), { message: new RegExp(`"allowedTenants" names "${allowed}", which "tenant": "${tenant}" never lets in`) })
  }
  for (const [tenant, allowed] of [['organizations', contoso], ['consumers', personal], [contoso, contoso], ['common', personal], ['contoso.example', contoso]] as const) {
    t.same(resolve({ allowedTenants: [allowed] }, { tenant }).allowedTenants, [allowed])
  }
})

t.test('roles are given by tenants that "tenant" lets in, each as it is spelt', async (t) => {
  t.same(resolve({ tenantRoles: { [contoso.toUpperCase()]: ['Admin', 'reader.All'] } }).tenantRoles, { [contoso]: ['Admin', 'reader.All'] })
  t.same(resolve({ tenantRoles: {} }).tenantRoles, {}, 'no tenant may give any')
  t.throws(() => resolve({ tenantRoles: { [mallorys]: ['Admin'] } }, { tenant: contoso }), { message: /"tenantRoles" names "b1e7c0de-.*", which "tenant": "5f3c1a52-.*" never lets in/ })
})

t.test('a function decides about tenants, with its times', async (t) => {
  const ask = () => true
  const config = resolve({ allowedTenants: ask, allowedTenantsCache: 0 })
  t.same(config.tenantGate, { ask, timeout: 5_000, cache: 0 })
  t.equal(config.allowedTenants, undefined)
})

t.test('keys of the application\'s own are for a single tenant: its administrator may hold them, and could sign for any other', async (t) => {
  for (const tenant of ['common', 'organizations', 'consumers']) {
    t.throws(() => resolve({ appSpecificKeys: true }, { tenant }), { message: new RegExp(`"appSpecificKeys" is true, and "tenant" is "${tenant}"`) })
  }
  for (const tenant of [contoso, 'contoso.example']) t.ok(resolve({ appSpecificKeys: true }, { tenant }).appSpecificKeys)
})

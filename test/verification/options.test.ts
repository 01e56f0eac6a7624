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
    policy: { threshold: 90, emailSources: ['email'], strictEdov: false, tenantDomains: {} }
  })
  t.ok(Object.isFrozen(config))
  t.ok(Object.isFrozen(config.policy))
})

t.test('each wrong value is refused with the name of its option', async (t) => {
  const wrong: Record<string, unknown[]> = {
    allowedTenants: [[], contoso, ['contoso.example'], [contoso, 'common'], [5], {}, null],
    threshold: [49, 101, 0, -1, 20, 89.5, '90', NaN, Infinity, null, true, [90]],
    emailSources: [[], 'email', ['mail'], ['email', 'email'], ['upn', 'preferred_username'], [5], null],
    strictEdov: ['true', 1, 0, null, 'false'],
    tenantDomains: [
      [], null, 'contoso.example', new Map([[contoso, ['contoso.example']]]), { contoso: ['contoso.example'] }, { [contoso]: 'contoso.example' }, { [contoso]: [] },
      { [contoso]: ['contoso'] }, { [contoso]: ['*.contoso.example'] }, { [contoso]: ['contoso.example', 5] }, { [contoso]: ['@contoso.example'] }, { [contoso]: ['conto\u017fo.example'] },
      { [contoso]: ['a.example'], [contoso.toUpperCase()]: ['b.example'] }, { [personal]: ['outlook.example'] }, { [personal.toUpperCase()]: ['outlook.example'] }
    ]
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

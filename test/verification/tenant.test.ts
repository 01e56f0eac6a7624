import t from 'tap'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import { allowsAccountClass, allowsTenant, tenantRuleOf } from '../../src/verification/tenant.ts'
import { contoso, mallorys, personal } from './tokens.ts'

const verdictOf = (tid: string, tenant: string, allowedTenants?: string[]): string => {
  const rule = tenantRuleOf(tenant, allowedTenants)
  return !allowsAccountClass(rule, tid) ? 'account_class' : allowsTenant(rule, tid) ? 'allowed' : 'tenant'
}

t.test('who may sign in follows from the tenant and the list that narrows it (T20)', async (t) => {
  const table: Array<readonly [tenant: string, allowed: string[] | undefined, work: string, otherWork: string, msa: string]> = [
    ['common', undefined, 'allowed', 'allowed', 'allowed'],
    ['organizations', undefined, 'allowed', 'allowed', 'account_class'],
    ['consumers', undefined, 'account_class', 'account_class', 'allowed'],
    [contoso, undefined, 'allowed', 'tenant', 'tenant'],
    [personal, undefined, 'tenant', 'tenant', 'allowed'],
    ['common', [contoso], 'allowed', 'tenant', 'tenant'],
    ['common', [contoso, personal], 'allowed', 'tenant', 'allowed'],
    ['organizations', [contoso], 'allowed', 'tenant', 'account_class'],
    ['consumers', [personal], 'account_class', 'account_class', 'allowed'],
    [contoso, [contoso], 'allowed', 'tenant', 'tenant'],
    [contoso, [mallorys], 'tenant', 'tenant', 'tenant'],
    ['common', [], 'tenant', 'tenant', 'tenant']
  ]
  for (const [tenant, allowed, ...verdicts] of table) {
    t.same([contoso, mallorys, personal].map((tid) => verdictOf(tid, tenant, allowed)), verdicts, `${tenant} ${String(allowed)}`)
  }
})

t.test('personal accounts are those of one tenant, and nothing else decides that', async (t) => {
  t.equal(personalTenant, '9188040d-6c67-4c5b-b112-36a304b66dad')
})

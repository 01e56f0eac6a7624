import t from 'tap'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import { isStrangers } from '../../src/verification/named-tenant.ts'

const tid = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
const other = '573830dc-6e76-468c-9d1f-71391d36c96d'

t.test('a tenant is a stranger\'s where the options do not name it, and personal accounts have no administrator', async (t) => {
  for (const tenant of ['common', 'organizations']) {
    t.equal(isStrangers(tid, { tenant, allowedTenants: undefined }), true)
    t.equal(isStrangers(tid, { tenant, allowedTenants: [tid] }), false)
    t.equal(isStrangers(other, { tenant, allowedTenants: [tid] }), true)
    t.equal(isStrangers(personalTenant, { tenant, allowedTenants: undefined }), false)
  }
  for (const tenant of [tid, 'contoso.example']) t.equal(isStrangers(tid, { tenant, allowedTenants: undefined }), false, 'the only one')
  t.equal(isStrangers(personalTenant, { tenant: 'consumers', allowedTenants: undefined }), false)
})

import type { Tenant } from './types.ts'

/** The tenant of all personal accounts: Microsoft's own constant. */
export const consumersTenantId = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** The tenants that every simulator has, by their short names. */
export const builtInTenants: Readonly<Record<'consumers' | 'contoso' | 'mallory', Tenant>> = {
  consumers: {
    id: consumersTenantId,
    name: 'Personal Microsoft accounts',
    domains: []
  },
  contoso: {
    id: '62d81b84-3105-40cb-979d-5dd0aafa28d9',
    name: 'Contoso',
    domains: ['contoso.example']
  },
  mallory: {
    id: '1f469396-f6bc-4ba3-b8f8-ac48d1228f65',
    name: 'Mallory and Sons, an attacker',
    domains: ['mallory.example']
  }
}

import { personalTenant } from '../core/personal-tenant.ts'

/** Whose accounts may sign in. */
export interface TenantRule {
  /** `work` leaves out personal accounts, `personal` all others. */
  readonly accounts: 'any' | 'work' | 'personal'
  /** The only tenants allowed, lower-case GUIDs; `null` where any is. */
  readonly tids: ReadonlySet<string> | null
}

const accountsOf: ReadonlyMap<string, TenantRule['accounts']> = new Map([
  ['common', 'any'],
  ['organizations', 'work'],
  ['consumers', 'personal']
])

/**
 * @param tenant - `common`, `organizations`, `consumers` or the tenant's lower-case GUID.
 * @param allowedTenants - Lower-case GUIDs that narrow it; left out, nothing is narrowed.
 */
export function tenantRuleOf (tenant: string, allowedTenants?: readonly string[]): TenantRule {
  const accounts = accountsOf.get(tenant)
  if (accounts !== undefined) return { accounts, tids: allowedTenants === undefined ? null : new Set(allowedTenants) }
  const isAllowed = allowedTenants === undefined || allowedTenants.includes(tenant)
  return { accounts: 'any', tids: new Set(isAllowed ? [tenant] : []) }
}

/** Whether accounts of this class, personal or not, may sign in. */
export function allowsAccountClass ({ accounts }: TenantRule, tid: string): boolean {
  return accounts === 'any' || (accounts === 'personal') === (tid === personalTenant)
}

/** Whether this tenant is one of those allowed. */
export function allowsTenant ({ tids }: TenantRule, tid: string): boolean {
  return tids === null || tids.has(tid)
}

import { createTenantLimit, type TenantLimit, type TenantLimitRule } from '../src/challenges/tenant-limit.ts'
import { createChallengeStore } from '../src/store/challenges.ts'
import { isStrangers } from '../src/verification/named-tenant.ts'
import type { SignIn } from './sign-in.ts'

/** A limit for the tenants that anybody can have made, in the application's database. The plugin that asks depends on the verification's, so its options are known. */
export function tenantLimitOf ({ database, verification, config: { environment } }: SignIn, rule: Omit<TenantLimitRule, 'isCounted'>): TenantLimit {
  return createTenantLimit({ ...rule, isCounted: (tid) => isStrangers(tid, verification!) }, createChallengeStore(database), environment)
}

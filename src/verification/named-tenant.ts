import { personalTenant } from '../core/personal-tenant.ts'
import type { VerificationConfig } from './options.ts'

/**
 * Whether a tenant is one that anybody can have made: neither the options name it, nor is it that of personal accounts,
 * which nobody administers, so that nobody makes up people and addresses there.
 *
 * @param tid - A lower-case GUID.
 */
export function isStrangers (tid: string, { tenant, allowedTenants }: Pick<VerificationConfig, 'tenant' | 'allowedTenants'>): boolean {
  // One tenant, by its id or domain: whoever gets here is of it.
  const isSingle = !['common', 'organizations', 'consumers'].includes(tenant)
  return !isSingle && tid !== personalTenant && !(allowedTenants ?? []).includes(tid)
}

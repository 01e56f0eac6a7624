import { consumersTenantId } from './tenants.ts'
import type { Account, Application, Claims, Tenant, TenantReference } from './types.ts'

/** Tenants and accounts of a simulated Microsoft. */
export interface Directory {
  /** The tenant that a URL names, or `null`. */
  findTenant: (segment: string) => TenantReference | null
  /** Whether the people of a tenant may consent for themselves. */
  mayConsent: (tid: string) => boolean
  /** The account of that key, as it is now, or `null`. */
  findAccount: (key: string) => Account | null
  /** All accounts, as they are now. */
  accounts: () => readonly Account[]
  /** Adds to the claims of an account, and takes away those that are `undefined`. Says whether there is such an account. */
  setClaims: (key: string, claims: Claims) => boolean
}

/** Fills a directory. Keys, tenant ids and domains must be unique. */
export function createDirectory (tenants: readonly Tenant[], accounts: readonly Account[]): Directory {
  const byKey = new Map(accounts.map((account) => [account.key, account]))
  return {
    findTenant: (segment) => findTenant(tenants, segment.toLowerCase()),
    mayConsent: (tid) => tenants.find(({ id }) => id === tid)!.userConsent !== false,
    findAccount: (key) => byKey.get(key) ?? null,
    accounts: () => [...byKey.values()],
    setClaims: (key, claims) => {
      const account = byKey.get(key)
      if (account === undefined) return false
      byKey.set(key, { ...account, claims: { ...account.claims, ...claims } })
      return true
    }
  }
}

function findTenant (tenants: readonly Tenant[], segment: string): TenantReference | null {
  if (segment === 'common' || segment === 'organizations') return { name: segment, id: null }
  if (segment === 'consumers') return { name: segment, id: consumersTenantId }
  const tenant = tenants.find(({ id, domains }) => id === segment || domains.includes(segment))
  return tenant === undefined ? null : { name: tenant.id, id: tenant.id }
}

/**
 * Whether an account may sign in to an application under a tenant.
 *
 * One thing is easier than at Microsoft: there a guest who comes by `common`
 * lands in the home tenant. Here a guest is let in as the guest, so that
 * this case can be seen without a configuration of its own.
 */
export function maySignIn (
  account: Pick<Account, 'tid'>, tenant: TenantReference,
  application: Pick<Application, 'signInAudience' | 'tenantId'>
): boolean {
  const personal = account.tid === consumersTenantId
  if (tenant.id !== null && tenant.id !== account.tid) return false
  if (tenant.name === 'organizations' && personal) return false
  switch (application.signInAudience) {
    case 'AzureADMyOrg': return account.tid === application.tenantId
    case 'AzureADMultipleOrgs': return !personal
    case 'PersonalMicrosoftAccount': return personal
    default: return true
  }
}

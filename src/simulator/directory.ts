import { consumersTenantId } from './tenants.ts'
import type { Account, Application, Claims, Tenant, TenantReference } from './types.ts'

/** Tenants and accounts of a simulated Microsoft. */
export interface Directory {
  /** The tenant that a URL names, or `null`. */
  findTenant: (segment: string) => TenantReference | null
  /** The account of that key, as it is now, or `null`. */
  findAccount: (key: string) => Account | null
  /** All accounts, as they are now. */
  accounts: () => readonly Account[]
  /** Adds to the claims of an account, and takes away those that are `undefined`. Says whether there is such an account. */
  setClaims: (key: string, claims: Claims) => boolean
  /** Disables an account, or enables it again. Says whether there is such an account. */
  setDisabled: (key: string, disabled: boolean) => boolean
  isDisabled: (key: string) => boolean
}

/** Fills a directory. Keys, tenant ids and domains must be unique. */
export function createDirectory (tenants: readonly Tenant[], accounts: readonly Account[]): Directory {
  const byKey = new Map(accounts.map((account) => [account.key, account]))
  const disabled = new Set<string>()
  return {
    findTenant: (segment) => findTenant(tenants, segment.toLowerCase()),
    findAccount: (key) => byKey.get(key) ?? null,
    accounts: () => [...byKey.values()],
    setClaims: (key, claims) => {
      const account = byKey.get(key)
      if (account === undefined) return false
      byKey.set(key, { ...account, claims: { ...account.claims, ...claims } })
      return true
    },
    setDisabled: (key, isOut) => {
      if (isOut) disabled.add(key)
      else disabled.delete(key)
      return byKey.has(key)
    },
    isDisabled: (key) => disabled.has(key)
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

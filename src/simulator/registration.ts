import { type Environment, randomToken } from '../core/environment.ts'
import { readOptions, type Resolved } from '../core/options.ts'
import { readCertificate, readFederation, readSecret } from './credential-registration.ts'
import { builtInAccounts, usernameIn } from './accounts.ts'
import { createDirectory } from './directory.ts'
import {
  accountRules, type AccountOptions, type SimulatorOptions, type TenantOptions, tenantRules, wrongOption
} from './options.ts'
import { derivedGuid } from './random.ts'
import { builtInTenants } from './tenants.ts'
import type { Account, Application, Tenant } from './types.ts'

/** What the options register at the simulator, beside what is there anyway. */
export interface Registration {
  readonly tenants: readonly Tenant[]
  readonly accounts: readonly Account[]
  readonly application: Application
  /** The application's redirect URIs: more may be added while it runs. */
  readonly redirectUris: Set<string>
  /** The application's front-channel logout URL: may be set while it runs. */
  readonly frontChannelLogout: { url: string | null }
  readonly clientSecret: string
}

/**
 * Checks tenants, accounts and the application against each other.
 *
 * @throws ConfigurationError
 */
export function register (options: Resolved<SimulatorOptions>, environment: Pick<Environment, 'randomBytes'>): Registration {
  const tenants = [...Object.values(builtInTenants), ...options.tenants!.map(readTenant)]
  refuseTwins(tenants.flatMap(({ id, domains }) => [id, ...domains]), 'tenants', 'a tenant')
  const accounts = [...builtInAccounts, ...options.accounts!.map((account, index) => readAccount(account, index, tenants))]
  refuseTwins(accounts.map(({ key }) => key), 'accounts', 'an account')
  refuseTwins(accounts.map(({ tid, oid }) => `${tid}/${oid}`), 'accounts', 'an identity (tid/oid)')
  const clientSecret = options.clientSecret ?? randomToken(environment)
  const redirectUris = new Set(options.redirectUris)
  const frontChannelLogout = { url: options.frontChannelLogoutUrl ?? null }
  return {
    tenants,
    accounts,
    clientSecret,
    redirectUris,
    frontChannelLogout,
    application: { ...application(options, tenants, clientSecret, redirectUris), frontChannelLogout }
  }
}

function readTenant (given: TenantOptions, index: number): Tenant {
  const tenant = readOptions<TenantOptions>(`fastify-entra/simulator: tenants[${index}]`, tenantRules, given)
  const id = tenant.id.toLowerCase()
  return { id, name: tenant.name ?? id, domains: tenant.domains!.map((domain) => domain.toLowerCase()), userConsent: tenant.userConsent }
}

function readAccount (given: AccountOptions, index: number, tenants: readonly Tenant[]): Account {
  const account = readOptions<AccountOptions>(`fastify-entra/simulator: accounts[${index}]`, accountRules, given)
  const { key, claims = {} } = account
  const tid = createDirectory(tenants, []).findTenant(account.tenant)?.id ?? null
  if (tid === null) throw unknownTenant(`accounts[${index}].tenant`, account.tenant, tenants)
  const { domains: [domain = 'outlook.example'] } = tenants.find(({ id }) => id === tid)!
  return {
    key,
    tid,
    claims,
    name: account.name ?? key,
    username: account.username ?? usernameIn(claims) ?? `${key}@${domain}`,
    oid: account.oid?.toLowerCase() ?? derivedGuid(`${tid} ${key}`),
    shows: account.shows ?? 'An account of this application\'s own.',
    refusesConsent: account.refusesConsent!,
    isAdministrator: account.isAdministrator,
    fault: account.fault
  }
}

function application (
  options: Resolved<SimulatorOptions>, tenants: readonly Tenant[], clientSecret: string, redirectUris: Set<string>
): Application {
  const signInAudience = options.signInAudience!
  const tenantId = options.tenantId?.toLowerCase() ?? null
  if (signInAudience === 'AzureADMyOrg' && tenantId === null) {
    throw wrongOption('option "signInAudience" is "AzureADMyOrg", and "tenantId" is missing. Say which tenant the application belongs to.')
  }
  if (tenantId !== null && !tenants.some(({ id }) => id === tenantId)) throw unknownTenant('tenantId', tenantId, tenants)
  return {
    clientId: options.clientId!.toLowerCase(),
    clientSecrets: [{ value: clientSecret }, ...options.clientSecrets!.map(readSecret)],
    certificates: options.certificates!.map(readCertificate),
    federations: options.federatedCredentials!.map(readFederation),
    redirectUris,
    platform: options.platform!,
    signInAudience,
    tenantId,
    optionalClaims: new Set(options.optionalClaims),
    appSpecificKeys: options.appSpecificKeys!,
    acceptMappedClaims: options.acceptMappedClaims!,
    removeUnverifiedEmailClaim: options.removeUnverifiedEmailClaim!
  }
}

function unknownTenant (name: string, given: string, tenants: readonly Tenant[]): Error {
  const known = tenants.map(({ id, domains }) => domains[0] ?? id).join(', ')
  return wrongOption(`option "${name}" names no tenant: ${JSON.stringify(given)} was given. The tenants are ${known}; add your own with option "tenants".`)
}

function refuseTwins (names: readonly string[], option: string, what: string): void {
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin !== undefined) throw wrongOption(`option "${option}" holds ${what} twice, or one that is built in: "${twin}". Give it another name.`)
}

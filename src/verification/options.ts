import type { Authority } from '../core/authority.ts'
import { ConfigurationError } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { is, type OptionRules, type Resolved } from '../core/options.ts'
import { canonicalDomain } from './domain.ts'
import { byTenant, isByTenant, isDomain, isFilledList } from './option-checks.ts'
import { personalTenant } from '../core/personal-tenant.ts'
import { isRole, type TenantRoles } from './roles.ts'
import { allowsAccountClass, allowsTenant, tenantRuleOf } from './tenant.ts'
import type { AllowTenant, TenantGateOptions } from './tenant-gate.ts'
import type { EmailPolicy, EmailSource } from './types.ts'

/** Options of the verification. */
export interface VerificationOptions {
  /** The only tenants that may sign in, out of those that `tenant` lets in: their GUIDs, or a function that decides about a lower-case GUID. */
  allowedTenants?: string[] | AllowTenant | undefined
  /** Milliseconds for which the function is waited for. */
  allowedTenantsTimeout?: number | undefined
  /** Milliseconds for which sessions go by its answer before it is asked again. */
  allowedTenantsCache?: number | undefined
  /** Score from which on an address counts as verified, 50 to 100. */
  threshold?: number | undefined
  /** Claims that the address is taken from, in order. */
  emailSources?: EmailSource[] | undefined
  /** Whether only the boolean `true` counts as a true `xms_edov`. */
  strictEdov?: boolean | undefined
  /** Domains that belong to a tenant, by its GUID: a member's address there is taken as proven. */
  tenantDomains?: Record<string, string[]> | undefined
  /** App roles that a tenant may give its people, by its GUID. */
  tenantRoles?: Record<string, string[]> | undefined
  /** Whether Microsoft signs the application's tokens with keys of its own: a claims-mapping policy can make it do so. */
  appSpecificKeys?: boolean | undefined
}

/** The options of the verification, resolved against each other. */
export interface VerificationConfig {
  readonly authority: Authority
  readonly clientId: string
  /** A word, a lower-case GUID, or a domain as lower-case A-labels. */
  readonly tenant: string
  readonly allowedTenants: readonly string[] | undefined
  /** The application's own function about tenants; `null` without one. */
  readonly tenantGate: Omit<TenantGateOptions, 'onFailure'> | null
  readonly policy: EmailPolicy
  readonly tenantRoles: TenantRoles
  readonly appSpecificKeys: boolean
}

const tenantWords = ['common', 'organizations', 'consumers']

/** The rules behind {@link VerificationOptions}. */
export const verificationOptionRules: OptionRules<VerificationOptions> = {
  allowedTenants: {
    defaultText: 'all that `tenant` lets in',
    check: (value) => is.function(value) || isFilledList(value, isGuid),
    expected: 'a list of one or more tenant GUIDs, or a function that takes one and returns true or false',
    remedy: 'Leave it out to let in all that "tenant" lets in.',
    about: 'The only tenants that may sign in: their GUIDs, or a function `(tid) => boolean`, also async, that is asked at each sign-in. Everybody else gets `tenant_not_allowed`.'
  },
  allowedTenantsTimeout: {
    default: 5_000,
    check: is.integer(1, 60_000),
    expected: 'milliseconds from 1 to 60000',
    about: 'Milliseconds for which a function in `allowedTenants` is waited for; after that the sign-in is refused (`server_error`).'
  },
  allowedTenantsCache: {
    default: 300_000,
    check: is.integer(0, 86_400_000),
    expected: 'milliseconds from 0 to 86400000',
    about: 'Milliseconds for which sessions go by the answer of a function in `allowedTenants` before it is asked again; `0` asks at each request. A no ends them.'
  },
  threshold: {
    default: 90,
    check: is.integer(50, 100),
    expected: 'an integer from 50 to 100',
    remedy: 'Below 50 an address would count as verified that nothing supports.',
    about: 'Score from which on an address counts as verified. At 70 Microsoft\'s lists of verified addresses are enough, at 50 the sign-in name of a member.'
  },
  emailSources: {
    default: ['email'],
    check: (value) => isFilledList(value, is.oneOf('email', 'upn')) && new Set(value as string[]).size === (value as string[]).length,
    expected: 'a list with "email", "upn" or both, each once',
    about: 'Claims that the address is taken from: the first that reaches the threshold, else the one with the highest score.'
  },
  strictEdov: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: '`true` takes only the boolean as a true `xms_edov`; personal accounts, whose token may say "1", are then unverified.'
  },
  tenantDomains: {
    default: {},
    check: (value) => isByTenant(value, isDomain),
    expected: 'an object that gives tenant GUIDs, each once, a list of one or more domains such as "contoso.example"',
    remedy: `The tenant of personal accounts (${personalTenant}) cannot have any: everybody is in it.`,
    about: 'Domains that belong to a tenant, by its GUID. The address of a member at exactly such a domain scores 95, so bind only what the tenant\'s owner owns.'
  },
  tenantRoles: {
    defaultText: 'each tenant may give any role',
    check: (value) => isByTenant(value, isRole),
    expected: 'an object that gives tenant GUIDs, each once, a list of one or more app roles such as "Editor"',
    remedy: 'Roles of tenants that are not listed are withheld. Personal accounts have none.',
    about: 'App roles that a tenant may give its people, by its GUID; all others are withheld. In a multi-tenant application each customer\'s administrator can give any role of the registration.'
  },
  appSpecificKeys: {
    default: false,
    check: is.boolean,
    expected: 'true or false',
    about: '`true` where a claims-mapping policy makes Microsoft sign the tokens of this application with keys of its own. Needs a single tenant: whoever runs it may have the private key.'
  }
}

/** What the provider asks Microsoft for, and the verification therefore expects. */
export type Audience = Pick<VerificationConfig, 'authority' | 'clientId' | 'tenant'>

/**
 * Checks the options against each other and against what the provider asks for.
 *
 * @param options - What `readOptions` gave.
 * @throws ConfigurationError
 */
export function resolveVerification (options: Resolved<VerificationOptions>, audience: Audience): VerificationConfig {
  const tenant = resolveTenant(audience.tenant)
  const { allowedTenants: given, appSpecificKeys } = options
  const allowedTenants = typeof given === 'function' ? undefined : given?.map((tid) => tid.toLowerCase())
  allowedTenants?.forEach((tid) => checkReach('allowedTenants', tenant, tid))
  const tenantRoles = options.tenantRoles === undefined ? null : byTenant(options.tenantRoles, (role) => role)
  Object.keys(tenantRoles ?? {}).forEach((tid) => checkReach('tenantRoles', tenant, tid))
  if (appSpecificKeys! && tenantWords.includes(tenant)) {
    throw wrong(`option "appSpecificKeys" is true, and "tenant" is "${tenant}". Name the one tenant: such a key may be in the hands of its administrator, who could sign for any other.`)
  }
  return Object.freeze({
    authority: audience.authority,
    clientId: audience.clientId.toLowerCase(),
    tenant,
    allowedTenants: allowedTenants && Object.freeze(allowedTenants),
    tenantGate: gateOf(options),
    policy: policyOf(options),
    tenantRoles,
    appSpecificKeys: appSpecificKeys!
  })
}

function gateOf ({ allowedTenants: ask, allowedTenantsTimeout, allowedTenantsCache }: Resolved<VerificationOptions>): VerificationConfig['tenantGate'] {
  return typeof ask === 'function' ? Object.freeze({ ask, timeout: allowedTenantsTimeout!, cache: allowedTenantsCache! }) : null
}

function policyOf ({ threshold, emailSources, strictEdov, tenantDomains }: Resolved<VerificationOptions>): EmailPolicy {
  return Object.freeze({
    threshold: threshold!,
    emailSources: emailSources!,
    strictEdov: strictEdov!,
    tenantDomains: byTenant(tenantDomains!, (domain) => canonicalDomain(domain).domain!)
  })
}

function resolveTenant (tenant: string): string {
  if (tenantWords.includes(tenant) || isGuid(tenant)) return tenant.toLowerCase()
  const { domain } = canonicalDomain(tenant)
  if (domain === null) throw wrong(`option "tenant" is ${JSON.stringify(tenant)}, which is no domain name that a tenant can have.`)
  return domain
}

/** What `tenant` lets in can be narrowed, not widened. Which tenant a domain names is not known yet. */
function checkReach (option: string, tenant: string, tid: string): void {
  if (tenant.includes('.')) return
  const rule = tenantRuleOf(tenant)
  if (allowsAccountClass(rule, tid) && allowsTenant(rule, tid)) return
  throw wrong(`option "${option}" names "${tid}", which "tenant": "${tenant}" never lets in. Take it out, or choose another "tenant".`)
}

function wrong (message: string): Error {
  return new ConfigurationError(`fastify-entra/verification: ${message}`)
}

import type { Authority } from '../core/authority.ts'
import { ConfigurationError } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { is, type OptionRules, type Resolved } from '../core/options.ts'
import { canonicalDomain } from './domain.ts'
import { allowsAccountClass, allowsTenant, personalTenant, tenantRuleOf } from './tenant.ts'
import type { EmailPolicy, EmailSource } from './types.ts'

/** Options of the verification. */
export interface VerificationOptions {
  /** GUIDs of the only tenants that may sign in, out of those that `tenant` lets in. */
  allowedTenants?: string[] | undefined
  /** Score from which on an address counts as verified, 50 to 100. */
  threshold?: number | undefined
  /** Claims that the address is taken from, in order. */
  emailSources?: EmailSource[] | undefined
  /** Whether only the boolean `true` counts as a true `xms_edov`. */
  strictEdov?: boolean | undefined
  /** Domains that belong to a tenant, by its GUID: a member's address there is taken as proven. */
  tenantDomains?: Record<string, string[]> | undefined
}

/** The options of the verification, resolved against each other. */
export interface VerificationConfig {
  readonly authority: Authority
  readonly clientId: string
  /** A word, a lower-case GUID, or a domain as lower-case A-labels. */
  readonly tenant: string
  readonly allowedTenants: readonly string[] | undefined
  readonly policy: EmailPolicy
}

const tenantWords = ['common', 'organizations', 'consumers']

/** The rules behind {@link VerificationOptions}. */
export const verificationOptionRules: OptionRules<VerificationOptions> = {
  allowedTenants: {
    defaultText: 'all that `tenant` lets in',
    check: (value) => isFilledList(value, isGuid),
    expected: 'a list of one or more tenant GUIDs',
    remedy: 'Leave it out to let in all that "tenant" lets in.',
    about: 'GUIDs of the only tenants that may sign in. Everybody else gets `tenant_not_allowed`.'
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
    check: isTenantDomains,
    expected: 'an object that gives tenant GUIDs, each once, a list of one or more domains such as "contoso.example"',
    remedy: `The tenant of personal accounts (${personalTenant}) cannot have any: everybody is in it.`,
    about: 'Domains that belong to a tenant, by its GUID. The address of a member at exactly such a domain scores 95, so bind only what the tenant\'s owner owns.'
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
  const allowedTenants = options.allowedTenants?.map((tid) => tid.toLowerCase())
  allowedTenants?.forEach((tid) => checkReach(tenant, tid))
  return Object.freeze({
    authority: audience.authority,
    clientId: audience.clientId.toLowerCase(),
    tenant,
    allowedTenants: allowedTenants && Object.freeze(allowedTenants),
    policy: policyOf(options)
  })
}

function policyOf ({ threshold, emailSources, strictEdov, tenantDomains }: Resolved<VerificationOptions>): EmailPolicy {
  const bindings = Object.entries(tenantDomains!)
    .map(([tid, domains]) => [tid.toLowerCase(), Object.freeze(domains.map((domain) => canonicalDomain(domain).domain!))] as const)
  return Object.freeze({
    threshold: threshold!,
    emailSources: emailSources!,
    strictEdov: strictEdov!,
    tenantDomains: Object.freeze(Object.fromEntries(bindings))
  })
}

function resolveTenant (tenant: string): string {
  if (tenantWords.includes(tenant) || isGuid(tenant)) return tenant.toLowerCase()
  const { domain } = canonicalDomain(tenant)
  if (domain === null) throw wrong(`option "tenant" is ${JSON.stringify(tenant)}, which is no domain name that a tenant can have.`)
  return domain
}

/** What `tenant` lets in can be narrowed, not widened. Which tenant a domain names is not known yet. */
function checkReach (tenant: string, tid: string): void {
  if (tenant.includes('.')) return
  const rule = tenantRuleOf(tenant)
  if (allowsAccountClass(rule, tid) && allowsTenant(rule, tid)) return
  throw wrong(`option "allowedTenants" names "${tid}", which "tenant": "${tenant}" never lets in. Take it out, or choose another "tenant".`)
}

function isDomain (value: unknown): boolean {
  return typeof value === 'string' && canonicalDomain(value).domain !== null
}

function isTenantDomains (value: unknown): boolean {
  // Plain objects only: the entries of a Map would be ignored.
  if (!is.object(value) || Object.getPrototypeOf(value) !== Object.prototype) return false
  const tids = Object.keys(value as object)
  return tids.every((tid) => isGuid(tid) && tid.toLowerCase() !== personalTenant) &&
    new Set(tids.map((tid) => tid.toLowerCase())).size === tids.length &&
    Object.values(value as object).every((domains) => isFilledList(domains, isDomain))
}

function isFilledList (value: unknown, check: (value: unknown) => boolean): boolean {
  return is.listOf(check)(value) && (value as unknown[]).length > 0
}

function wrong (message: string): Error {
  return new ConfigurationError(`fastify-entra/verification: ${message}`)
}

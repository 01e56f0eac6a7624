import { type Authority, endpointsOf, tenantOfIssuer } from '../core/authority.ts'
import type { Environment, FetchLimits } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { fetchJson } from '../core/fetch-json.ts'
import { createRetrieval } from '../core/retrieval.ts'
import { type TenantRule, tenantRuleOf } from './tenant.ts'

/** The tenant that may sign in, as the operator named it. */
export interface TenantChoice {
  readonly authority: Authority
  /** `common`, `organizations`, `consumers`, a lower-case GUID, or a domain as lower-case A-labels. */
  readonly tenant: string
  readonly allowedTenants?: readonly string[] | undefined
}

/** The rule that a tenant's name stands for. */
export interface TenantResolution {
  readonly resolve: () => Promise<TenantRule>
  readonly known: () => TenantRule
}

/** How long a failed look-up of a domain stands, in milliseconds: sign-ins wait for it, so no longer. */
const pause = 5_000

/**
 * The rule that a tenant's name stands for. A domain is looked up once, when
 * the first sign-in needs it, in the discovery document of its tenant, and
 * kept: tokens name tenants by GUID only. The other names need no network.
 *
 * `resolve` throws provider_unavailable, provider_timeout or provider_error
 * while a domain cannot be looked up; `known` is what can be said without asking.
 */
export function createTenantResolution (
  choice: TenantChoice, environment: Pick<Environment, 'fetch' | 'now' | 'limits'>, limits?: FetchLimits
): TenantResolution {
  let rule = choice.tenant.includes('.') ? null : tenantRuleOf(choice.tenant, choice.allowedTenants)
  const retrieve = createRetrieval(async () => tenantRuleOf(await lookUp(), choice.allowedTenants), environment)
  return {
    resolve: async () => {
      rule ??= await retrieve(pause)
      return rule
    },
    known: () => rule ?? tenantRuleOf('common', choice.allowedTenants)
  }

  async function lookUp (): Promise<string> {
    const url = endpointsOf(choice.authority, choice.tenant).configuration
    const { issuer } = await fetchJson('configuration', url, environment, limits)
    const tid = tenantOfIssuer(choice.authority, issuer)
    if (tid === null) throw refuse('provider_error', 'configuration_issuer')
    return tid
  }
}

import { endpointsOf } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import type { Attempt, Authorization } from '../provider/types.ts'
import { describeToken } from './describe-token.ts'
import { createKeySet } from './keys.ts'
import type { VerificationConfig } from './options.ts'
import type { KeySetState } from './signing-keys.ts'
import { allowsAccountClass, allowsTenant } from './tenant.ts'
import { createTenantGate } from './tenant-gate.ts'
import { createTenantResolution } from './tenant-resolution.ts'
import { verifyIdToken } from './token.ts'
import type { VerifiedToken } from './types.ts'

/** The second step of a sign-in. */
export interface Verification {
  /**
   * @throws invalid_token, tenant_not_allowed, reauth_required; provider_unavailable,
   *   provider_timeout or provider_error where the authority's documents cannot be had; server_error where the
   *   application's own function did not say whether the tenant may sign in.
   */
  readonly verify: (authorization: Authorization) => Promise<VerifiedToken>
  /**
   * Whether a tenant that signed in earlier may still: options are changed, and
   * sessions last for days. A `tenant` that is a domain and was not looked up
   * yet refuses nobody whom `allowedTenants` lets in.
   *
   * @throws server_error where the application's own function does not say.
   */
  readonly allows: (tid: string) => Promise<boolean>
  /** How the authority's keys do; fetches nothing. */
  readonly signingKeys: () => KeySetState
}

/**
 * Makes the second step: from the tokens of an attempt to an identity and a
 * scored address. Fetches nothing until the first sign-in; keeps one key set.
 *
 * @param onFailure - Is told what the application's own function about tenants threw.
 */
export function createVerification (
  config: VerificationConfig, environment: Pick<Environment, 'fetch' | 'now' | 'limits'>, onFailure: (failure: unknown) => void = () => {}
): Verification {
  const { authority, clientId } = config
  const keys = createKeySet({ url: keysUrlOf(config), environment })
  const resolveTenant = createTenantResolution(config, environment)
  const gate = config.tenantGate && createTenantGate({ ...config.tenantGate, onFailure }, environment)
  return Object.freeze({ verify, allows, signingKeys: keys.state })

  async function allows (tid: string): Promise<boolean> {
    const rule = resolveTenant.known()
    return allowsAccountClass(rule, tid) && allowsTenant(rule, tid) && (gate === null || await gate.allows(tid))
  }

  async function verify ({ attempt, code, tokens, issuer }: Authorization): Promise<VerifiedToken> {
    const tenant = await resolveTenant.resolve()
    const { identity, claims } = await verifyIdToken(tokens.idToken, {
      authority,
      clientId,
      tenant,
      keys,
      code,
      issuer,
      now: () => environment.now(),
      nonce: attempt.nonce,
      accessToken: tokens.accessToken,
      authenticatedSince: authenticatedSince(attempt)
    })
    // Last: nobody but Microsoft can have the application asked about a tenant.
    await gate?.admit(identity.tid)
    return describeToken(identity, claims, config)
  }
}

/** Keys of the application's own are in a document of its own (Microsoft, 'Access tokens', 'Validate the signature'). */
function keysUrlOf ({ authority, tenant, clientId, appSpecificKeys }: VerificationConfig): string {
  const { keys } = endpointsOf(authority, tenant)
  return appSpecificKeys ? `${keys}?appid=${clientId}` : keys
}

/** `max_age` counts back from the request: how long the person then takes at Microsoft's pages does not matter. */
function authenticatedSince ({ maxAge, startedAt }: Attempt): number | undefined {
  return maxAge === undefined ? undefined : startedAt / 1_000 - maxAge
}

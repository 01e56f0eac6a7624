import { endpointsOf } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import type { Authorization } from '../provider/types.ts'
import { createKeySet } from './keys.ts'
import type { VerificationConfig } from './options.ts'
import { microsoftSessionOf } from './microsoft-session.ts'
import { profileOf } from './profile.ts'
import { scoreEmail } from './score.ts'
import { allowsAccountClass, allowsTenant } from './tenant.ts'
import { createTenantResolution } from './tenant-resolution.ts'
import { verifyIdToken } from './token.ts'
import type { VerifiedToken } from './types.ts'
import { verifiedEmailOf } from './verified-email.ts'

/** The second step of a sign-in. */
export interface Verification {
  /**
   * @throws invalid_token, tenant_not_allowed; provider_unavailable,
   *   provider_timeout or provider_error where the authority's documents cannot be had.
   */
  readonly verify: (authorization: Authorization) => Promise<VerifiedToken>
  /**
   * Whether a tenant that signed in earlier may still: options are changed, and
   * sessions last for days. A `tenant` that is a domain and was not looked up
   * yet refuses nobody whom `allowedTenants` lets in.
   */
  readonly allows: (tid: string) => boolean
}

/**
 * Makes the second step: from the tokens of an attempt to an identity and a
 * scored address. Fetches nothing until the first sign-in; keeps one key set.
 */
export function createVerification (
  config: VerificationConfig, environment: Pick<Environment, 'fetch' | 'now' | 'limits'>
): Verification {
  const { authority, clientId, policy } = config
  const keys = createKeySet({ url: endpointsOf(authority, config.tenant).keys, environment })
  const resolveTenant = createTenantResolution(config, environment)
  return Object.freeze({ verify, allows })

  function allows (tid: string): boolean {
    const rule = resolveTenant.known()
    return allowsAccountClass(rule, tid) && allowsTenant(rule, tid)
  }

  async function verify ({ attempt, code, tokens, issuer }: Authorization): Promise<VerifiedToken> {
    const tenant = await resolveTenant.resolve()
    const { identity, claims } = await verifyIdToken(tokens.idToken, {
      authority, clientId, tenant, keys, code, issuer, now: () => environment.now(), nonce: attempt.nonce, accessToken: tokens.accessToken
    })
    const email = scoreEmail(claims, identity, policy)
    return Object.freeze({
      identity, profile: profileOf(claims), email, verifiedEmail: verifiedEmailOf(email), session: microsoftSessionOf(claims), claims
    })
  }
}

import { type EntraError, refuse } from '../core/errors.ts'

/** Why a token is refused with the public code `invalid_token`. */
export type TokenRefusal =
  | 'size' | 'segments' | 'header' | 'payload' | 'typ' | 'crit' | 'b64' | 'zip' | 'alg' | 'kid'
  | 'unknown_key' | 'signature' | 'key_issuer' | 'key_cloud_instance'
  | 'aud' | 'azp' | 'appid' | 'ver' | 'tid' | 'iss' | 'iss_parameter'
  | 'nonce' | 'exp' | 'nbf' | 'iat' | 'missing_sub' | 'sub' | 'missing_oid' | 'oid' | 'at_hash' | 'c_hash'

/** Why a token that holds is refused with the public code `tenant_not_allowed`. */
export type TenantRefusal = 'account_class' | 'tenant'

// `oid` is half of the key of an identity, and Microsoft leaves it out where `profile` is not asked for.
const remedies: Partial<Record<TokenRefusal | TenantRefusal, string>> = {
  missing_oid: 'Ask for the scope "profile": the claim oid comes with it.'
}

/** The refusal of a token. Names the check that failed and nothing of the token. */
export function refuseToken (reason: TokenRefusal | TenantRefusal): EntraError {
  const code = reason === 'account_class' || reason === 'tenant' ? 'tenant_not_allowed' : 'invalid_token'
  return refuse(code, { reason, remedy: remedies[reason] })
}

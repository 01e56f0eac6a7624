import { type EntraError, type ErrorCode, refuse } from '../core/errors.ts'

/** Why a token is refused with the public code `invalid_token`. */
export type TokenRefusal =
  | 'size' | 'segments' | 'header' | 'payload' | 'typ' | 'crit' | 'b64' | 'zip' | 'alg' | 'kid'
  | 'unknown_key' | 'signature' | 'key_issuer' | 'key_cloud_instance'
  | 'aud' | 'azp' | 'appid' | 'ver' | 'tid' | 'iss' | 'iss_parameter'
  | 'nonce' | 'exp' | 'nbf' | 'iat' | 'missing_sub' | 'sub' | 'missing_oid' | 'oid' | 'at_hash' | 'c_hash'

/** Why a token that holds is refused with the public code `reauth_required`: when the person showed who they are is not said, or not as was asked for. */
export type AgeRefusal = 'auth_time_missing' | 'auth_time_too_old' | 'auth_time_future'

/** Why a token that holds is refused with the public code `tenant_not_allowed`. */
export type TenantRefusal = 'account_class' | 'tenant'

type Refusal = TokenRefusal | TenantRefusal | AgeRefusal

const remedies: Partial<Record<Refusal, string>> = {
  iss: 'Options "authority" and "tenant" must name the cloud and tenant that the application is registered in; "issuer" is for custom domains of External ID.',
  unknown_key: 'Where a claims-mapping policy makes Microsoft sign with keys of the application\'s own, option "appSpecificKeys" must be true.',
  auth_time_missing: 'Add the optional claim "auth_time" to the ID token in the app registration (Token configuration): "max_age" cannot be checked without it.',
  // Half of the key of an identity, and Microsoft leaves it out without that scope.
  missing_oid: 'Ask for the scope "profile": the claim oid comes with it.'
}

/** The refusal of a token. Names the check that failed and nothing of the token. */
export function refuseToken (reason: Refusal): EntraError {
  return refuse(codeOf(reason), { reason, remedy: remedies[reason] })
}

function codeOf (reason: Refusal): ErrorCode {
  if (reason === 'account_class' || reason === 'tenant') return 'tenant_not_allowed'
  return reason.startsWith('auth_time_') ? 'reauth_required' : 'invalid_token'
}

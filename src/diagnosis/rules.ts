import type { TokenRefusal, TenantRefusal } from '../verification/refusals.ts'

/** Why a token is refused, times of the person's own sign-in aside: they are asked for at a sign-in alone. */
export type RuleName = TokenRefusal | TenantRefusal

/** A rule about tokens, and what became of it. */
export interface Rule {
  readonly rule: RuleName
  /** `unchecked` where what it takes is not at hand. */
  readonly state: 'holds' | 'broken' | 'unchecked'
  /** What must hold. */
  readonly sentence: string
  /** Why it was not checked; `null` where it was. */
  readonly note: string | null
}

/** What must hold, by the reason for which a token is refused otherwise. */
export const ruleSentences: Readonly<Record<RuleName, string>> = Object.freeze({
  size: 'It has at most 16 KiB.',
  segments: 'It is a compact JWS: three parts, base64url without padding, with dots between.',
  header: 'Its header is a JSON object without duplicate members.',
  payload: 'Its payload is a JSON object without duplicate members, also none that differ in letter case only.',
  typ: 'It is a JWT (typ), and no access token of another kind.',
  crit: 'It asks for no extension that must be understood (crit).',
  b64: 'Its payload is encoded (b64).',
  zip: 'It is not compressed (zip).',
  alg: 'It is signed by RS256 (alg).',
  kid: 'It names its key (kid).',
  unknown_key: 'The authority publishes that key.',
  signature: 'The signature is good.',
  key_issuer: 'The key may sign for this issuer.',
  key_cloud_instance: 'The key is of the authority\'s cloud.',
  aud: 'It is for this application (aud is the client id).',
  azp: 'Nobody else was authorised (azp is absent or the client id).',
  appid: 'No other application asked for it (appid is absent or the client id).',
  ver: 'It is of version 2.0 (ver).',
  tid: 'It names its tenant by a GUID (tid).',
  iss: 'Its issuer is that of this tenant at this authority (iss).',
  iss_parameter: 'Its issuer is the one that the answer named.',
  account_class: 'Accounts of this kind may sign in (option "tenant").',
  tenant: 'The tenant may sign in (options "tenant" and "allowedTenants").',
  nonce: 'It is of this attempt (nonce).',
  exp: 'It is not over (exp).',
  nbf: 'It is valid already (nbf).',
  iat: 'It was made within the last day (iat).',
  missing_sub: 'It has a subject (sub).',
  sub: 'The subject is a text of at most 255 characters (sub).',
  missing_oid: 'It has an object id, as the scope "profile" brings it (oid).',
  oid: 'The object id is a GUID (oid).',
  at_hash: 'It is of the access token that came with it (at_hash is absent, or its hash).',
  c_hash: 'It is of the code that was redeemed (c_hash is absent, or its hash).'
})

/** A rule with its sentence. */
export function rule (name: RuleName, state: Rule['state'], note: string | null = null): Rule {
  return Object.freeze({ rule: name, state, sentence: ruleSentences[name], note })
}

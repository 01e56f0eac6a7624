/**
 * The claims that decisions or the profile are read from. None of them may
 * have a second spelling in a token (`tid` with `TID` beside it): readers that
 * ignore case would see another token than we do.
 */
export const claimNames: ReadonlySet<string> = new Set([
  'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'nonce', 'azp', 'appid', 'at_hash', 'c_hash', 'ver', 'tid', 'oid',
  'email', 'upn', 'xms_edov', 'verified_primary_email', 'verified_secondary_email', 'acct', 'idp', 'idtyp',
  'name', 'given_name', 'family_name', 'preferred_username',
  'roles', 'groups', 'hasgroups', '_claim_names', 'sid', 'login_hint', 'auth_time'
])

/** The members of a token's header that are read (RFC 7515 section 4.1, RFC 7797, RFC 7516). */
export const headerNames: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'crit', 'b64', 'zip'])

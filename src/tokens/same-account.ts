import { readJsonObject } from '../core/json.ts'
import type { TokenOwner } from './types.ts'

/**
 * Whether what a refresh gave may be kept for an account: where an ID token is
 * with it, that is about the same one (OpenID Connect Core section 12.2, abuse
 * case T40). It comes from the token endpoint itself, and nobody is signed in
 * by it: so its signature is not asked for. One that cannot be read is about nobody.
 */
export function isOfSameAccount (idToken: string | undefined, { tid, oid }: TokenOwner): boolean {
  if (idToken === undefined) return true
  const claims = readJsonObject(Buffer.from(idToken.split('.')[1] ?? '', 'base64url'))
  return claims !== null && isId(claims.tid, tid) && isId(claims.oid, oid)
}

function isId (claim: unknown, id: string): boolean {
  return typeof claim === 'string' && claim.toLowerCase() === id
}

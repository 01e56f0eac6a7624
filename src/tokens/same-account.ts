import { type JsonRecord, readJsonObject } from '../core/json.ts'
import type { TokenOwner } from './types.ts'

/**
 * Whether what a refresh gave may be kept for an account: where an ID token is
 * with it, that is about the same one (OpenID Connect Core section 12.2, abuse
 * case T40). It comes from the token endpoint itself, and nobody is signed in
 * by it: so its signature is not asked for. One that cannot be read is about nobody; one that was asked for without
 * the scope `profile` names neither (Microsoft, 'ID token claims reference').
 */
export function isOfSameAccount (idToken: string | undefined, { tid, oid }: TokenOwner): boolean {
  if (idToken === undefined) return true
  const claims = readJsonObject(Buffer.from(idToken.split('.')[1] ?? '', 'base64url'))
  return claims !== null && isAbsentOrId(claims, 'tid', tid) && isAbsentOrId(claims, 'oid', oid)
}

function isAbsentOrId (claims: JsonRecord, name: 'tid' | 'oid', id: string): boolean {
  const claim = claims[name]
  return !Object.hasOwn(claims, name) || (typeof claim === 'string' && claim.toLowerCase() === id)
}

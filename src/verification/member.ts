import { personalTenant } from '../core/personal-tenant.ts'
import type { Identity } from './types.ts'

/**
 * Whether a person belongs to the tenant, and is no guest of it. What
 * cannot be read counts against it.
 *
 * - `acct` (Microsoft, 'Optional claims reference'): 0 for a member, 1 for a guest.
 * - `idp` (Microsoft, 'ID token claims reference'): absent or the issuer itself,
 *   also in its older form at `sts.windows.net`, unless somebody else signed the person in.
 * - `upn`: that of a guest is made up from the address at home (abuse case E08).
 * - `idtyp`: a token about an application is about no person.
 * - A personal account belongs to no organisation that could have proven a domain.
 */
export function isMember (claims: Readonly<Record<string, unknown>>, identity: Identity): boolean {
  return identity.tid !== personalTenant &&
    isAbsentOr(claims, 'acct', (acct) => acct === 0) &&
    isAbsentOr(claims, 'idp', (idp) => idp === identity.iss || idp === `https://sts.windows.net/${identity.tid}/`) &&
    isAbsentOr(claims, 'upn', (upn) => typeof upn === 'string' && !isGuestUpn(upn)) &&
    isAbsentOr(claims, 'idtyp', (idtyp) => idtyp === 'user')
}

/** Whether a `upn` was made for a guest. It looks like an address and is none: never decoded, never mailed. */
export function isGuestUpn (upn: unknown): boolean {
  return typeof upn === 'string' && /#ext#|_ext_@/i.test(upn)
}

function isAbsentOr (claims: Readonly<Record<string, unknown>>, name: string, holds: (value: unknown) => boolean): boolean {
  return !Object.hasOwn(claims, name) || holds(claims[name])
}

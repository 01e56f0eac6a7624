/**
 * When the person of a sign-in showed who they are, in milliseconds since 1970.
 *
 * Where the token has `auth_time`, Microsoft says so: a person who was signed
 * in there already is not asked again, and comes back with an old one. Without
 * that claim only the return is known. What lies ahead, by a clock that is
 * not ours, counts from the return as well.
 *
 * @param authTime - The token's `auth_time`, in milliseconds since 1970; `null` where it has none.
 * @param verifiedAt - When the token was verified, in milliseconds since 1970.
 */
export function authenticatedAtOf (authTime: number | null, verifiedAt: number): number {
  return Math.min(authTime ?? verifiedAt, verifiedAt)
}

/**
 * Microsoft's numbers that say: this account signs in here no more (Microsoft,
 * 'Microsoft Entra authentication and authorization error codes'). Not among
 * them is what the person can put right: a consent, a second factor, a password.
 */
const gone: ReadonlySet<number> = new Set([
  // The account is not in the tenant, or no longer: a guest who was removed.
  50020, 50034,
  // The account is disabled.
  50057,
  // The account is assigned to the application no more.
  50105,
  // All that was granted before was revoked.
  50173
])

/** Whether one of Microsoft's numbers, `AADSTS` left off, says that an account is gone. */
export function saysGone (aadsts: number | undefined): boolean {
  return gone.has(aadsts ?? 0)
}

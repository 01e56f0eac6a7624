import type { ScoredEmail, VerifiedEmail } from './types.ts'

/**
 * The only maker of {@link VerifiedEmail}.
 *
 * @param email - What `scoreEmail` gave.
 * @returns `null` where the address is not verified.
 */
export function verifiedEmailOf ({ address, canonical, score, verified, evidence }: ScoredEmail): VerifiedEmail | null {
  if (!verified || address === null || canonical === null) return null
  // The best evidence comes first: it is the one that reached the threshold.
  const { kind } = evidence[0]!
  return Object.freeze({ address, canonical, score, kind }) as VerifiedEmail
}

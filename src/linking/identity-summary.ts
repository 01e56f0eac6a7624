import type { IdentityKey } from './account-input.ts'
import type { LinkedIdentity } from './types.ts'

/** An identity as its person sees it. Times are milliseconds since 1970. */
export interface IdentitySummary {
  readonly tid: string
  readonly oid: string
  readonly displayName: string | null
  /** The account's name at Microsoft: for people to tell their accounts apart, and for nothing else. */
  readonly preferredUsername: string | null
  /** The address of the last sign-in by it; `null` where Microsoft gave none. */
  readonly email: { readonly address: string, readonly score: number, readonly verified: boolean } | null
  readonly createdAt: number
  readonly lastSignInAt: number | null
  /** Whether the session that asks was signed in by it. */
  readonly current: boolean
}

/**
 * What a person is shown of an identity.
 *
 * @param current - The identity of the session that asks.
 */
export function summaryOf ({ tid, oid, profile, email, createdAt, lastSignInAt }: LinkedIdentity, current: IdentityKey): IdentitySummary {
  const { address, score, verified } = email
  return {
    tid,
    oid,
    displayName: profile.displayName,
    preferredUsername: profile.preferredUsername,
    email: address === null ? null : { address, score, verified },
    createdAt,
    lastSignInAt,
    current: tid === current.tid && oid === current.oid
  }
}

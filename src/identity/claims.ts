import type { Identifier, LinkedIdentity, User } from '../linking/types.ts'
import type { EvidenceKind } from '../verification/types.ts'

/** What an app may be told about a person. What is not known is not there. */
export interface PersonClaims {
  /** The user's id: a UUID, never used again (abuse case P17). */
  readonly sub: string
  readonly name?: string
  readonly given_name?: string
  readonly family_name?: string
  readonly email?: string
  readonly email_verified?: boolean
  /** 0 to 100: the score of the best evidence for `email`. */
  readonly email_score?: number
  /** What that evidence is: `domain_owner_verified`, or `application` where the application vouched by hand. */
  readonly email_evidence?: string
}

/** What is known about a person, and what decides about an address. */
export interface Person {
  readonly user: User
  readonly identities: readonly LinkedIdentity[]
  readonly identifiers: readonly Identifier[]
  /** Whether a user other than this one holds a canonical address. */
  readonly isHeldByAnother: (canonical: string) => boolean
  /** Score from which on an address is verified, as the options are now. */
  readonly threshold: number
  readonly scores: Readonly<Record<EvidenceKind, number>>
}

interface Email {
  readonly address: string
  readonly verified: boolean
  readonly score: number
  readonly kind: EvidenceKind | 'application'
}

/** What the application says about an address is as good as the mailbox. */
const vouchedFor = 100

/**
 * The claims about a person: what the newest sign-in at Microsoft said. Pure.
 *
 * Trust is never laundered (abuse case P16): `email_verified` is true only where the score of the address reaches the
 * threshold *now*, whatever was decided when it was stored, and where no other user holds the address. What is a sign-in
 * name at Microsoft (`preferred_username`, `upn`) is not told at all: apps take it for an address.
 */
export function claimsOf (person: Person): PersonClaims {
  const { user, identities } = person
  const identity = newest(identities)
  const profile = identity?.profile ?? null
  return Object.freeze({
    sub: user.id,
    ...known('name', user.displayName),
    ...known('given_name', profile?.givenName ?? null),
    ...known('family_name', profile?.familyName ?? null),
    ...emailClaims(emailOf(person, identity))
  })
}

function newest (identities: readonly LinkedIdentity[]): LinkedIdentity | null {
  const [first = null, ...others] = identities
  return others.reduce((best, other) => (other.lastSignInAt ?? 0) > (best!.lastSignInAt ?? 0) ? other : best, first)
}

function known (name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value }
}

function emailClaims (email: Email | null): Partial<PersonClaims> {
  if (email === null) return {}
  return { email: email.address, email_verified: email.verified, email_score: email.score, email_evidence: email.kind }
}

/** What Microsoft says now where it is verified, else a verified identifier, else what Microsoft says. */
function emailOf (person: Person, identity: LinkedIdentity | null): Email | null {
  const stated = statedEmail(person, identity)
  if (stated?.verified === true) return stated
  return verifiedIdentifier(person) ?? stated
}

function statedEmail ({ threshold, isHeldByAnother }: Person, identity: LinkedIdentity | null): Email | null {
  const { address = null, canonical = null, score = 0, verified = false, evidence = [] } = identity?.email ?? {}
  if (address === null || canonical === null) return null
  return { address, score, kind: evidence[0]!.kind, verified: verified && score >= threshold && !isHeldByAnother(canonical) }
}

/** At most one user has an address verified, so nobody else holds it. */
function verifiedIdentifier ({ identifiers, threshold, scores }: Person): Email | null {
  for (const { address, verified, provenance } of identifiers) {
    if (!verified || provenance === null) continue
    const score = provenance.kind === 'application' ? vouchedFor : scores[provenance.kind]
    if (score >= threshold) return { address, verified: true, score, kind: provenance.kind }
  }
  return null
}

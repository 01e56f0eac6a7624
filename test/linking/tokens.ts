import type { EvidenceKind, Identity, ScoredEmail, VerifiedEmail, VerifiedToken } from '../../src/verification/types.ts'

/** Tenants of the tests: GUIDs, as Microsoft's are. */
export const tenants = {
  contoso: 'c0000000-0000-4000-8000-000000000000',
  fabrikam: 'f0000000-0000-4000-8000-000000000000',
  /** The one that an attacker administers. */
  attacker: 'a0000000-0000-4000-8000-000000000000'
} as const

/** What a token says, where it matters to a test. */
export interface Said {
  readonly tenant?: keyof typeof tenants
  /** Number of the object in its tenant. */
  readonly person?: number
  readonly email?: string | null
  /** Whether the address is verified. Default: it is. */
  readonly verified?: boolean
  readonly kind?: EvidenceKind
  readonly name?: string | null
  readonly authority?: string
}

/** The identity of a person in a tenant. */
export function identityOf ({ tenant = 'contoso', person = 1, authority = 'https://login.microsoftonline.com' }: Said): Identity {
  const tid = tenants[tenant]
  const oid = `00000000-0000-4000-8000-${String(person).padStart(12, '0')}`
  return { tid, oid, sub: `sub-${tenant}-${person}`, iss: `${authority}/${tid}/v2.0`, authority }
}

/** The scored address of a sign-in. */
export function scoredEmail ({ email = 'ann@example.com', verified = true, kind }: Said): ScoredEmail {
  if (email === null) {
    return { address: null, canonical: null, source: null, score: 0, verified: false, evidence: [{ kind: 'none', score: 0, sentence: 'There is no address.' }] }
  }
  const [best, score] = verified ? [kind ?? 'domain_owner_verified', 90] as const : [kind ?? 'asserted', 20] as const
  return { address: email, canonical: email.toLowerCase(), source: 'email', score, verified, evidence: [{ kind: best, score, sentence: 'As the test says.' }] }
}

/** A verified token. The only place that makes a `VerifiedEmail` without the verification: tests have none at hand. */
export function token (said: Said = {}): VerifiedToken {
  const email = scoredEmail(said)
  const { address, canonical, score, verified, evidence } = email
  return {
    identity: identityOf(said),
    profile: { displayName: said.name === undefined ? 'Ann' : said.name, givenName: null, familyName: null, preferredUsername: null },
    email,
    verifiedEmail: verified ? { address, canonical, score, kind: evidence[0]!.kind } as VerifiedEmail : null,
    roles: [],
    groups: { ids: [], overage: false },
    session: { sid: null, loginHint: null, authenticatedAt: null },
    claims: {}
  }
}

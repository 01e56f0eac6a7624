import t from 'tap'
import { claimsOf, type Person } from '../../src/identity/claims.ts'
import type { Identifier, LinkedIdentity } from '../../src/linking/types.ts'
import { evidenceScores } from '../../src/verification/evidence.ts'
import type { EvidenceKind } from '../../src/verification/types.ts'

function identity (address: string | null, kind: EvidenceKind, more: Partial<LinkedIdentity> = {}): LinkedIdentity {
  const score = evidenceScores[kind]
  return {
    tid: 't',
    oid: 'o',
    sub: 's',
    iss: 'i',
    authority: 'a',
    userId: 'u',
    createdAt: 0,
    lastSignInAt: 1,
    profile: { displayName: 'Ada', givenName: 'Ada', familyName: null, preferredUsername: 'ada@contoso.example' },
    email: { address, canonical: address, source: 'email', score, verified: score >= 90, evidence: [{ kind, score, sentence: '' }] },
    ...more
  }
}

const identifier = (address: string, kind: EvidenceKind | 'application' | null): Identifier =>
  ({ userId: 'u', address, canonical: address, verified: kind !== null, provenance: kind === null ? null : { tid: null, oid: null, kind, at: 0 }, createdAt: 0 })

const person = (more: Partial<Person>): Person => ({
  user: { id: 'u', displayName: 'Ada Lovelace', createdAt: 0, disabledAt: null }, identities: [], identifiers: [], threshold: 90, scores: evidenceScores, isHeldByAnother: () => false, ...more
})

t.test('what is not known is not there', async (t) => {
  t.same(claimsOf(person({ user: { id: 'u', displayName: null, createdAt: 0, disabledAt: null } })), { sub: 'u' })
  t.same(claimsOf(person({ identities: [identity(null, 'none')] })), { sub: 'u', name: 'Ada Lovelace', given_name: 'Ada' })
})

t.test('the newest sign-in speaks, and a sign-in name is never told', async (t) => {
  const older = identity('old@contoso.example', 'domain_owner_verified', { lastSignInAt: 5 })
  const newer = identity('new@contoso.example', 'asserted', { lastSignInAt: 9 })
  const unfinished = identity('merging@contoso.example', 'domain_owner_verified', { lastSignInAt: null })
  for (const identities of [[older, newer, unfinished], [unfinished, newer, older]]) {
    t.match(claimsOf(person({ identities })), { email: 'new@contoso.example', email_verified: false, email_score: 20, email_evidence: 'asserted' })
  }
  t.notMatch(JSON.stringify(claimsOf(person({ identities: [newer] }))), /preferred|upn/)
})

t.test('verified is what reaches the threshold of now, whatever was stored', async (t) => {
  const identities = [identity('ada@contoso.example', 'domain_owner_verified')]
  t.equal(claimsOf(person({ identities })).email_verified, true)
  t.equal(claimsOf(person({ identities, threshold: 91 })).email_verified, false)
  const stored = [identity('ada@contoso.example', 'asserted', { email: { ...identity('x', 'asserted').email, address: 'x', canonical: 'x', score: 95, verified: false } })]
  t.equal(claimsOf(person({ identities: stored })).email_verified, false, 'nor does a number alone make it so')
})

t.test('an address that another user holds is not this one\'s', async (t) => {
  const identities = [identity('ada@contoso.example', 'domain_owner_verified')]
  t.equal(claimsOf(person({ identities, isHeldByAnother: (canonical) => canonical === 'ada@contoso.example' })).email_verified, false)
})

t.test('a verified identifier goes before an address that nobody vouches for', async (t) => {
  const identities = [identity('said@contoso.example', 'asserted')]
  const email = (...identifiers: Identifier[]) => claimsOf(person({ identities, identifiers }))
  t.match(email(identifier('own@contoso.example', 'mailbox_control')), { email: 'own@contoso.example', email_verified: true, email_score: 100, email_evidence: 'mailbox_control' })
  t.match(email(identifier('own@contoso.example', 'application')), { email: 'own@contoso.example', email_verified: true, email_score: 100, email_evidence: 'application' })
  t.match(email(identifier('own@contoso.example', null)), { email: 'said@contoso.example', email_verified: false })
  t.match(email(identifier('weak@contoso.example', 'upn')), { email: 'said@contoso.example', email_verified: false }, 'of when the threshold was lower')
  t.match(claimsOf(person({ identifiers: [identifier('own@contoso.example', 'tenant_domain')] })), { email: 'own@contoso.example', email_score: 95 })
})

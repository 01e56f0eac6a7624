import { canonicalAddress } from './address.ts'
import { evidenceOf, evidenceScores } from './evidence.ts'
import { isGuestUpn } from './member.ts'
import { type AbsenceReason, absenceSentence } from './sentences.ts'
import type { EmailPolicy, EmailSource, Identity, MailboxControl, ScoredEmail } from './types.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * The address of a sign-in, and how far it can be trusted: the first source
 * whose address reaches the threshold, else the one with the highest score. A
 * pure function; never throws, whatever the claims are.
 *
 * @param claims - Of a verified token. Own properties are read, inherited ones are not (abuse case T38).
 * @param mailboxControl - The address that the person has proven by a one-time code, where there is one.
 */
export function scoreEmail (
  claims: Claims, identity: Identity, policy: EmailPolicy, mailboxControl?: MailboxControl
): ScoredEmail {
  const candidates = policy.emailSources.map((source) => scoreSource(source, claims, identity, policy, mailboxControl))
  return candidates.find(({ verified }) => verified) ?? highest(candidates)
}

/** Of equal scores the first wins; where no source has an address, all say why. */
function highest (candidates: readonly ScoredEmail[]): ScoredEmail {
  const [first, ...others] = candidates.filter(({ address }) => address !== null)
  if (first !== undefined) return others.reduce((best, other) => other.score > best.score ? other : best, first)
  return Object.freeze({ ...candidates[0]!, evidence: Object.freeze(candidates.flatMap(({ evidence }) => evidence)) })
}

function scoreSource (
  source: EmailSource, claims: Claims, identity: Identity, policy: EmailPolicy, mailboxControl: MailboxControl | undefined
): ScoredEmail {
  if (!Object.hasOwn(claims, source)) return noAddress(source, 'missing')
  const address = claims[source]
  if (source === 'upn' && isGuestUpn(address)) return noAddress(source, 'guest_upn')
  const { canonical, domain, refusal } = canonicalAddress(address)
  if (canonical === null) return noAddress(source, refusal)
  const evidence = evidenceOf({ canonical, domain, source, claims, identity, policy, mailboxControl })
  if (evidence.length === 0) return noAddress(source, 'unsupported_upn')
  // The best comes first; a denial alone has nothing before it.
  const { score } = evidence[0]!
  return Object.freeze({
    address: address as string, canonical, source, score, verified: score >= policy.threshold, evidence
  })
}

function noAddress (source: EmailSource, reason: AbsenceReason): ScoredEmail {
  const none = Object.freeze({ kind: 'none' as const, score: evidenceScores.none, sentence: absenceSentence(source, reason) })
  return Object.freeze({
    address: null, canonical: null, source: null, score: none.score, verified: false, evidence: Object.freeze([none])
  })
}

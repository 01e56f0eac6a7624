import type { EmailSource, Evidence, EvidenceKind, Profile, ScoredEmail } from '../verification/types.ts'

/*
 * Reading what was stored as JSON. A row may have been written by anybody
 * with access to the database: only the known members are taken over, each
 * of its type, so that nothing shadows a method or a prototype (abuse case S16).
 */

const kinds: ReadonlySet<unknown> = new Set(Object.keys({
  mailbox_control: true,
  tenant_domain: true,
  domain_owner_verified: true,
  verified_email_claim: true,
  upn: true,
  asserted: true,
  denied: true,
  none: true
} satisfies Record<EvidenceKind, true>))

const sources: ReadonlySet<unknown> = new Set(Object.keys({ email: true, upn: true } satisfies Record<EmailSource, true>))

/** The members of an object in JSON text; `null` where it is anything else. */
export function parseObject (text: unknown): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(text as string))
  } catch {
    return null
  }
}

/** A {@link ScoredEmail}, or `null` where `value` is none. */
export function readScoredEmail (value: unknown): ScoredEmail | null {
  const email = asObject(value)
  if (email === null) return null
  const { address, canonical, source, score, verified } = email
  const evidence = readEvidence(email.evidence)
  if (!isTextOrNull(address) || !isTextOrNull(canonical) || evidence === null) return null
  if (source !== null && !sources.has(source)) return null
  if (!isScore(score) || typeof verified !== 'boolean') return null
  return Object.freeze({ address, canonical, source: source as EmailSource | null, score, verified, evidence })
}

/** A {@link Profile}; what is missing or wrong in it is `null`. */
export function readProfile (value: unknown): Profile {
  const profile = asObject(value) ?? {}
  const text = (name: keyof Profile): string | null => typeof profile[name] === 'string' ? profile[name] : null
  return Object.freeze({
    displayName: text('displayName'),
    givenName: text('givenName'),
    familyName: text('familyName'),
    preferredUsername: text('preferredUsername')
  })
}

/** Whether `value` is text or `null`. */
export function isTextOrNull (value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

/** `value` as an object whose members can be read; `null` where it is none. */
export function asObject (value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : null
}

function readEvidence (value: unknown): readonly Evidence[] | null {
  if (!Array.isArray(value)) return null
  const evidence: Evidence[] = []
  for (const entry of value) {
    const { kind, score, sentence } = asObject(entry) ?? {}
    if (!kinds.has(kind) || !isScore(score) || typeof sentence !== 'string') return null
    evidence.push(Object.freeze({ kind: kind as EvidenceKind, score, sentence }))
  }
  return Object.freeze(evidence)
}

function isScore (value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100
}

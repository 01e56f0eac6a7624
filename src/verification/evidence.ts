import { isTrueEdov } from '../core/edov.ts'
import { canonicalAddress } from './address.ts'
import { isMember } from './member.ts'
import { evidenceSentences } from './sentences.ts'
import type { EmailPolicy, EmailSource, Evidence, EvidenceKind, Identity, MailboxControl } from './types.ts'

/** An address of a token, and all that can speak for or against it. */
export interface Subject {
  readonly canonical: string
  /** The domain of the address, as lower-case A-labels. */
  readonly domain: string
  readonly source: EmailSource
  readonly claims: Readonly<Record<string, unknown>>
  readonly identity: Identity
  readonly policy: EmailPolicy
  readonly mailboxControl: MailboxControl | undefined
}

/** The score of each evidence, 0 to 100. Under semantic versioning. */
export const evidenceScores: Readonly<Record<EvidenceKind, number>> = Object.freeze({
  mailbox_control: 100,
  tenant_domain: 95,
  domain_owner_verified: 90,
  verified_email_claim: 70,
  upn: 50,
  asserted: 20,
  denied: 0,
  none: 0
})

// What supports an address, strongest first.
const supports: ReadonlyArray<readonly [kind: Exclude<EvidenceKind, 'none'>, holds: (subject: Subject) => boolean]> = [
  ['mailbox_control', isControlled],
  ['tenant_domain', isBoundToTenant],
  ['domain_owner_verified', isVouchedFor],
  ['verified_email_claim', isListedAsVerified],
  ['upn', isNameOfMember]
]

/**
 * The evidence for or against an address, strongest first. It goes by the
 * canonical address, whichever claim named it: a denial of the address in
 * `email` also holds where the same address stands in `upn`. Empty for a `upn`
 * that nothing supports: such a name is no address.
 */
export function evidenceOf (subject: Subject): readonly Evidence[] {
  if (isDenied(subject)) return isControlled(subject) ? evidence('mailbox_control', 'denied') : evidence('denied')
  const kinds = supports.filter(([, holds]) => holds(subject)).map(([kind]) => kind)
  return kinds.length === 0 && subject.source === 'email' ? evidence('asserted') : evidence(...kinds)
}

function evidence (...kinds: Array<Exclude<EvidenceKind, 'none'>>): readonly Evidence[] {
  return Object.freeze(kinds.map((kind) => Object.freeze({
    kind, score: evidenceScores[kind], sentence: evidenceSentences[kind]
  })))
}

function isControlled ({ canonical, mailboxControl }: Subject): boolean {
  return mailboxControl?.canonical === canonical
}

/** Exactly this domain, none below it: who runs a domain need not run what is below (abuse case E28). */
function isBoundToTenant ({ domain, claims, identity, policy }: Subject): boolean {
  const bound = Object.hasOwn(policy.tenantDomains, identity.tid) ? policy.tenantDomains[identity.tid]! : []
  return bound.includes(domain) && isMember(claims, identity)
}

function isVouchedFor (subject: Subject): boolean {
  return isTheEmailClaim(subject) && saysTrue(subject)
}

function isDenied (subject: Subject): boolean {
  return isTheEmailClaim(subject) && Object.hasOwn(subject.claims, 'xms_edov') && !saysTrue(subject)
}

/** `xms_edov` is about the address in the `email` claim and about no other (abuse case E11). */
function isTheEmailClaim ({ canonical, claims }: Subject): boolean {
  return canonicalAddress(own(claims, 'email')).canonical === canonical
}

function saysTrue ({ claims, policy }: Subject): boolean {
  return isTrueEdov(own(claims, 'xms_edov'), policy.strictEdov)
}

/** Lists only: to search a string is to find `a@b.co` in `mallory+a@b.com`. */
function isListedAsVerified ({ canonical, claims }: Subject): boolean {
  return ['verified_primary_email', 'verified_secondary_email']
    .map((name) => own(claims, name))
    .filter((list) => Array.isArray(list))
    .some((list) => list.some((address) => canonicalAddress(address).canonical === canonical))
}

function isNameOfMember ({ canonical, domain, claims, identity }: Subject): boolean {
  return canonicalAddress(own(claims, 'upn')).canonical === canonical && isMember(claims, identity) && !isInitialDomain(domain)
}

/**
 * Whether a domain is one that each tenant is given at its beginning, in the
 * public, the US Government's and the Chinese cloud. Anybody can have one, and
 * usually no mailbox is there.
 */
function isInitialDomain (domain: string): boolean {
  return ['onmicrosoft.com', 'onmicrosoft.us', 'partner.onmschina.cn']
    .some((initial) => domain === initial || domain.endsWith(`.${initial}`))
}

function own (claims: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

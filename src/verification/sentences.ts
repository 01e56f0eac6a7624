import type { AddressRefusal } from './address.ts'
import type { EmailSource, EvidenceKind } from './types.ts'

/** Why a claim gives no address: it is not there, is no address, or is a `upn` that no mailbox follows from. */
export type AbsenceReason = AddressRefusal | 'missing' | 'guest_upn' | 'unsupported_upn'

/** What each evidence says to people: what was seen, and what follows. */
export const evidenceSentences: Readonly<Record<Exclude<EvidenceKind, 'none'>, string>> = Object.freeze({
  mailbox_control: 'A one-time code that this application mailed to the address came back, so the person reads its mail.',
  tenant_domain: 'The operator of this application has bound the domain of the address to this organisation, and the person is a member of it.',
  domain_owner_verified: 'Microsoft vouches for the address: the claim xms_edov is true, so it has checked that the organisation owns the domain, or that the person has the mailbox.',
  verified_email_claim: 'Microsoft lists the address among those that were verified for this account (verified_primary_email or verified_secondary_email).',
  upn: 'The address is the name by which the person signs in (upn), and the organisation has proven its domain to Microsoft; whether there is such a mailbox is not known.',
  asserted: 'The address stands in the claim email and nothing supports it: an administrator of any organisation can put any address there.',
  denied: 'The claim xms_edov is there and is not true: Microsoft does not vouch for the address, so nothing else in the token does either.'
})

const absences: Readonly<Record<AbsenceReason, string>> = {
  missing: 'is not in the token. Whoever runs the application can ask Microsoft for it, as an optional claim of the app registration',
  not_text: 'is not a text',
  too_long: 'is longer than an address can be (254 octets)',
  not_one_mailbox: 'is not one mailbox with one @',
  local_length: 'has nothing, or more than 64 octets, before the @',
  local_characters: 'has characters before the @ that no plain mailbox has: quotes, spaces, brackets, commas, invisible ones or others',
  local_dots: 'has a dot at an end of the part before the @, or two in a row',
  local_not_nfc: 'has letters before the @ that are not in their normal form (NFC)',
  local_routing: 'has a % or ! before the @, which some mail servers read as a route to another mailbox',
  domain_characters: 'has characters in its domain that no domain has',
  domain_labels: 'has a domain that is not at least two proper labels',
  domain_ip_address: 'has a number where its domain should be',
  domain_mapped: 'has a domain that would have to be turned into another one first',
  guest_upn: 'is that of a guest, which looks like an address and is none',
  unsupported_upn: 'is not known to be an address: the person is no member, or the domain is only the first one of its tenant'
}

/** Says to people why a claim gives no address. */
export function absenceSentence (source: EmailSource, reason: AbsenceReason): string {
  return `No address can be used from the claim ${source}: it ${absences[reason]}.`
}

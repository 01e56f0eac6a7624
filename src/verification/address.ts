import { lowerAscii, unseen } from './characters.ts'
import { canonicalDomain, type DomainRefusal } from './domain.ts'

/** Why a value is no address that can be used. */
export type AddressRefusal =
  | 'not_text' | 'too_long' | 'not_one_mailbox'
  | 'local_length' | 'local_characters' | 'local_dots' | 'local_not_nfc' | 'local_routing'
  | DomainRefusal

/** An address in its canonical form, or why there is none. */
export type AddressReading =
  | { readonly canonical: string, readonly domain: string, readonly refusal: null }
  | { readonly canonical: null, readonly domain: null, readonly refusal: AddressRefusal }

// RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3: a path of 256 octets with its angle brackets.
const longestAddress = 254
const longestLocalPart = 64

// atext and dot of RFC 5322 section 3.2.3, and beyond ASCII the letters, marks and digits of RFC 6531 section 3.3.
const localCharacters = /^[A-Za-z0-9#$&'*+/=?^_`{|}~.\-!%\p{L}\p{M}\p{N}]+$/u

/**
 * The one spelling by which addresses are compared: one mailbox, its local
 * part as it is but for the letters A to Z, its domain as lower-case A-labels.
 * Dots and plus-tags stay (abuse case E22): who may fold them is the mailbox's
 * host alone. Never throws, whatever the value is.
 *
 * @param value - As the claim had it.
 */
export function canonicalAddress (value: unknown): AddressReading {
  if (typeof value !== 'string') return refused('not_text')
  // Units are never more than octets, so that nothing long is looked at.
  if (value.length > longestAddress || Buffer.byteLength(value) > longestAddress) return refused('too_long')
  const at = value.indexOf('@')
  if (at === -1 || at !== value.lastIndexOf('@')) return refused('not_one_mailbox')
  const local = value.slice(0, at)
  const refusal = refusalOfLocalPart(local)
  return refusal === null ? withDomain(lowerAscii(local), value.slice(at + 1)) : refused(refusal)
}

function withDomain (local: string, given: string): AddressReading {
  const { domain, refusal } = canonicalDomain(given)
  if (domain === null) return refused(refusal)
  const canonical = `${local}@${domain}`
  // A-labels may be longer than the letters they stand for.
  return Buffer.byteLength(canonical) > longestAddress ? refused('too_long') : { canonical, domain, refusal: null }
}

function refusalOfLocalPart (local: string): AddressRefusal | null {
  if (local === '' || Buffer.byteLength(local) > longestLocalPart) return 'local_length'
  if (!localCharacters.test(local) || unseen.test(local)) return 'local_characters'
  // Legal, but old mail servers read them as routes ('a%corp.example@relay', 'host!user'): whose mailbox it is depends on who reads it (E19).
  if (/[!%]/.test(local)) return 'local_routing'
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return 'local_dots'
  return local.normalize('NFC') === local ? null : 'local_not_nfc'
}

function refused (refusal: AddressRefusal): AddressReading {
  return { canonical: null, domain: null, refusal }
}

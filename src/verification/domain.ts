import { domainToASCII, domainToUnicode } from 'node:url'
import { lowerAscii, unseen } from './characters.ts'

/** Why a domain is none that an address can have. */
export type DomainRefusal =
  | 'domain_characters' | 'domain_labels' | 'domain_ip_address' | 'domain_mapped'

/** A domain in its canonical form, or why there is none. */
export type DomainReading =
  | { readonly domain: string, readonly refusal: null }
  | { readonly domain: null, readonly refusal: DomainRefusal }

// RFC 1035 section 2.3.4, without the dot of the root.
const longest = 253
const foreignAscii = /[^a-z0-9.\-\u{80}-\u{10ffff}]/u
const ldhLabel = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const numericLabel = /^(?:\d+|0x[0-9a-f]*)$/

/**
 * The lower-case A-labels of a domain with at least two labels.
 *
 * A domain that UTS 46 would map is refused: a full-width dot, a long s or an
 * upper-case letter outside ASCII are other characters than the ones they are
 * turned into, and software that does not map them means another domain.
 */
export function canonicalDomain (given: string): DomainReading {
  if (given.length > longest) return refused('domain_labels')
  const own = lowerAscii(given)
  if (foreignAscii.test(own) || unseen.test(own)) return refused('domain_characters')
  const labels = own.split('.')
  if (labels.length < 2 || labels.includes('')) return refused('domain_labels')
  // URL parsers read a host that ends in a number as an IPv4 address (WHATWG URL, 'ends in a number').
  if (numericLabel.test(labels.at(-1)!)) return refused('domain_ip_address')
  return labels.every(isPlain) ? { domain: own, refusal: null } : asLabels(labels)
}

/** Whether a label is one in ASCII that stands for no other: nearly all are, and to map them changes nothing (UTS 46 section 4). */
function isPlain (label: string): boolean {
  return ldhLabel.test(label) && !label.startsWith('xn--')
}

function asLabels (labels: readonly string[]): DomainReading {
  const domain = domainToASCII(labels.join('.'))
  const unicode = domainToUnicode(domain)
  if (!isUnmapped(labels, domain.split('.'), unicode.split('.'))) return refused('domain_mapped')
  // The other spelling of a domain is held to the same rules, else one mailbox is refused in one and taken in the other.
  if (unseen.test(unicode)) return refused('domain_characters')
  const isHostName = domain.length <= longest && domain.split('.').every((label) => ldhLabel.test(label))
  return isHostName ? { domain, refusal: null } : refused('domain_labels')
}

/** Whether each label is its own A-label or U-label, and each A-label stands for exactly one U-label. */
function isUnmapped (labels: readonly string[], ascii: readonly string[], unicode: readonly string[]): boolean {
  return ascii.length === labels.length && unicode.length === labels.length &&
    labels.every((label, index) => label === ascii[index] || label === unicode[index]) &&
    unicode.every((label) => !label.startsWith('xn--')) &&
    domainToASCII(unicode.join('.')) === ascii.join('.')
}

function refused (refusal: DomainRefusal): DomainReading {
  return { domain: null, refusal }
}

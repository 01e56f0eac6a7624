import fc from 'fast-check'
import { canonicalAddress } from '../../../src/verification/address.ts'
import type { Target } from '../fuzz.ts'
import { edited, type Edits, edits, text, value } from '../inputs.ts'

type Input =
  | { readonly value: unknown }
  | { readonly of: string, readonly edits: Edits }

const letters = fc.string({ unit: fc.constantFrom(...'abAB01-._+@"() <>,;:\\[]%!\'=xnß\u017f\u212aü\u0308\u200d\u200b\u00ad\u202e例٠ا\uff0e\u3002\u0130\u{1f4a9}\ud800\t\r\n\0'), maxLength: 40 })
const labels = fc.array(fc.constantFrom('a', 'b', 'xn--', 'xn--bcher-kva', 'bücher', 'BÜCHER', 'ſ', 'ss', 'faß', '例え', '-', 'a-', '127', '0x7f', '1', 'com', 'example', 'ａ', '\u200d', '', 'x'.repeat(64), 'ü'.repeat(30)), { maxLength: 6 }).map((parts) => parts.join('.'))
const local = fc.oneof(fc.constantFrom('ada', 'Ada', 'a.b', 'a..b', '.a', 'a.', 'a+b', '"a"', 'a%b', 'a!b', 'K', 'é', 'e\u0301', 'x'.repeat(65), 'x'.repeat(64), ''), letters)

export const address: Target<Input> = {
  name: 'address',
  rule: 'an address has one canonical form, which is its own, or it is none',
  input: fc.oneof(
    { weight: 3, arbitrary: fc.record({ value: fc.oneof(letters, value, text) }) },
    { weight: 5, arbitrary: fc.tuple(local, fc.oneof(labels, letters)).map(([one, other]) => ({ value: `${one}@${other}` })) },
    { weight: 2, arbitrary: fc.record({ of: fc.constantFrom('ada@contoso.example', 'Ada.Lovelace+x@BÜCHER.example', 'a@xn--bcher-kva.example'), edits }) }
  ),
  reaches: ['canonical', 'not_text', 'too_long', 'not_one_mailbox', 'local_length', 'local_characters', 'local_dots', 'local_not_nfc', 'local_routing', 'domain_characters', 'domain_labels', 'domain_ip_address', 'domain_mapped'],
  open: () => ({
    attempt: (input) => {
      const given = 'of' in input ? edited(input.of, input.edits) : input.value
      const { canonical, domain, refusal } = canonicalAddress(given)
      return canonical === null ? { outcome: refusal, complaints: [] } : { outcome: 'canonical', complaints: breaches(given, canonical, domain) }
    },
    control: () => canonicalAddress('Ada@Contoso.example').canonical === 'ada@contoso.example' ? [] : ['no address is one']
  })
}

function breaches (given: unknown, canonical: string, domain: string): string[] {
  const at = canonical.indexOf('@')
  const rules: Record<string, boolean> = {
    'comes from a text': typeof given === 'string',
    'is its own canonical form': canonicalAddress(canonical).canonical === canonical,
    'has one @': at > 0 && canonical.lastIndexOf('@') === at && canonical.slice(at + 1) === domain,
    'is short': Buffer.byteLength(canonical) <= 254 && Buffer.byteLength(canonical.slice(0, at)) <= 64,
    'has a domain of A-labels': /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(domain) && !/^[\d.]+$/.test(domain),
    'is a domain to a URL parser as well': URL.parse(`https://${domain}/`)?.hostname === domain,
    'has characters that are seen': !/[\p{C}\p{Z}"(),:;<>@[\\\]%!]/u.test(canonical.slice(0, at)),
    'keeps the local part but for A to Z': canonical.slice(0, at) === String(given).slice(0, String(given).lastIndexOf('@')).replace(/[A-Z]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 32)),
    'is the same in capital letters': canonicalAddress(canonical.replace(/[a-z]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 32))).canonical === canonical || /xn--/.test(domain)
  }
  return Object.entries(rules).filter(([, holds]) => !holds).map(([rule]) => `not so: ${rule}`)
}

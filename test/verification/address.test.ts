import t from 'tap'
import { type AddressRefusal, canonicalAddress } from '../../src/verification/address.ts'
import { busyTime } from '../busy-time.ts'

/** A value in printable ASCII. */
function show (value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`) : typeof value
}

const refusals: Array<readonly [value: unknown, refusal: AddressRefusal]> = [
  // E04: nothing is turned into a text.
  [undefined, 'not_text'], [null, 'not_text'], [5, 'not_text'], [true, 'not_text'],
  [['victim@corp.example'], 'not_text'], [['a@corp.example', 'b@corp.example'], 'not_text'],
  [{ toString: () => 'victim@corp.example' }, 'not_text'], [Symbol('a@corp.example'), 'not_text'],
  // One mailbox and nothing else (E19).
  ['', 'not_one_mailbox'], ['ada', 'not_one_mailbox'], ['a@b@corp.example', 'not_one_mailbox'],
  ['host!user', 'not_one_mailbox'], ['ada\uff20contoso.example', 'not_one_mailbox'],
  ['"a@b"@corp.example', 'not_one_mailbox'],
  ['victim@corp.example\u0000@evil.example', 'not_one_mailbox'],
  ['victim@corp.example,me@evil.example', 'not_one_mailbox'],
  ['"victim"@corp.example', 'local_characters'], ['"ada lovelace"@corp.example', 'local_characters'],
  ['victim(c)@corp.example', 'local_characters'], ['Victim <victim@corp.example>', 'local_characters'],
  ['x,victim@corp.example', 'local_characters'], ['x;victim@corp.example', 'local_characters'],
  ['x:victim@corp.example', 'local_characters'], ['a\\b@corp.example', 'local_characters'], ['[a]@corp.example', 'local_characters'],
  ['mailto:victim@corp.example', 'local_characters'],
  ['victim@corp.example;x', 'domain_characters'], ['victim@corp.example>', 'domain_characters'],
  ['victim@corp.example(c)', 'domain_characters'], ['victim@corp.example\r\nBcc: x', 'domain_characters'],
  ['victim@[192.0.2.1]', 'domain_characters'], ['victim@[IPv6:2001:db8::1]', 'domain_characters'],
  ['a%corp.example@evil', 'local_routing'], ['a%corp.example@evil.example', 'local_routing'], ['host!user@corp.example', 'local_routing'],
  ['@corp.example', 'local_length'],
  ['.ada@corp.example', 'local_dots'], ['ada.@corp.example', 'local_dots'], ['a..da@corp.example', 'local_dots'], ['.@corp.example', 'local_dots'],
  // Nothing that is not seen (E17), nothing that reverses the text, no control (E20).
  ['ada\u200b@corp.example', 'local_characters'], ['a\u00adda@corp.example', 'local_characters'],
  ['\u202eada@corp.example', 'local_characters'], ['a\u00a0da@corp.example', 'local_characters'],
  [' ada@corp.example', 'local_characters'], ['ada @corp.example', 'local_characters'], ['a\tda@corp.example', 'local_characters'],
  ['a\u0000da@corp.example', 'local_characters'], ['a\u007fda@corp.example', 'local_characters'], ['a\ufe0fda@corp.example', 'local_characters'],
  ['a\u034fda@corp.example', 'local_characters'], ['a\u3164da@corp.example', 'local_characters'], ['a\u115fda@corp.example', 'local_characters'],
  ['a\u{e0100}da@corp.example', 'local_characters'], ['a\u2066da@corp.example', 'local_characters'], ['a\u200dda@corp.example', 'local_characters'],
  ['a\ue000da@corp.example', 'local_characters'], ['a\ud800da@corp.example', 'local_characters'], ['a\u{e0001}da@corp.example', 'local_characters'],
  ['a\u2028da@corp.example', 'local_characters'], ['a\u0378da@corp.example', 'local_characters'], ['a\uff20da@corp.example', 'local_characters'],
  ['ada@corp.example ', 'domain_characters'], ['ada@ corp.example', 'domain_characters'], ['ada@co\u200brp.example', 'domain_characters'],
  ['ada@corp\u00ad.example', 'domain_characters'], ['ada@corp.example\n', 'domain_characters'], ['ada@\ud800.example', 'domain_characters'],
  // The Kelvin sign is no k, the decomposed ü no ü.
  ['\u212aelvin@corp.example', 'local_not_nfc'], ['fu\u0308r@corp.example', 'local_not_nfc'], ['\u1112\u1161\u11ab@corp.example', 'local_not_nfc'],
  // Domains; more of them with the domain's own tests.
  ['ada@localhost', 'domain_labels'], ['ada@corp.example.', 'domain_labels'], ['ada@', 'domain_labels'],
  ['ada@conto\u017fo.example', 'domain_mapped'], ['ada@192.0.2.1', 'domain_ip_address']
]

t.test('what is not exactly one plain mailbox is no address, and nothing is thrown', async (t) => {
  for (const [value, refusal] of refusals) {
    t.same(canonicalAddress(value), { canonical: null, domain: null, refusal }, `${show(value)} is ${refusal}`)
  }
})

t.test('an address keeps all but the case of its ASCII letters', async (t) => {
  const canonical: Array<readonly [value: string, canonical: string]> = [
    ['ada@contoso.example', 'ada@contoso.example'],
    // E14: one key for all of them.
    ['Victim@Corp.EXAMPLE', 'victim@corp.example'], ['VICTIM@corp.example', 'victim@corp.example'],
    // E22: nothing is folded.
    ['victim+x@gmail.example', 'victim+x@gmail.example'], ['v.i.c.t.i.m@gmail.example', 'v.i.c.t.i.m@gmail.example'],
    ["o'hara_#$&*+/=?^`{|}~-1@corp.example", "o'hara_#$&*+/=?^`{|}~-1@corp.example"],
    // RFC 6531: other letters stay, in their own case.
    ['Üwe@corp.example', 'Üwe@corp.example'], ['\u0130lker@corp.example', '\u0130lker@corp.example'],
    ['用户@例子.example', '用户@xn--fsqu00a.example'], ['उपयोगकर्ता@corp.example', 'उपयोगकर्ता@corp.example'],
    ['+15555550100@contoso.example', '+15555550100@contoso.example']
  ]
  for (const [value, expected] of canonical) {
    t.equal(canonicalAddress(value).canonical, expected, value)
  }
})

t.test('letters that look alike are different mailboxes (E16)', async (t) => {
  const spellings = ['victim@corp.example', 'v\u0456ctim@corp.example', 'victim@c\u043erp.example'].map((value) => canonicalAddress(value).canonical)
  t.equal(spellings.includes(null), false)
  t.equal(new Set(spellings).size, 3)
  t.equal(spellings[2], 'victim@xn--crp-sed.example', 'as it is sent on the wire')
})

t.test('a domain is the same mailbox domain in both of its spellings', async (t) => {
  const [unicode, ascii] = ['ada@bücher.example', 'ada@xn--bcher-kva.example'].map((value) => canonicalAddress(value))
  t.same(unicode, ascii)
  t.same(ascii, { canonical: 'ada@xn--bcher-kva.example', domain: 'xn--bcher-kva.example', refusal: null })
})

t.test('an address has at most 254 octets, its local part at most 64', async (t) => {
  const label = 'd'.repeat(61)
  const domain = `${label}.${label}.${label}`
  t.equal(canonicalAddress(`${'a'.repeat(64)}@corp.example`).refusal, null)
  t.equal(canonicalAddress(`${'a'.repeat(65)}@corp.example`).refusal, 'local_length')
  t.equal(canonicalAddress(`${'ü'.repeat(32)}@corp.example`).refusal, null)
  t.equal(canonicalAddress(`${'ü'.repeat(33)}@corp.example`).refusal, 'local_length', 'octets, not letters')
  t.equal(canonicalAddress(`${'a'.repeat(64)}@${domain}.ex`).canonical?.length, 253)
  t.equal(canonicalAddress(`${'a'.repeat(64)}@${domain}.exa`).refusal, null)
  t.equal(canonicalAddress(`${'a'.repeat(64)}@${domain}.exam`).refusal, 'too_long')
  t.equal(canonicalAddress(`${'ü'.repeat(32)}@${'ü'.repeat(55)}.${'ü'.repeat(45)}.example`).refusal, 'too_long', 'octets, not letters')
  const wide = '例'.repeat(13)
  t.equal(canonicalAddress(`${'a'.repeat(64)}@${wide}.${wide}.${wide}.${wide}.ex`).refusal, null, 'control: short enough in both forms')
  const accented = (labels: number): string => `${'a'.repeat(64)}@${'é.'.repeat(labels)}example`
  t.equal(canonicalAddress(accented(22)).refusal, null)
  t.ok(Buffer.byteLength(accented(23)) < 254)
  t.equal(canonicalAddress(accented(23)).refusal, 'too_long', 'its A-labels are longer than the letters')
})

t.test('a long text is refused by its length alone (D19)', async (t) => {
  const hostile = ['a', '.', '@', 'a.', 'a@', '"', '(', '\u0308', 'xn--', 'ü', '\ud800', '-', '%'].flatMap((part) => {
    const text = part.repeat(100_000 / part.length)
    return [text, `${text}@corp.example`, `ada@${text}`]
  })
  t.ok(busyTime(() => { for (const text of hostile) canonicalAddress(text) }) < 2_000)
  for (const text of hostile) t.equal(canonicalAddress(text).refusal, 'too_long')
})

import fc from 'fast-check'

/** Texts at which parsers have stumbled. */
const nasty: readonly string[] = [
  '', ' ', '\0', '\t', '\r\nSet-Cookie: a=b', '%', '%00', '%zz', '%c0%ae', '%ff', '%E0%A4%A', '..', '../../etc/passwd', '/', '//', '\\', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty',
  'null', 'undefined', 'true', 'NaN', '-1', '1e999', '0x10', '9'.repeat(400), '[', ']', '{', '{}', '[]', '"', '\'', '`', '<script>', '$' + '{x}', '#{x}', '%s%d%j', '=', '&', ';', ',', '.', '.'.repeat(300),
  '\ud800', '\udfff', '\u202e', '\u200b', '\u0130', '\u0131', '\u017f', '\u212a', '\ufeff', '\ufffd', '\u{1f4a9}', 'a'.repeat(5_000), 'é'.repeat(2_000), 'A'.repeat(43), '='.repeat(300), '(a+)+$'
]

/** Any text; mostly short, with what parsers stumble at among it. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...nasty) },
  { weight: 3, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 3, arbitrary: fc.string({ maxLength: 20, unit: 'binary' }) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...nasty), fc.string({ maxLength: 8 }), fc.nat(200)).map(([one, other, times]) => (one.slice(0, 40) + other).repeat(times).slice(0, 6_000)) }
)

/** Any value that JSON can hold. */
export const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 31, [], {}, [[]], [null], '', 'true', '1') },
  { weight: 2, arbitrary: fc.integer() },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }).map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown) }
)

/** Changes to a text that is not known yet: where, in thousandths of its length, what goes and what comes. */
export type Edits = ReadonlyArray<{ readonly at: number, readonly cut: number, readonly put: string }>

export const edits: fc.Arbitrary<Edits> = fc.array(fc.record({ at: fc.nat(1_000), cut: fc.oneof(fc.nat(3), fc.nat(400)), put: text }), { minLength: 1, maxLength: 3 })

export function edited (base: string, changes: Edits): string {
  return changes.reduce((so, { at, cut, put }) => {
    const start = Math.round(so.length * at / 1_000)
    return so.slice(0, start) + put + so.slice(start + cut)
  }, base)
}

/** Octets as JSON can hold them: each character is one. */
export const octets: fc.Arbitrary<string> = fc.oneof(text.map((one) => Buffer.from(one).toString('latin1')), fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')))

/** What a header's value may be on its way: Node's parser takes nothing else. */
export function asHeader (given: string): string {
  return given.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 8_000)
}

/** Percent-encoded, whatever it is. */
export function encoded (given: string): string {
  return encodeURIComponent(given.toWellFormed())
}

/** One time in `of` something, else a constant. */
export function rarely<Value> (of: number, something: fc.Arbitrary<Value>, otherwise: Value): fc.Arbitrary<Value> {
  return fc.oneof({ weight: of - 1, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: something })
}

import { CompactEncrypt, compactDecrypt } from 'jose'
import t from 'tap'
import { createSeal } from '../../src/core/seal.ts'

const keys = [Buffer.alloc(32, 'new'), Buffer.alloc(32, 'old')] as const
const value = { text: 'grüße', number: 1, list: [null, true] }
const encode = (header: object): string => Buffer.from(JSON.stringify(header)).toString('base64url')
const headerIn = (sealed: string): Record<string, unknown> => JSON.parse(Buffer.from(sealed.split('.')[0]!, 'base64url').toString()) as Record<string, unknown>

t.test('what is sealed is a JWE that others open, and the other way round (RFC 7516)', async (t) => {
  const seal = createSeal(keys)
  const sealed = await seal.seal(value)
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, keys[0])
  t.same(JSON.parse(new TextDecoder().decode(plaintext)), value)
  t.match(protectedHeader, { alg: 'dir', enc: 'A256GCM' })
  const foreign = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value))).setProtectedHeader(headerIn(sealed) as { alg: string, enc: string }).encrypt(keys[0])
  t.same(await seal.open(foreign), value)
})

t.test('the newest key seals, and each opens', async (t) => {
  const old = await createSeal([keys[1]]).seal(value)
  t.same(await createSeal(keys).open(old), value)
  t.equal(headerIn(await createSeal(keys).seal(value)).kid, headerIn(await createSeal([keys[0]]).seal(value)).kid)
  t.equal(await createSeal([keys[1]]).open(await createSeal(keys).seal(value)), null)
})

t.test('the same value is sealed otherwise each time, and tells nothing of itself', async (t) => {
  const seal = createSeal(keys)
  const [first, second] = [await seal.seal(value), await seal.seal(value)]
  for (const part of [2, 3, 4]) t.not(first.split('.')[part], second.split('.')[part])
  t.notMatch(first, Buffer.from('grüße').toString('base64url').slice(0, 6))
})

t.test('nothing opens that was changed, cut or lengthened, wherever it is', async (t) => {
  const seal = createSeal(keys)
  const sealed = await seal.seal(value)
  for (let at = 0; at < sealed.length; at++) {
    // The first bit of a character: the last ones of a part may stand for nothing.
    const other = sealed[at] === '.' ? 'A' : String.fromCharCode(sealed.charCodeAt(at) ^ 1)
    if (sealed[at] !== '.' && sealed[at + 1] === '.') continue
    if (at === sealed.length - 1) continue
    t.equal(await seal.open(sealed.slice(0, at) + other + sealed.slice(at + 1)), null, `changed at ${at}`)
    t.equal(await seal.open(sealed.slice(0, at)), null, `cut at ${at}`)
  }
  for (const more of ['.', '.A', 'AAAA', '.A.A']) t.equal(await seal.open(sealed + more), null, `with ${more}`)
})

t.test('a header that is not to the letter one of ours opens nothing (RFC 8725 section 3.1)', async (t) => {
  const seal = createSeal(keys)
  const [head, ...parts] = (await seal.seal(value)).split('.')
  const header = JSON.parse(Buffer.from(head!, 'base64url').toString()) as Record<string, unknown>
  for (const changed of [{ ...header, alg: 'none' }, { ...header, enc: 'A128GCM' }, { ...header, zip: 'DEF' }, { ...header, kid: 'other' }, { enc: 'A256GCM', alg: 'dir', kid: header.kid }, {}]) {
    t.equal(await seal.open([encode(changed), ...parts].join('.')), null, JSON.stringify(changed))
  }
  const wrapped = await new CompactEncrypt(new TextEncoder().encode('{}')).setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM' }).encrypt(keys[0])
  t.equal(await seal.open(wrapped), null, 'another kind of encryption under the same key')
  const [, vector, text, tag] = parts as [string, string, string, string]
  t.equal(await seal.open([head, 'AAAA', vector, text, tag].join('.')), null, 'a wrapped key')
  t.equal(await seal.open([head, '', vector, text, tag.slice(0, 6)].join('.')), null, 'a short tag (NIST SP 800-38D, appendix C)')
  t.equal(await seal.open([head, '', '', text, tag].join('.')), null, 'no vector')
  for (const text of ['', '.', '....', 'null', '__proto__....']) t.equal(await seal.open(text), null, JSON.stringify(text))
})

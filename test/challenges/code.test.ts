import t from 'tap'
import { challengeKeyOf, createKeyedHash, newCode } from '../../src/challenges/code.ts'
import { seededBytes } from '../random.ts'

const bytesOf = (...numbers: number[]) => () => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(numbers.shift()!)
  return bytes
}

t.test('a code is six digits, leading zeros among them', async (t) => {
  t.equal(newCode({ randomBytes: bytesOf(42) }), '000042')
  t.equal(newCode({ randomBytes: bytesOf(4_293_999_999) }), '999999')
})

t.test('no code is likelier than others: what lies above the last whole million is drawn again', async (t) => {
  t.equal(newCode({ randomBytes: bytesOf(4_294_000_000, 2 ** 32 - 1, 7) }), '000007')
  const randomBytes = seededBytes('codes')
  const firstDigits = new Array<number>(10).fill(0)
  for (let count = 0; count < 2_000; count++) firstDigits[Number(newCode({ randomBytes })[0])]!++
  t.ok(firstDigits.every((number) => number > 150 && number < 250), String(firstDigits))
})

t.test('a hash needs the key, and holds for exactly these parts', async (t) => {
  const [newest, older, foreign] = ['a', 'b', 'c'].map((text) => Buffer.alloc(32, text)) as [Buffer, Buffer, Buffer]
  const hash = createKeyedHash([newest, older])
  t.ok(hash.matches(hash.of('key', '123456'), 'key', '123456'))
  t.ok(hash.matches(createKeyedHash([older]).of('key', '123456'), 'key', '123456'), 'codes outlive a new secret')
  t.notOk(hash.matches(createKeyedHash([foreign]).of('key', '123456'), 'key', '123456'))
  t.notOk(hash.matches(hash.of('key', '123456'), 'other', '123456'), 'bound to the challenge')
  t.notOk(hash.matches(hash.of('key', '123456'), 'key1', '23456'), 'parts do not run together')
  t.notOk(hash.matches('', 'key', '123456'))
  t.same(hash.allOf('x'), [hash.of('x'), createKeyedHash([older]).of('x')])
})

t.test('the store has a hash of the id', async (t) => {
  t.match(challengeKeyOf('id'), /^[\w-]{43}$/)
  t.not(challengeKeyOf('id'), challengeKeyOf('id2'))
})

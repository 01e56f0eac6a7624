import t from 'tap'
import { randomBytes } from '../../src/core/random-bytes.ts'

t.test('no two calls get the same bytes, however many there are and whatever their sizes', async (t) => {
  const seen = new Set<string>()
  let calls = 0
  for (let round = 0; round < 40; round++) {
    for (const size of [12, 32, 7, 100, 16, 2_048, 5_000]) {
      const bytes = randomBytes(size)
      t.equal(bytes.length, size)
      seen.add(bytes.toString('hex'))
      calls += 1
    }
  }
  t.equal(seen.size, calls)
})

t.test('what a caller does with its bytes changes nobody else\'s', async (t) => {
  const first = randomBytes(16)
  const second = randomBytes(16)
  const copy = Buffer.from(second)
  first.fill(0)
  t.same(second, copy)
  t.notSame(randomBytes(16), first)
})

t.test('no bytes at all are none', async (t) => {
  t.equal(randomBytes(0).length, 0)
})

import t from 'tap'
import { nextChange, publishedAfter, stateOf } from '../../src/identity/key-schedule.ts'
import type { SigningAlgorithm, StoredKey } from '../../src/identity/types.ts'

const key = (generation: number, signsAt: number, algorithm: SigningAlgorithm = 'ES256'): StoredKey =>
  ({ kid: `${algorithm} ${generation}`, algorithm, generation, sealed: '', createdAt: 0, signsAt })

const statesAt = (now: number, ...keys: StoredKey[]): string[] => keys.map((one) => stateOf(one, keys, now))

t.test('a new key is published before it signs, and the one before after it signed', async (t) => {
  const keys = [key(1, 0), key(2, 1_000)]
  t.same(statesAt(999, ...keys), ['signing', 'next'])
  t.same(statesAt(1_000, ...keys), ['published', 'signing'])
  t.same(statesAt(999 + publishedAfter, ...keys), ['published', 'signing'])
  t.same(statesAt(1_000 + publishedAfter, ...keys), ['over', 'signing'])
})

t.test('one key of each algorithm signs', async (t) => {
  t.same(statesAt(5, key(1, 0), key(1, 0, 'RS256'), key(2, 9)), ['signing', 'signing', 'next'])
})

t.test('of two rotations in a row the newest that has begun signs, and the first ends by the first that relieved it', async (t) => {
  const keys = [key(1, 0), key(2, 100), key(3, 50)]
  t.same(statesAt(49, ...keys), ['signing', 'next', 'next'])
  t.same(statesAt(50, ...keys), ['published', 'published', 'signing'])
  t.same(statesAt(50 + publishedAfter, ...keys), ['over', 'over', 'signing'])
})

t.test('a clock that was set back leaves no project without a key', async (t) => {
  t.same(statesAt(5, key(3, 1_000), key(4, 2_000)), ['signing', 'next'])
})

t.test('the next change is the next key that signs, or that is over', async (t) => {
  const keys = [key(1, 0), key(2, 1_000)]
  t.equal(nextChange(keys, 999), 1_000)
  t.equal(nextChange(keys, 1_000), publishedAfter, 'the first is looked at then, and found to stay')
  t.equal(nextChange(keys, publishedAfter), 1_000 + publishedAfter)
  t.equal(nextChange(keys, 1_000 + publishedAfter), null)
})

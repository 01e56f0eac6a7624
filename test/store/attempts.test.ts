import t from 'tap'
import { createUsedAttempts } from '../../src/store/attempts.ts'
import { count, dump, openTestDatabase } from './database.ts'

t.test('of twenty uses of one attempt at once, one is the first (O04)', async (t) => {
  const attempts = createUsedAttempts(await openTestDatabase(t), { now: () => 0 })
  const uses = await Promise.all(Array.from({ length: 20 }, async () => await attempts.use('a', 1_000)))
  t.equal(uses.filter(Boolean).length, 1)
  t.equal(await attempts.use('a', 1_000), false)
  t.equal(await attempts.use('b', 1_000), true, 'another attempt is another matter')
})

t.test('marks go when they have expired, a few at a time, and not before', async (t) => {
  const database = await openTestDatabase(t)
  let now = 0
  const attempts = createUsedAttempts(database, { now: () => now })
  for (let index = 0; index < 25; index++) await attempts.use(`old-${index}`, 100 + index)
  now = 100
  await attempts.use('at the limit', 9_999)
  t.equal(await count(database, 'used_attempts'), 26, 'a mark holds to the end of its last millisecond')
  now = 500
  await attempts.use('new-1', 9_999)
  t.equal(await count(database, 'used_attempts'), 17)
  const marks = (await dump(database)).used_attempts!.map((row) => (row as { state_hash: string }).state_hash)
  t.same(marks.filter((mark) => mark.startsWith('old')), Array.from({ length: 15 }, (_, index) => `old-${index + 10}`), 'the oldest go first')
  await attempts.use('new-2', 9_999)
  await attempts.use('new-3', 9_999)
  t.equal(await count(database, 'used_attempts'), 4)
  t.equal(await attempts.use('new-1', 9_999), false)
})

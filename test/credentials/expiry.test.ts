import t from 'tap'
import { createExpiryWatch, daysUntil, expiryStage } from '../../src/credentials/expiry.ts'
import type { ClientCredential } from '../../src/credentials/types.ts'

const day = 86_400_000
const end = Date.UTC(2027, 0, 31)

t.test('it is urgent 60, 30 and 7 days before the end, to the millisecond, and afterwards', async (t) => {
  const stage = (before: number): unknown => expiryStage({ expiresAt: end }, end - before)
  t.strictSame([60 * day + 1, 60 * day, 30 * day + 1, 30 * day, 7 * day + 1, 7 * day, 1, 0, -day].map(stage), [null, 60, 60, 30, 30, 7, 7, 0, 0])
  t.equal(expiryStage({ expiresAt: null }, end), null, 'nobody knows')
})

t.test('days are whole ones, and negative afterwards', async (t) => {
  t.strictSame([7 * day, 7 * day - 1, 1, 0, -1, -day].map((before) => daysUntil(end, end - before)), [7, 6, 0, 0, -1, -1])
})

t.test('each look tells of all that ends soon, and which stage is new', async (t) => {
  const made = (name: string, expiresAt: number | null): ClientCredential => ({ name, kind: 'secret', notBefore: null, expiresAt, authenticate: async () => ({}) })
  let now = end - 61 * day
  const watch = createExpiryWatch([made('a', end), made('b', null)], () => now)
  const look = (days: number): unknown => {
    now = end - days * day
    return watch().map(({ name, stage, daysLeft, isNew }) => [name, stage, daysLeft, isNew])
  }
  t.strictSame([61, 60, 59, 30, 7, 6, 0, -1].map(look), [
    [], [['a', 60, 60, true]], [['a', 60, 59, false]], [['a', 30, 30, true]], [['a', 7, 7, true]], [['a', 7, 6, false]], [['a', 0, 0, true]], [['a', 0, -1, false]]
  ])
})

import { createUsedAttempts } from '../../src/store/attempts.ts'
import { count, dump, openTestDatabase } from './database.ts'
import { rule } from './engines.ts'

rule('of twenty uses of one attempt at once, one is the first (O04)', async (t, engine) => {
  const attempts = createUsedAttempts(await openTestDatabase(t, await engine.newLocation(t)), { now: () => 0 })
  const uses = await Promise.all(Array.from({ length: 20 }, async () => await attempts.use('a', 1_000)))
  t.equal(uses.filter(Boolean).length, 1)
  t.equal(await attempts.use('a', 1_000), false)
  t.equal(await attempts.use('b', 1_000), true, 'another attempt is another matter')
})

rule('marks go when they have expired, the oldest first, and not before', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  let now = 0
  const attempts = createUsedAttempts(database, { now: () => now })
  const useSome = async (name: string, howMany: number, expiresAt: (index: number) => number): Promise<void> => {
    for (let index = 0; index < howMany; index++) await attempts.use(`${name}-${index}`, expiresAt(index))
  }
  await useSome('old', 320, (index) => 100 + index)
  now = 100
  await useSome('at the limit', 16, () => 9_999)
  t.equal(await count(database, 'used_attempts'), 336, 'a mark holds to the end of its last millisecond')
  now = 500
  await useSome('new', 16, () => 9_999)
  t.equal(await count(database, 'used_attempts'), 152)
  const marks = (await dump(database)).used_attempts!.map((row) => (row as { state_hash: string }).state_hash)
  t.same(marks.filter((mark) => mark.startsWith('old')).toSorted(), Array.from({ length: 120 }, (_, index) => `old-${index + 200}`), 'two hundred at a time')
  await useSome('newer', 16, () => 9_999)
  t.equal(await count(database, 'used_attempts'), 48)
  t.equal(await attempts.use('new-1', 9_999), false)
})

rule('of twenty uses on two servers, one is the first, and a server that sweeps waits for no other (O04)', async (t, engine) => {
  const location = await engine.newSharedLocation(t)
  const servers = [await openTestDatabase(t, location), await openTestDatabase(t, location)]
  const attempts = servers.map((database) => createUsedAttempts(database, { now: () => 500 }))
  for (let index = 0; index < 200; index++) await attempts[0]!.use(`old-${index}`, 500)
  const late = servers.map((database) => createUsedAttempts(database, { now: () => 501 }))
  const uses = await Promise.all(Array.from({ length: 40 }, async (_, index) => await late[index % 2]!.use(`new-${index % 4 < 2 ? 'a' : index}`, 1_000)))
  t.equal(uses.filter(Boolean).length, 21, 'one of the twenty, and each of those that are used once')
  const left = (await dump(servers[0]!)).used_attempts!.map((row) => (row as { state_hash: string }).state_hash)
  t.equal(left.filter((mark) => mark.startsWith('new')).length, 21)
  t.ok(left.length <= 221 - 100, `${left.length} are left`)
})

rule('marks that cannot be swept stop nobody', async (t, engine) => {
  const database = await openTestDatabase(t, await engine.newLocation(t))
  const attempts = createUsedAttempts(database, { now: () => { throw new Error('no clock') } })
  await t.rejects(attempts.use('a', 1), { message: 'no clock' }, 'a mistake of ours is seen')
  const unswept = createUsedAttempts({ ...database, run: async (query) => await database.run(query).finally(async () => await database.close()) }, { now: () => 2 })
  t.equal(await unswept.use('b', 1), true)
})

import t from 'tap'
import { TimedOut, within } from '../../src/core/within.ts'

t.test('work that is done in time gives what it gives', async (t) => {
  t.equal(await within(60_000, () => 5), 5)
  t.equal(await within(60_000, async () => 6), 6)
})

t.test('work that fails fails the same way, whether at once or later', async (t) => {
  const failure = new Error('no')
  await t.rejects(within(60_000, () => { throw failure }), failure)
  await t.rejects(within(60_000, async () => await Promise.reject(failure)), failure)
})

t.test('work that takes too long is left to itself, whatever comes of it', async (t) => {
  let fail = (_error: Error): void => {}
  const work = new Promise<never>((_resolve, reject) => { fail = reject })
  await t.rejects(within(1, () => work), TimedOut)
  fail(new Error('nobody waits for this any more'))
  await t.rejects(work)
})

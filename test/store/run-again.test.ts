import t from 'tap'
import { isLostRace } from '../../src/store/errors.ts'
import { createRunAgain } from '../../src/store/run-again.ts'

const lost = (code: string) => Object.assign(new Error(`SQLSTATE ${code}`), { code, severity: 'ERROR' })
const environment = { randomBytes: (size: number) => Buffer.alloc(size) }

t.test('work that loses a race is run again until it wins, and is told how often', async (t) => {
  const runAgain = createRunAgain({ patience: 60_000, environment })
  const failures = ['40001', '40P01', '23505', '40001', '23505', '23505']
  const told: number[] = []
  const result = await runAgain(async (tries) => {
    told.push(tries)
    const code = failures[tries]
    if (code !== undefined) throw lost(code)
    return 'won'
  }, isLostRace)
  t.equal(result, 'won')
  t.same(told, [0, 1, 2, 3, 4, 5, 6])
})

t.test('any other failure is the caller\'s at once', async (t) => {
  const runAgain = createRunAgain({ patience: 60_000, environment })
  let runs = 0
  await t.rejects(runAgain(async () => {
    runs++
    throw lost('23503')
  }, isLostRace), { code: '23503' })
  t.equal(runs, 1)
})

t.test('a unique constraint that refuses five times is no race', async (t) => {
  const runAgain = createRunAgain({ patience: 60_000, environment })
  let runs = 0
  await t.rejects(runAgain(async () => {
    runs++
    throw lost('23505')
  }, isLostRace), { code: 'store_unavailable', detail: { reason: 'conflict' } })
  t.equal(runs, 5)
})

t.test('patience has an end: then the failure is the one that there was', async (t) => {
  const runAgain = createRunAgain({ patience: 30, environment })
  let runs = 0
  await t.rejects(runAgain(async () => {
    runs++
    throw lost('40001')
  }, isLostRace), { code: '40001' })
  t.ok(runs > 1)
})

t.test('the pauses grow to a limit, and chance makes them differ', async (t) => {
  const pauses: number[] = []
  let chance = 0
  const runAgain = createRunAgain({ patience: 60_000, environment: { randomBytes: () => Buffer.of(chance++ % 2 === 0 ? 0 : 255) } })
  // What node:timers/promises is asked for cannot be seen from outside: its timers can.
  const { createHook } = await import('node:async_hooks')
  const hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'Timeout') pauses.push((resource as { _idleTimeout: number })._idleTimeout)
    }
  }).enable()
  await runAgain(async (tries) => { if (tries < 8) throw lost('40001') }, isLostRace)
  hook.disable()
  t.same(pauses.filter((pause) => pause !== 60_000).map(Math.floor), [2, 11, 8, 47, 32, 191, 128, 383])
})

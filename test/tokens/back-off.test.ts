import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { createBackOff } from '../../src/tokens/back-off.ts'

t.test('only that Microsoft is not to be had stands, and for a while', async (t) => {
  const clock = { now: 1_000_000 }
  const backOff = createBackOff({ now: () => clock.now })
  const down = refuse('provider_timeout', 'x')
  for (const error of [new Error('x'), refuse('provider_error', 'x'), refuse('invalid_state', 'x')]) backOff.note('ada', error)
  t.equal(backOff.failureOf('ada'), null)
  backOff.note('ada', down)
  t.equal(backOff.failureOf('ada'), down)
  t.equal(backOff.failureOf('vera'), null)
  clock.now -= 5_000
  t.equal(backOff.failureOf('ada'), null, 'a clock that was set back makes nothing immortal (D22)')
})

t.test('the oldest of very many failures are forgotten, so that memory has a bound', async (t) => {
  const backOff = createBackOff({ now: () => 0 })
  for (let one = 0; one <= 10_000; one++) backOff.note(String(one), refuse('provider_timeout', 'x'))
  t.equal(backOff.failureOf('0'), null)
  t.ok(backOff.failureOf('1'))
})

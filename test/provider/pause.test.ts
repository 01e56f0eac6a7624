import t from 'tap'
import { refuse } from '../../src/core/errors.ts'
import { longestPause } from '../../src/core/retry-after.ts'
import { createPause } from '../../src/provider/pause.ts'

const busy = (retryAfter?: number): Error => refuse('provider_unavailable', { reason: 'token_status_429', retryAfter })

function setUp () {
  const clock = { now: Date.UTC(2026, 10, 22) }
  return { clock, pause: createPause({ now: () => clock.now }) }
}

t.test('whoever is asked to wait waits as long, and says how many seconds are left', async (t) => {
  const { clock, pause } = setUp()
  t.doesNotThrow(pause.check)
  pause.note(busy(7))
  t.throws(pause.check, { code: 'provider_unavailable', detail: { reason: 'token_paused', retryAfter: 7 } })
  clock.now += 6_001
  t.throws(pause.check, { code: 'provider_unavailable', detail: { retryAfter: 1 } }, 'rounded up: who comes back then is let through')
  clock.now += 998
  t.throws(pause.check)
  clock.now += 1
  t.doesNotThrow(pause.check)
})

t.test('nobody waits longer than a minute, whatever was said', async (t) => {
  const { clock, pause } = setUp()
  pause.note(busy(3_600))
  t.throws(pause.check, { code: 'provider_unavailable', detail: { retryAfter: 60 } })
  clock.now += longestPause
  t.doesNotThrow(pause.check)
})

t.test('what does not say when to come back is no reason to wait', async (t) => {
  const { pause } = setUp()
  for (const refusal of [busy(), busy(0), refuse('provider_timeout', 'token_timeout'), refuse('otp_locked', { reason: 'x', retryAfter: 9 }), new Error('x'), undefined]) {
    pause.note(refusal)
    t.doesNotThrow(pause.check)
  }
})

t.test('a later refusal that does not say when to come back changes nothing', async (t) => {
  const { clock, pause } = setUp()
  pause.note(busy(2))
  pause.note(busy())
  clock.now += 2_000
  t.doesNotThrow(pause.check)
})

t.test('a clock that jumps, either way, does not make it longer', async (t) => {
  for (const jump of [-86_400_000, 86_400_000]) {
    const { clock, pause } = setUp()
    pause.note(busy(60))
    clock.now += jump
    t.doesNotThrow(pause.check, 'D22')
  }
})

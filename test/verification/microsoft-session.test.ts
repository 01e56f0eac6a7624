import t from 'tap'
import { microsoftSessionOf } from '../../src/verification/microsoft-session.ts'

t.test('a token tells of the session at Microsoft by sid, login_hint and auth_time', async (t) => {
  const session = microsoftSessionOf({ sid: '0b1f3b0c-1b1c-4c0e-9d63-1f0f4b9f3e11', login_hint: 'O.CiQ1', auth_time: 1_637_532_000 })
  t.same(session, { sid: '0b1f3b0c-1b1c-4c0e-9d63-1f0f4b9f3e11', loginHint: 'O.CiQ1', authenticatedAt: 1_637_532_000_000 })
  t.ok(Object.isFrozen(session))
})

t.test('a claim that was not asked for, is of another type, or is too long counts as not sent', async (t) => {
  const nothing = { sid: null, loginHint: null, authenticatedAt: null }
  t.same(microsoftSessionOf({}), nothing)
  t.same(microsoftSessionOf(Object.create({ sid: 'inherited', login_hint: 'x', auth_time: 1 })), nothing, 'T38')
  for (const value of [null, 5, '', ['x'], 'a b', 'x\u0000', { a: 1 }]) t.same(microsoftSessionOf({ sid: value, login_hint: value }), nothing, JSON.stringify(value))
  for (const value of [null, '1637532000', 1.5, 0, -1, Number.MAX_SAFE_INTEGER, [1]]) t.same(microsoftSessionOf({ auth_time: value }), nothing, JSON.stringify(value))
  t.same(microsoftSessionOf({ sid: 'x'.repeat(129), login_hint: 'x'.repeat(1_025) }), nothing)
  t.equal(microsoftSessionOf({ login_hint: 'x'.repeat(1_024) }).loginHint?.length, 1_024)
})

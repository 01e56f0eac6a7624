import t from 'tap'
import { type ErrorCode, refuse } from '../../src/core/errors.ts'
import { refreshFailureOf } from '../../src/tokens/refresh-failure.ts'

const of = (code: ErrorCode, aadsts?: number): unknown => refreshFailureOf(refuse(code, { reason: 'x', aadsts }))

t.test('consent, a second factor or a policy wants the person, and leaves the refresh token', async (t) => {
  for (const aadsts of [65001, 50076, 50079, 50158, 53003]) t.same(of('invalid_state', aadsts), { kind: 'person', isRefreshTokenDead: false }, String(aadsts))
  t.same(of('interaction_required'), { kind: 'person', isRefreshTokenDead: false })
  t.same(of('access_denied', 65001), { kind: 'person', isRefreshTokenDead: false })
  t.same(of('provider_error', 50076), { kind: 'person', isRefreshTokenDead: false }, 'whatever word comes with the number')
})

t.test('a refresh token that is not taken for another reason is dead', async (t) => {
  for (const aadsts of [700082, 50173, 70043, 70008, 9002313, undefined]) t.same(of('invalid_state', aadsts), { kind: 'person', isRefreshTokenDead: true }, String(aadsts))
  t.same(of('interaction_required', 70043), { kind: 'person', isRefreshTokenDead: true })
})

t.test('an account that is disabled or gone is cured by no visit', async (t) => {
  for (const aadsts of [50057, 50034]) for (const code of ['invalid_state', 'account_disabled'] as const) t.same(of(code, aadsts), { kind: 'disabled' })
})

t.test('whatever else is the way to Microsoft, or the application', async (t) => {
  for (const code of ['provider_unavailable', 'provider_timeout', 'provider_error', 'store_unavailable'] as const) t.same(of(code, 7000222), { kind: 'outage' }, code)
})

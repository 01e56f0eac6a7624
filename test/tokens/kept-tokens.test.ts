import t from 'tap'
import { afterRefresh, afterSignIn, findAccessToken, missingScopes } from '../../src/tokens/kept-tokens.ts'
import type { KeptAccessToken, KeptTokens } from '../../src/tokens/types.ts'

const now = 1_700_000_000_000
const hour = 3_600_000
const token = (value: string, scopes: string[], obtainedAt = now, expiresAt = obtainedAt + hour): KeptAccessToken => ({ value, scopes, obtainedAt, expiresAt })
const kept = (...accessTokens: KeptAccessToken[]): KeptTokens => ({ refreshToken: 'r', accessTokens, loginHint: 'hint' })

t.test('a token is good for scopes that it has all of, while it has enough left', async (t) => {
  const tokens = kept(token('mail', ['mail.read']), token('both', ['mail.read', 'user.read'], now, now + hour + 1), token('other', ['mail.read']))
  t.equal(findAccessToken(tokens, ['user.read'], now, 0)?.value, 'both')
  t.equal(findAccessToken(tokens, ['mail.read'], now, 0)?.value, 'both', 'the one that ends last')
  t.equal(findAccessToken(tokens, ['mail.readwrite'], now, 0), null, 'more is not less, and less is not more')
  t.equal(findAccessToken(tokens, ['mail.read', 'calendars.read'], now, 0), null)
  t.equal(findAccessToken(tokens, ['user.read'], now + hour, 0)?.value, 'both')
  t.equal(findAccessToken(tokens, ['user.read'], now + hour + 1, 0), null)
  t.equal(findAccessToken(tokens, ['user.read'], now, hour + 1), null)
  t.equal(findAccessToken(tokens, ['user.read'], now - 1, 0), null, 'one of tomorrow is of before the clock was set back (D22)')
})

t.test('a sign-in keeps what Microsoft did not give anew', async (t) => {
  const before = kept(token('orders', ['api://orders/read']), token('old', ['mail.read'], now - 2 * hour))
  const after = afterSignIn(before, { tokens: { idToken: 'i', accessToken: 'new', expiresIn: 60 }, asked: ['openid', 'Mail.Read'], loginHint: null, obtainedAt: now })
  t.same(after, { refreshToken: 'r', loginHint: 'hint', accessTokens: [token('new', ['openid', 'mail.read'], now, now + 60_000), token('orders', ['api://orders/read'])] })
  const first = afterSignIn(null, { tokens: { idToken: 'i', accessToken: 'new', scope: '' }, asked: [], loginHint: 'h', obtainedAt: now })
  t.same(first, { refreshToken: null, loginHint: 'h', accessTokens: [] }, 'a token whose life nobody knows is not kept')
})

t.test('a refresh takes the place of what it covers, and of nothing else', async (t) => {
  const before = kept(token('mail', ['mail.read']), token('both', ['mail.read', 'user.read']), token('orders', ['api://orders/read']))
  const after = afterRefresh(before, { accessToken: 'new', expiresIn: 3_600, scope: 'https://graph.microsoft.com/Mail.Read openid', refreshToken: 'r2' }, ['mail.read'], now)
  t.same(after.accessTokens.map(({ value }) => value), ['new', 'both', 'orders'])
  t.equal(after.refreshToken, 'r2')
  t.equal(afterRefresh(before, { accessToken: 'new' }, ['mail.read'], now).refreshToken, 'r', 'a refresh token that was not rotated is kept')
})

t.test('as many tokens are kept as there are APIs for an application, not as many as somebody can think of', async (t) => {
  let tokens = kept()
  for (let api = 1; api <= 20; api++) tokens = afterRefresh(tokens, { accessToken: `t${api}`, expiresIn: 3_600 }, [`api://${api}/read`], now)
  t.same(tokens.accessTokens.map(({ value }) => value), ['t20', 't19', 't18', 't17', 't16', 't15', 't14', 't13'])
})

t.test('what was asked for and not granted is missing; what Microsoft does not say it has granted', async (t) => {
  const missing = (scope: string | undefined, wanted: string[]): string[] => missingScopes({ accessToken: 'x', scope }, wanted)
  t.same(missing('Mail.Read openid', ['mail.read', 'user.read']), ['user.read'])
  t.same(missing('https://graph.microsoft.com/Mail.Read', ['mail.read', 'openid', 'offline_access']), [], 'the sign-in\'s own are no one\'s to miss')
  t.same(missing(undefined, ['mail.read']), [])
  t.same(missing('Mail.Read', ['.default']), [])
  t.same(missing('x', ['api://orders/.default', 'api://orders/read']), ['api://orders/read'])
})

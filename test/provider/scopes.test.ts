import t from 'tap'
import { scopesOf, scopesOfOneApi } from '../../src/provider/scopes.ts'

t.test('an attempt asks for what all do, for a refresh token where one is wanted, and for what it was started for', async (t) => {
  const config = { scopes: ['openid', 'profile'] }
  t.same(scopesOf({ config, wantsRefreshTokens: false }, {}), ['openid', 'profile'])
  t.same(scopesOf({ config, wantsRefreshTokens: true }, { scopes: ['Mail.Read', 'openid'] }), ['openid', 'profile', 'offline_access', 'Mail.Read'])
})

t.test('a code of several APIs is redeemed for the one that was asked for last', async (t) => {
  t.equal(scopesOfOneApi(['openid', 'profile']), undefined)
  t.equal(scopesOfOneApi(['openid', 'User.Read', 'https://graph.microsoft.com/Mail.Read']), undefined)
  t.same(scopesOfOneApi(['openid', 'User.Read', 'offline_access', 'api://orders/read', 'api://orders/write']), ['openid', 'offline_access', 'api://orders/read', 'api://orders/write'])
})

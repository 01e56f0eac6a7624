import t from 'tap'
import { readProviderScopes, scopesOf, scopesOfOneApi } from '../../src/provider/scopes.ts'

t.test('a link asks for scopes with spaces or commas between, each once', async (t) => {
  const read = (value: unknown): string[] => readProviderScopes(value, ['Mail.Read', 'User.Read'])
  t.same(read(undefined), [])
  t.same(read(''), [])
  t.same(read('Mail.Read User.Read'), ['Mail.Read', 'User.Read'])
  t.same(read(' Mail.Read,,User.Read, mail.read'), ['Mail.Read', 'User.Read'])
  t.throws(() => read(['Mail.Read', 'User.Read']), { code: 'invalid_request', detail: { reason: 'malformed_provider_scopes' } })
  t.throws(() => read('Mail.Read '.repeat(52)), { code: 'invalid_request' })
  t.throws(() => read('Mail.Read Mail.Send'), { code: 'invalid_request', detail: { reason: 'scope_not_allowed' } }, 'O13')
})

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

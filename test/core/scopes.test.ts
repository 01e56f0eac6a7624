import t from 'tap'
import { apiOf, apiScopes, isScope, mergeScopes, normalScope, requireAllowed } from '../../src/core/scopes.ts'

t.test('a scope of Graph is the same with and without its address, at each cloud, in any letter case', async (t) => {
  for (const scope of ['Mail.Read', 'mail.read', 'https://graph.microsoft.com/Mail.Read', 'HTTPS://graph.microsoft.us/mail.read', 'https://dod-graph.microsoft.us/Mail.Read', 'https://microsoftgraph.chinacloudapi.cn/Mail.Read']) t.equal(normalScope(scope), 'mail.read')
  for (const scope of ['https://graph.microsoft.com.evil.example/Mail.Read', 'https://evil.example/https://graph.microsoft.com/Mail.Read', 'http://graph.microsoft.com/Mail.Read']) t.equal(normalScope(scope), scope.toLowerCase())
})

t.test('an API is what stands before the last slash of its scopes', async (t) => {
  t.equal(apiOf('Mail.Read'), '')
  t.equal(apiOf('https://graph.microsoft.com/.default'), '')
  t.equal(apiOf('api://orders/Read.All'), 'api://orders')
  t.equal(apiOf('https://outlook.office.com/Mail.Read'), 'https://outlook.office.com')
  t.equal(apiOf('00000003-0000-0000-c000-000000000000/.default'), '00000003-0000-0000-c000-000000000000')
  t.same(apiScopes(['openid', 'Profile', 'EMAIL', 'offline_access', 'User.Read']), ['User.Read'])
})

t.test('what is a scope has no space, quote, backslash, control or foreign character, and an end', async (t) => {
  for (const scope of ['openid', 'api://orders/read', 'x'.repeat(256)]) t.ok(isScope(scope))
  for (const scope of ['', 'a b', 'a"b', 'a\\b', 'a\nb', 'é', 'x'.repeat(257), 5, null, undefined]) t.notOk(isScope(scope))
})

t.test('lists are merged in their order, each scope once', async (t) => {
  t.same(mergeScopes(['openid', 'User.Read'], [], ['https://graph.microsoft.com/user.read', 'Mail.Read', 'mail.read']), ['openid', 'User.Read', 'Mail.Read'])
})

t.test('what the operator has not named is not allowed; the sign-in\'s own always is', async (t) => {
  t.doesNotThrow(() => requireAllowed(['openid', 'offline_access', 'mail.read'], ['https://graph.microsoft.com/Mail.Read']))
  t.doesNotThrow(() => requireAllowed([], []))
  for (const scope of ['Mail.ReadWrite', '.default', 'Mail.Read ', 'api://orders/Mail.Read']) t.throws(() => requireAllowed(['openid', scope], ['Mail.Read']), { code: 'invalid_request', detail: { reason: 'scope_not_allowed' } }, scope)
})

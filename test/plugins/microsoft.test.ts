import t from 'tap'
import { httpsApp } from './app.ts'

t.test('the address of a sign-in is a link of this application, with what it may ask for', async (t) => {
  const { app } = await httpsApp(t, { allowedScopes: ['Mail.Read'] })
  t.equal(app.microsoft.graph, 'https://graph.microsoft.com')
  t.equal(new URL(app.microsoft.authorizationUrl({ provider_scopes: ['Mail.Read', 'openid'] })).searchParams.get('provider_scopes'), 'Mail.Read openid')
  t.equal(app.microsoft.authorizationUrl(), 'https://app.example/auth/microsoft/login')
  const url = new URL(app.microsoft.authorizationUrl({ provider: 'MicrosoftOAuth', return_to: '/invoices?year=2021', login_hint: 'ada@contoso.example', domain_hint: 'contoso.example', prompt: 'login' }))
  t.equal(url.origin + url.pathname, 'https://app.example/auth/microsoft/login')
  t.same(Object.fromEntries(url.searchParams), { return_to: '/invoices?year=2021', login_hint: 'ada@contoso.example', domain_hint: 'contoso.example', prompt: 'login' })
})

t.test('the address of a sign-in is refused where it would be refused when it is opened', async (t) => {
  const { app } = await httpsApp(t)
  t.throws(() => app.microsoft.authorizationUrl({ provider: 'GoogleOAuth' as 'MicrosoftOAuth' }), { code: 'invalid_request' })
  t.throws(() => app.microsoft.authorizationUrl({ provider_scopes: ['Mail.Send'] }), { code: 'invalid_request' })
  t.throws(() => app.microsoft.authorizationUrl({ return_to: 'https://evil.example/' }), { code: 'redirect_not_allowed' })
})

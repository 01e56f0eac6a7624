import t from 'tap'
import { addTo, wishOf } from '../../src/identity/consent.ts'
import { recentAcr } from '../../src/identity/recent-acr.ts'
import { isClaimable, placeOf } from '../../src/identity/redirect-host.ts'
import { claimsOfScope, wantedScopes } from '../../src/identity/scopes.ts'
import { sidOf, uidOf } from '../../src/identity/sid.ts'
import { promptFor, stateOfSignIn, unmetBy } from '../../src/identity/sign-in-question.ts'
import { formTargetOf } from '../../src/pages/form-target.ts'
import { draw } from '../pages/draw.ts'

t.test('each claim is shown as its scope', async (t) => {
  t.same(wantedScopes(['email', 'openid'], ['given_name', 'unknown']), ['openid', 'profile', 'email'])
  t.same(Object.keys(claimsOfScope), ['openid', 'profile', 'email', 'email_trust'])
})

t.test('a wish is what is known of the parameters, each once', async (t) => {
  t.same(wishOf({ scope: 'email openid email nonsense', claims: '{"userinfo":{"email":null,"x":null},"id_token":{"email":null,"name":{}}}' }), { scopes: ['openid', 'email'], claims: ['email', 'name'] })
  t.same(wishOf({ claims: '{"userinfo":null}' }), { scopes: [], claims: [] })
  const first = addTo(null, 'app', { scopes: ['openid'], claims: [] }, 1)
  t.same(first, { clientId: 'app', scopes: ['openid'], claims: [], grantedAt: 1 })
  t.same(addTo(first, 'app', { scopes: ['email', 'openid'], claims: ['name'] }, 2), { clientId: 'app', scopes: ['email', 'openid'], claims: ['name'], grantedAt: 2 })
})

t.test('where anybody may wait is where no certificate says who it is', async (t) => {
  for (const url of ['http://127.0.0.1/cb', 'http://[::1]/cb', 'com.example.app:/cb', 'https://localhost/cb']) t.equal(isClaimable(url), true, url)
  t.equal(isClaimable('https://app.example/cb'), false)
  t.same(placeOf('https://app.example:8443/cb'), { host: 'app.example:8443' })
  t.same(placeOf('com.example.app:/cb'), { scheme: 'com.example.app:' })
  t.same(placeOf('com.example.app://host/cb'), { scheme: 'com.example.app:' })
})

t.test('a form may lead to an origin, or to a scheme where that cannot be said', async (t) => {
  t.equal(formTargetOf('https://app.example/cb?x=1'), 'https://app.example')
  t.equal(formTargetOf('http://127.0.0.1:81/'), 'http://127.0.0.1:81')
  t.equal(formTargetOf('http://[::1]:81/'), 'http:')
  t.equal(formTargetOf('com.example.app:/cb'), 'com.example.app:')
})

t.test('a session has a name for each app, which follows from both', async (t) => {
  t.equal(sidOf('u', 'a'), sidOf('u', 'a'))
  t.equal(new Set([sidOf('u', 'a'), sidOf('u', 'b'), sidOf('v', 'a'), uidOf('u', 'a'), uidOf('p', 'a')]).size, 4, 'one function, other arguments')
})

t.test('a sign-in answers the question that came before it', async (t) => {
  const asked = { at: 1_000_000, appSession: 'old' }
  const back = { userId: 'u', appSession: 'new', authenticatedAt: 1_000_001 }
  t.equal(stateOfSignIn(['no_session'], null, { ...back, appSession: 'old' }), 'done')
  t.equal(stateOfSignIn(['login_prompt'], null, back), 'awaited', 'nobody was asked yet')
  t.equal(stateOfSignIn(['login_prompt'], asked, back), 'done')
  t.equal(stateOfSignIn(['no_session', 'login_prompt'], asked, { ...back, appSession: 'old' }), 'awaited', 'the session of before')
  t.equal(stateOfSignIn(['max_age'], asked, { ...back, authenticatedAt: 900_000 }), 'too_old', 'a sign-in of before, in a session of after')
  t.equal(stateOfSignIn(['max_age'], asked, { ...back, authenticatedAt: 950_000 }), 'done', 'but clocks differ')
  t.equal(stateOfSignIn(['id_token_hint'], asked, { ...back, authenticatedAt: 1 }), 'done', 'who it is has no age')
  t.equal(stateOfSignIn(['id_token_hint', 'max_age'], asked, { ...back, authenticatedAt: 1 }), 'too_old')
  t.same([promptFor('login', ['no_session']), promptFor('login', ['login_prompt']), promptFor('select_account', ['select_account_prompt']), promptFor('login', ['no_session', 'id_token_hint'])], [null, 'login', 'select_account', 'select_account'])
})

t.test('what cannot be had is an error', async (t) => {
  const hint = `e30.${Buffer.from('{"sub":"u"}').toString('base64url')}.x`
  t.equal(unmetBy({}, 'u'), null)
  t.equal(unmetBy({ id_token_hint: hint, sub: { value: 'u' }, acr: { value: recentAcr } }, 'u'), null)
  t.equal(unmetBy({ acr: { values: ['x', recentAcr] } }, 'u'), null)
  t.equal(unmetBy({ id_token_hint: hint }, 'v'), 'login_required')
  t.equal(unmetBy({ sub: { value: 'u' } }, 'v'), 'login_required')
  t.equal(unmetBy({ acr: { values: ['x'] } }, 'u'), 'unmet_authentication_requirements')
  t.equal(unmetBy({ acr: {} }, 'u'), 'unmet_authentication_requirements')
})

t.test('pages show nothing that was not meant to be shown', async (t) => {
  t.match(draw('appError', { error: '<script>', reference: null }), '<code>invalid_request</code>')
  t.match(draw('appError', { error: 'server_error', reference: null }), 'on our side')
  const page = draw('appSignOut', { appName: '<i>', person: '"', action: '/x', secret: 's' })
  t.match(page, '&lt;i&gt;')
  t.notMatch(page, '<i>')
})

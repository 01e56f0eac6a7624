import t from 'tap'
import { createDirectory } from '../../src/simulator/directory.ts'
import { authorize } from '../../src/simulator/authorize.ts'
import { suggestAccount } from '../../src/simulator/picker.ts'
import { createGrants } from '../../src/simulator/grants.ts'
import { createKeyRing } from '../../src/simulator/keys.ts'
import { createStandings } from '../../src/simulator/standings.ts'
import { createSsoSessions } from '../../src/simulator/sso.ts'
import { authorityOf } from '../../src/core/authority.ts'
import { builtInAccounts } from '../../src/simulator/accounts.ts'
import type { Application } from '../../src/simulator/types.ts'
import { carried, encode, type Fields, form, otherApp, redirectUri, simulate, testEnvironment, webApp } from './simulated.ts'

const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'

t.test('a request that holds shows the accounts, and nothing is sent yet', async (t) => {
  const answer = await simulate().authorize()
  t.equal(answer.status, 200)
  t.notOk(answer.headers.location)
  t.match(answer.body, /<h1>Pick an account<\/h1>/)
  for (const { key } of builtInAccounts) t.match(answer.body, `value="${key}"`)
})

t.test('what makes the requester doubtful is shown on a page and never redirected', async (t) => {
  const simulated = simulate()
  const doubtful: Array<[string, Fields, number]> = [
    ['unknown client', { client_id: '00000000-0000-4000-8000-000000000000' }, 700016],
    ['no client', { client_id: undefined }, 900144],
    ['no redirect URI', { redirect_uri: undefined }, 900971],
    ['another redirect URI', { redirect_uri: 'https://evil.example/callback' }, 50011],
    ['a longer redirect URI', { redirect_uri: `${redirectUri}/` }, 50011],
    ['a redirect URI with a query', { redirect_uri: `${redirectUri}?a=b` }, 50011],
    ['a redirect URI in another case', { redirect_uri: redirectUri.toUpperCase() }, 50011]
  ]
  for (const [title, parameters, number] of doubtful) {
    const answer = await simulated.authorize(parameters)
    t.equal(answer.status, 400, title)
    t.match(answer.body, `<strong>AADSTS${number}</strong>`, title)
    t.notOk(answer.headers.location, title)
  }
  t.equal((await simulated.authorize({ client_id: webApp.clientId.toUpperCase() })).status, 200, 'letter case of a GUID does not count')
})

t.test('the page for a wrong redirect URI names what was sent and what is registered', async (t) => {
  const { body } = await simulate().authorize({ redirect_uri: 'https://evil.example/' })
  t.match(body, 'https://evil.example/')
  t.match(body, `Registered: ${redirectUri}, https://app.example/other.`)
  const unregistered = simulate({ applications: [{ ...webApp, redirectUris: new Set() }] })
  t.match((await unregistered.authorize()).body, 'None is registered.')
})

t.test('an unknown tenant is refused, a known one is found by any of its names', async (t) => {
  const simulated = simulate()
  for (const tenant of ['nowhere.example', '00000000-0000-4000-8000-000000000000', 'Common ', '']) {
    t.match((await simulated.authorize({}, { tenant })).body, 'AADSTS90002', tenant)
  }
  for (const tenant of ['common', 'organizations', 'consumers', contoso, contoso.toUpperCase(), 'contoso.example', 'Contoso.Example']) {
    t.equal((await simulated.authorize({}, { tenant })).status, 200, tenant)
  }
})

t.test('a parameter that is sent twice is refused, in query and body alike', async (t) => {
  const simulated = simulate()
  const query = encode({ client_id: webApp.clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid' })
  t.match((await simulated.send('authorize', { query: `${query}&state=a&state=b` })).body, 'AADSTS9000411')
  t.match((await simulated.send('authorize', { query, ...form({ client_id: webApp.clientId }) })).body, 'AADSTS9000411')
  t.equal((await simulated.send('authorize', { query: `${query}&state=a` })).status, 200)
})

t.test('an empty parameter counts as not sent', async (t) => {
  t.equal(carried(await simulate().authorize({ scope: '' })).error, 'invalid_request')
})

t.test('what is wrong with the rest goes back to the application', async (t) => {
  const simulated = simulate()
  const wrong: Array<[Fields, string, number]> = [
    [{ response_type: undefined }, 'invalid_request', 900144],
    [{ response_type: 'id_token' }, 'unsupported_response_type', 700054],
    [{ response_type: 'code id_token' }, 'unsupported_response_type', 700054],
    [{ response_type: 'token' }, 'unsupported_response_type', 700051],
    [{ response_type: 'cod' }, 'unsupported_response_type', 70005],
    [{ response_mode: 'web_message' }, 'invalid_request', 70007],
    [{ scope: undefined }, 'invalid_request', 900144],
    [{ scope: 'openid mail' }, 'invalid_scope', 70011],
    [{ prompt: 'none' }, 'login_required', 50058],
    [{ prompt: 'none', login_hint: 'ada@contoso.example' }, 'login_required', 50058],
    [{ prompt: 'login consent' }, 'invalid_request', 90023],
    [{ prompt: 'admin_consent' }, 'invalid_request', 90023],
    [{ code_challenge: undefined }, 'invalid_request', 50147],
    [{ code_challenge_method: 's256' }, 'invalid_request', 50149],
    [{ code_challenge: 'short' }, 'invalid_request', 501491],
    [{ code_challenge: 'x'.repeat(129) }, 'invalid_request', 501491]
  ]
  for (const [parameters, error, number] of wrong) {
    const answer = await simulated.authorize(parameters)
    const title = JSON.stringify(parameters)
    t.equal(answer.status, 302, title)
    t.ok(answer.headers.location?.startsWith(`${redirectUri}?`), title)
    t.match(carried(answer), { error, state: 'the-state', error_description: new RegExp(`^AADSTS${number}: `) }, title)
    t.notOk(carried(answer).code, title)
  }
})

t.test('each prompt value of Microsoft but "none" shows the accounts', async (t) => {
  const simulated = simulate()
  for (const prompt of ['login', 'select_account', 'consent', 'create', undefined]) {
    t.equal((await simulated.authorize({ prompt })).status, 200, String(prompt))
  }
})

t.test('scopes of an API are taken as they come', async (t) => {
  t.equal((await simulate().authorize({ scope: 'openid User.Read https://graph.microsoft.com/.default api://one/two' })).status, 200)
})

t.test('who picks an account is sent back with a code, state and session_state', async (t) => {
  const answer = await simulate().authorize({}, form({ simulator_account: 'ada' }))
  t.equal(answer.status, 303)
  t.equal(answer.headers['cache-control'], 'no-store')
  const parameters = carried(answer)
  t.strictSame(Object.keys(parameters).sort(), ['code', 'session_state', 'state'])
  t.equal(parameters.state, 'the-state')
  t.match(parameters.session_state, /^[0-9a-f-]{36}$/)
})

t.test('without a state none comes back', async (t) => {
  t.notOk('state' in carried(await simulate().authorize({ state: undefined }, form({ simulator_account: 'ada' }))))
})

t.test('a state comes back octet by octet', async (t) => {
  const state = 'a b+c&d=e%20"<é'
  t.equal(carried(await simulate().authorize({ state }, form({ simulator_account: 'ada' }))).state, state)
})

t.test('the application may post its request, which picks nobody', async (t) => {
  const request = { client_id: webApp.clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid', state: 'posted' }
  const simulated = simulate()
  const answer = await simulated.send('authorize', { ...form(request), fetchSite: 'cross-site' })
  t.equal(answer.status, 200)
  t.match(answer.body, 'name="state" value="posted"')
  t.match((await simulated.send('authorize', { ...form(request), contentType: 'application/json' })).body, 'AADSTS900144')
})

t.test('a link picks nobody', async (t) => {
  const answer = await simulate().authorize({ simulator_account: 'ada' })
  t.equal(answer.status, 200)
  t.notOk(answer.headers.location)
  t.notMatch(answer.body, 'type="hidden" name="simulator_account"', 'and the page does not carry it on')
})

t.test('a page of another site picks nobody and cancels nothing (login CSRF)', async (t) => {
  const simulated = simulate()
  for (const fetchSite of ['cross-site', 'same-site', 'none']) {
    for (const choice of [{ simulator_account: 'ada' }, { simulator_cancel: '1' }]) {
      const answer = await simulated.authorize({}, { ...form(choice), fetchSite })
      t.equal(answer.status, 403, fetchSite)
      t.notOk(answer.headers.location, fetchSite)
    }
  }
  t.equal((await simulated.authorize({}, { ...form({ simulator_account: 'ada' }), fetchSite: 'same-origin' })).status, 303)
})

t.test('Cancel, and an account that refuses consent, give access_denied as Microsoft does', async (t) => {
  const simulated = simulate()
  for (const choice of [{ simulator_cancel: '1' }, { simulator_account: 'carl' }]) {
    t.match(carried(await simulated.authorize({}, form(choice))), {
      error: 'access_denied',
      error_subcode: 'cancel',
      error_description: /^AADSTS65004: /,
      error_uri: 'https://login.microsoftonline.com/error?code=65004',
      state: 'the-state'
    })
  }
})

t.test('an unknown account is shown as an error', async (t) => {
  const answer = await simulate().authorize({}, form({ simulator_account: 'nobody' }))
  t.equal(answer.status, 400)
  t.match(answer.body, 'AADSTS50034')
})

t.test('an account of the wrong class for the tenant does not get in', async (t) => {
  const simulated = simulate()
  const cases: Array<[tenant: string, account: string, admitted: boolean]> = [
    ['common', 'ada', true], ['common', 'pat', true], ['common', 'grace', true],
    ['organizations', 'ada', true], ['organizations', 'pat', false],
    ['consumers', 'ada', false], ['consumers', 'pat', true],
    ['contoso.example', 'ada', true], ['contoso.example', 'grace', true], ['contoso.example', 'pat', false], ['contoso.example', 'mallory', false]
  ]
  for (const [tenant, account, admitted] of cases) {
    const answer = await simulated.authorize({}, { ...form({ simulator_account: account }), tenant })
    t.equal(answer.status, admitted ? 303 : 400, `${account} at ${tenant}`)
    if (!admitted) t.match(answer.body, 'AADSTS50020')
  }
  t.match((await simulated.authorize({}, { tenant: 'consumers' })).body, '<h2>Not for this tenant</h2>', 'the page tells beforehand')
})

t.test('the sign-in audience of an application decides tenant and accounts', async (t) => {
  const cases: Array<[Partial<Application>, tenant: string, account: string, number | null]> = [
    [{ signInAudience: 'AzureADMyOrg', tenantId: contoso }, 'common', 'ada', 50194],
    [{ signInAudience: 'AzureADMyOrg', tenantId: contoso }, 'organizations', 'ada', 50194],
    [{ signInAudience: 'AzureADMyOrg', tenantId: contoso }, 'consumers', 'ada', 9002332],
    [{ signInAudience: 'AzureADMyOrg', tenantId: contoso }, 'mallory.example', 'mallory', 700016],
    [{ signInAudience: 'AzureADMyOrg', tenantId: contoso }, contoso, 'ada', null],
    [{ signInAudience: 'AzureADMultipleOrgs' }, 'consumers', 'pat', 9002332],
    [{ signInAudience: 'AzureADMultipleOrgs' }, 'common', 'pat', 50020],
    [{ signInAudience: 'AzureADMultipleOrgs' }, 'common', 'ada', null],
    [{ signInAudience: 'PersonalMicrosoftAccount' }, 'common', 'pat', 9002331],
    [{ signInAudience: 'PersonalMicrosoftAccount' }, contoso, 'ada', 9002331],
    [{ signInAudience: 'PersonalMicrosoftAccount' }, 'consumers', 'pat', null]
  ]
  for (const [registration, tenant, account, number] of cases) {
    const simulated = simulate({ applications: [{ ...webApp, ...registration }] })
    const answer = await simulated.authorize({}, { ...form({ simulator_account: account }), tenant })
    const title = `${registration.signInAudience}: ${account} at ${tenant}`
    if (number === null) t.equal(answer.status, 303, title)
    else t.match(answer.body, `AADSTS${number}`, title)
  }
})

t.test('with response_mode=fragment the answer stands behind the hash', async (t) => {
  const { location } = (await simulate().authorize({ response_mode: 'fragment' }, form({ simulator_account: 'ada' }))).headers
  const url = new URL(location!)
  t.equal(url.search, '')
  t.ok(new URLSearchParams(url.hash.slice(1)).get('code'))
})

t.test('with response_mode=form_post a page posts the answer to the application', async (t) => {
  const answer = await simulate().authorize({ response_mode: 'form_post' }, form({ simulator_account: 'ada' }))
  t.equal(answer.status, 200)
  t.match(answer.body, `<form method="post" action="${redirectUri}">`)
  t.match(answer.body, /name="code" value="[^"]+"/)
  t.match(answer.body, 'name="state" value="the-state"')
  t.match(answer.headers['content-security-policy'], /form-action 'self' https:\/\/app\.example http: https:;/)
  t.match(answer.headers['content-security-policy'], /script-src 'sha256-/)
})

t.test('a redirect URI keeps the query that it is registered with', async (t) => {
  const own = 'https://app.example/callback?from=microsoft'
  const simulated = simulate({ applications: [{ ...webApp, redirectUris: new Set([own]) }] })
  const answer = await simulated.authorize({ redirect_uri: own }, form({ simulator_account: 'ada' }))
  t.match(carried(answer), { from: 'microsoft', state: 'the-state', code: String })
})

t.test('a hint puts an account first, and signs nobody in', async (t) => {
  const simulated = simulate()
  const answer = await simulated.authorize({ login_hint: 'PAT@outlook.example' })
  t.match(answer.body, /<ul>\n<li><button type="submit" name="simulator_account" value="pat" autofocus>/)
  t.notMatch((await simulated.authorize({ login_hint: 'nobody@contoso.example' })).body, 'autofocus')
})

t.test('a login hint comes before a domain hint, and unknown ones mean nobody', async (t) => {
  const suggested = (loginHint?: string, domainHint?: string): string | undefined =>
    suggestAccount(builtInAccounts, { loginHint, domainHint })?.key
  t.equal(suggested('udo@contoso.example', 'consumers'), 'udo')
  t.equal(suggested('grace@fabrikam.example'), 'grace')
  t.equal(suggested(undefined, 'consumers'), 'pat')
  t.equal(suggested(undefined, 'organizations'), 'ada')
  t.equal(suggested(undefined, 'Mallory.example'), 'mallory')
  t.equal(suggested('nobody', 'nowhere.example'), undefined)
  t.equal(suggested(), undefined)
})

t.test('everything on a page is escaped', async (t) => {
  const attack = '"><script>alert(1)</script>\''
  const simulated = simulate({ accounts: [{ ...builtInAccounts[0]!, name: attack, shows: attack, username: attack }] })
  for (const answer of [
    await simulated.authorize({ state: attack, nonce: attack, [attack]: attack }),
    await simulated.authorize({ redirect_uri: attack }),
    await simulated.authorize({ client_id: attack }),
    await simulated.authorize({}, { tenant: attack }),
    await simulated.authorize({}, form({ simulator_account: attack })),
    await simulated.authorize({ state: attack, response_mode: 'form_post' }, form({ simulator_account: 'ada' }))
  ]) {
    t.notMatch(answer.body, '<script>alert')
    t.match(answer.body, '&lt;script&gt;alert(1)')
  }
})

t.test('pages keep frames, strange scripts and caches away, and name where a form may end', async (t) => {
  const { headers } = await simulate().authorize()
  const policy = headers['content-security-policy']!
  t.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/]+='; img-src data:; form-action 'self' https:\/\/app\.example http: https:; frame-ancestors 'none'; base-uri 'none'$/)
  t.equal(headers['cache-control'], 'no-store')
  t.equal(headers['referrer-policy'], 'same-origin')
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.equal(headers['x-content-type-options'], 'nosniff')
})

t.test('a page says that this is not Microsoft, in a document that everybody can read', async (t) => {
  const { body } = await simulate().authorize()
  t.match(body, '<html lang="en">')
  t.match(body, '<title>Pick an account - simulator</title>')
  t.match(body, 'This is a simulator, not Microsoft.')
  t.equal(body.match(/<h1>/g)?.length, 1)
  t.match(body, '<button type="submit" name="simulator_cancel" value="1">Cancel</button>')
  t.notMatch(body, '<script')
})

t.test('two applications do not see each other', async (t) => {
  const answer = await simulate().authorize({ client_id: otherApp.clientId, redirect_uri: 'https://third.example/' })
  t.match(answer.body, 'AADSTS50011')
})

t.test('a fault of the simulator itself is not taken for one of the request', async (t) => {
  const environment = testEnvironment()
  const simulation = {
    authority: authorityOf('https://login.microsoftonline.com'),
    environment,
    directory: createDirectory([], []),
    applications: [webApp],
    grants: createGrants(environment),
    keys: createKeyRing(),
    standings: createStandings(),
    photos: new Map(),
    countRefresh: () => {},
    sso: createSsoSessions('https://login.microsoftonline.com', environment),
    onTokenResponse: null
  }
  const request = {
    method: 'GET',
    tenant: 'common',
    query: encode({ client_id: webApp.clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid' }),
    body: '',
    contentType: undefined,
    authorization: undefined,
    origin: undefined,
    fetchSite: undefined
  }
  const broken = (): never => { throw new RangeError('broken') }
  const directory = { ...simulation.directory, findTenant: broken }
  t.throws(() => authorize({ ...simulation, directory }, request), RangeError)
  t.throws(() => authorize({ ...simulation, directory: { ...simulation.directory, accounts: broken } }, request), RangeError)
  t.equal(authorize(simulation, request).status, 200)
})

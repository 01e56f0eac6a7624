import t from 'tap'
import { form, numbers, simulate, type Fields } from './simulated.ts'

const scope = 'openid profile offline_access User.Read'

/** A person who has agreed to scopes, and what the application has got. */
async function signedIn (asked = scope, account = 'ada') {
  const simulated = simulate()
  const code = await simulated.code(account, { scope: asked })
  const first = JSON.parse((await simulated.redeem({ code })).body)
  const refresh = async (parameters: Fields = {}) => await simulated.redeem({ grant_type: 'refresh_token', refresh_token: first.refresh_token, redirect_uri: undefined, code_verifier: undefined, ...parameters })
  const graph = (token: string, resource: 'me' | 'photo' = 'me') => simulated.engine.answerGraph({ resource, authorization: `Bearer ${token}` })
  return { ...simulated, first, refresh, graph }
}

t.test('a refresh gives a token for what is asked for, where the person has agreed to it', async (t) => {
  const { refresh, engine, code } = await signedIn()
  t.match(JSON.parse((await refresh({ scope: 'https://graph.microsoft.com/user.read' })).body), { scope: 'https://graph.microsoft.com/user.read' })
  const refused = await refresh({ scope: 'User.Read Mail.Read' })
  t.strictSame(numbers(refused), [65001])
  t.match(JSON.parse(refused.body), { error: 'invalid_grant', suberror: 'consent_required' })
  t.notOk('suberror' in JSON.parse((await refresh({ refresh_token: 'unknown' })).body))
  await code('ada', { scope: 'Mail.Read' })
  t.match(JSON.parse((await refresh({ scope: 'User.Read Mail.Read' })).body), { scope: 'User.Read Mail.Read' }, 'what was agreed to is remembered, whichever sign-in it was')
  t.equal(engine.requests.refresh, 4)
  t.equal(engine.requests.token, 5)
})

t.test('nobody agrees for somebody else, nor to another application', async (t) => {
  const { refresh, code } = await signedIn()
  await code('vera', { scope: 'Mail.Read' })
  await code('ada', { scope: 'Mail.Read', client_id: 'cf4564cf-724f-42c2-8e5f-669d39743300' })
  t.strictSame(numbers(await refresh({ scope: 'Mail.Read' })), [65001])
})

t.test('a new refresh token and an ID token come where they are asked for again', async (t) => {
  const { refresh } = await signedIn()
  const keys = async (scopes: string): Promise<string[]> => Object.keys(JSON.parse((await refresh({ scope: scopes })).body)).filter((name) => /^(?:id|refresh)_token$/.test(name)).sort()
  t.strictSame(await keys('User.Read'), [])
  t.strictSame(await keys('User.Read offline_access'), ['refresh_token'])
  t.strictSame(await keys('User.Read openid'), ['id_token'])
})

t.test('a token is for one API, and a code of several is redeemed for one', async (t) => {
  const { code, redeem, refresh } = await signedIn(`${scope} api://orders/read`.replace('openid', 'openid email'))
  const both = { scope: `${scope} api://orders/read` }
  t.strictSame(numbers(await redeem({ code: await code('ada', both) })), [28003])
  t.strictSame(numbers(await redeem({ code: await code('ada', both), ...both })), [28000])
  const issued = await code('ada', both)
  const { refresh_token: refreshToken, scope: granted } = JSON.parse((await redeem({ code: issued, scope: 'openid offline_access api://orders/read' })).body)
  t.equal(granted, 'openid api://orders/read')
  t.equal(JSON.parse((await refresh({ refresh_token: refreshToken, scope: 'User.Read' })).body).scope, 'User.Read')
})

t.test('.default is all that the person has agreed to of an API', async (t) => {
  const { code, redeem, refresh } = await signedIn('openid offline_access User.Read Mail.Read')
  t.equal(JSON.parse((await refresh({ scope: 'https://graph.microsoft.com/.default' })).body).scope, 'user.read mail.read')
  t.strictSame(numbers(await refresh({ scope: 'api://orders/.default' })), [65001])
  t.strictSame(numbers(await redeem({ code: await code('ada', { scope: 'openid' }), scope: 'nonsense' })), [70011])
})

t.test('an administrator ends the refresh tokens of before, and a new sign-in has new ones', async (t) => {
  const { engine, refresh, code, redeem } = await signedIn()
  engine.standings.revoke('vera')
  t.equal((await refresh()).status, 200)
  engine.standings.revoke('ada')
  t.strictSame(numbers(await refresh()), [50173])
  const again = JSON.parse((await redeem({ code: await code('ada', { scope }) })).body)
  t.equal((await refresh({ refresh_token: again.refresh_token })).status, 200)
  t.strictSame(numbers(await refresh()), [50173])
})

t.test('a disabled account gets nowhere: neither by a choice, nor a code, nor a refresh', async (t) => {
  const { engine, refresh, code, redeem, authorize } = await signedIn()
  const issued = await code('ada', { scope })
  engine.standings.setDisabled('ada', true)
  t.strictSame(numbers(await refresh()), [50057])
  t.strictSame(numbers(await redeem({ code: issued })), [50057])
  const shown = await authorize({}, form({ simulator_account: 'ada' }))
  t.match(shown.body, 'AADSTS50057', 'the person is told, and sent nowhere')
  t.notOk(shown.headers.location)
  t.equal((await authorize({}, form({ simulator_account: 'vera' }))).status, 303)
  engine.standings.setDisabled('ada', false)
  t.equal((await refresh()).status, 200)
})

t.test('a second factor that is wanted stops refreshes until the person signs in', async (t) => {
  const { engine, refresh, code } = await signedIn()
  engine.standings.interrupt('ada', 50076)
  t.match(JSON.parse((await refresh()).body), { error: 'invalid_grant', error_codes: [50076], suberror: 'basic_action' })
  await code('ada')
  t.equal((await refresh()).status, 200)
})

t.test('Graph takes an access token of ours that is alive, for Graph, and with the scope', async (t) => {
  const { first, refresh, graph, engine, environment } = await signedIn(`${scope} Mail.Read`)
  t.match(JSON.parse(String(graph(first.access_token).body)), { displayName: 'Ada Lovelace', givenName: 'Ada', mail: 'ada@contoso.example', userPrincipalName: 'ada@contoso.example', id: '4a35ec4e-5d65-4353-87a8-63d19b3482dc' })
  const wrong = (authorization: string | undefined): unknown => engine.answerGraph({ resource: 'me', authorization }).status
  for (const authorization of [undefined, '', 'Bearer', 'Bearer x', `Basic ${first.access_token}`, first.access_token, `Bearer ${first.refresh_token}`, `Bearer ${first.id_token}`]) t.equal(wrong(authorization), 401, authorization)
  const { access_token: mail } = JSON.parse((await refresh({ scope: 'Mail.Read' })).body)
  t.match(JSON.parse(String(graph(mail).body)), { error: { code: 'Authorization_RequestDenied', innerError: { 'request-id': /-/ } } })
  environment.time += 3_599_000
  t.equal(graph(first.access_token).status, 401)
  t.equal(engine.requests.graph, 11)
})

t.test('Graph has the photos that were set, and none of personal accounts', async (t) => {
  const { first, graph, engine } = await signedIn()
  const png = graph(first.access_token, 'photo')
  t.equal(png.headers['content-type'], 'image/png')
  t.equal(Buffer.from(png.body).readUInt32BE(16), 96, 'ada has one: 96 pixels wide')
  engine.setPhoto('ada', null)
  t.match(JSON.parse(String(graph(first.access_token, 'photo').body)), { error: { code: 'ImageNotFound' } })
  engine.setPhoto('ada', { contentType: 'image/gif', body: Buffer.from('x') })
  t.match(graph(first.access_token, 'photo'), { status: 200, headers: { 'content-type': 'image/gif' } })
  const pat = await signedIn(scope, 'pat')
  pat.engine.setPhoto('pat', { contentType: 'image/gif', body: Buffer.from('x') })
  t.equal(pat.graph(pat.first.access_token, 'photo').status, 404)
  t.match(JSON.parse(String(pat.graph(pat.first.access_token).body)), { givenName: null, displayName: 'Pat Personal' })
})

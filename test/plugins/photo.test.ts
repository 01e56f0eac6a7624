import t from 'tap'
import { signInOf } from '../../plugins/sign-in.ts'
import type { Access } from '../../plugins/tokens/access.ts'
import { createPhotos } from '../../plugins/tokens/photos.ts'
import { realEnvironment } from '../../src/core/environment.ts'
import { takesLong } from '../patient.ts'
import { program, type TestApp } from './app.ts'
import { identityOf, keepingApp, minute } from './keeping.ts'

takesLong()

const path = '/auth/microsoft/photo'

async function show ({ app }: TestApp, cookie: string, headers: Record<string, string> = {}) {
  return await app.inject({ url: path, headers: { ...program, accept: 'image/*', cookie, ...headers } })
}

t.test('whoever is signed in sees their own photo, which no browser shows to the next person', async (t) => {
  const test = await keepingApp(t, { photo: true })
  const png = Buffer.from('a picture of Vera')
  test.simulator.setPhoto('vera', { contentType: 'image/gif', body: png })
  const [ada, vera] = [await test.simulator.signIn(test.app, 'ada'), await test.simulator.signIn(test.app, 'vera')]
  const hers = await show(test, vera.cookie)
  t.equal(hers.statusCode, 200)
  t.same(hers.rawPayload, png)
  t.match(hers.headers, {
    'content-type': 'image/gif',
    'cache-control': 'private, no-cache',
    vary: 'cookie',
    etag: /^"[\w-]+"$/,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin'
  })
  const { etag } = hers.headers as { etag: string }
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const again = await show(test, vera.cookie, { 'if-none-match': known })
    t.equal(again.statusCode, 304, known)
    t.equal(again.headers.etag, etag)
    t.equal(again.body, '')
  }
  t.match(await show(test, ada.cookie, { 'if-none-match': etag }), { statusCode: 200, headers: { 'content-type': 'image/png' } })
  t.match((await show(test, '')).json(), { statusCode: 401, code: 'unauthenticated' })
  t.equal((await test.app.inject({ method: 'POST', url: path, headers: program })).statusCode, 405)
  t.equal((await test.app.inject({ method: 'HEAD', url: path, headers: program })).statusCode, 405)
  t.equal(test.simulator.requests.graph, 2)
})

t.test('twenty at a time are one request to Graph, and nothing of it is in the session', async (t) => {
  const test = await keepingApp(t, { photo: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const before = await test.rows()
  const all = await Promise.all(Array.from({ length: 20 }, async () => await show(test, cookie)))
  t.ok(all.every(({ statusCode }) => statusCode === 200))
  t.equal(test.simulator.requests.graph, 1)
  t.equal(await test.rows(), before)
})

t.test('where there is no photo it is 404, and Graph is not asked again for a while', async (t) => {
  const test = await keepingApp(t, { photo: true })
  const vera = await test.simulator.signIn(test.app, 'vera')
  for (let times = 0; times < 3; times++) t.equal((await show(test, vera.cookie)).statusCode, 404)
  t.equal(test.simulator.requests.graph, 1)
  test.simulator.setPhoto('vera', { contentType: 'image/png', body: Buffer.from('x') })
  test.clock.now += 10 * minute
  t.equal((await show(test, vera.cookie)).statusCode, 200)
  await test.app.accounts.create()
  t.same(await signInOf(test.app).database.run(async (db) => await db.selectFrom('audit').selectAll().where('type', '=', 'refused').execute()), [], 'and it is nothing for the audit')
})

t.test('a personal account has none, and Graph is not even asked', async (t) => {
  const test = await keepingApp(t, { photo: true })
  const { cookie } = await test.simulator.signIn(test.app, 'pat')
  t.equal((await show(test, cookie)).statusCode, 404)
  t.equal(test.simulator.requests.graph, 0)
})

t.test('whoever has not agreed to it sees none, and is not sent away for it', async (t) => {
  const test = await keepingApp(t, { photo: true, scopes: ['openid', 'profile', 'email'], allowedScopes: ['user.read'] })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.match((await show(test, cookie)).json(), { statusCode: 401, code: 'interaction_required' })
  const agreed = await test.simulator.signIn(test.app, 'ada', { query: { provider_scopes: 'User.Read' } })
  t.equal((await show(test, agreed.cookie)).statusCode, 200)
})

t.test('a token that Graph refuses is replaced, once', async (t) => {
  const test = await keepingApp(t, { photo: true })
  test.simulator.setTokenResponseHook((body) => ({ ...body, access_token: 'revoked-meanwhile' }))
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  test.simulator.setTokenResponseHook(null)
  t.equal((await show(test, cookie)).statusCode, 200)
  t.equal(test.simulator.requests.refresh, 1)
  test.simulator.setTokenResponseHook((body) => ({ ...body, access_token: 'revoked-meanwhile' }))
  const vera = await test.simulator.signIn(test.app, 'vera')
  t.match((await show(test, vera.cookie)).json(), { statusCode: 502, code: 'provider_error' })
  t.equal(test.simulator.requests.refresh, 2)
  t.match(test.log(), '"reason":"photo_token_refused"')
  t.notMatch(test.log(), 'revoked-meanwhile')
})

t.test('an unlinked identity\'s photo is forgotten', async (t) => {
  const test = await keepingApp(t, { photo: true })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  const linked = await test.simulator.link(test.app, 'udo', { cookie })
  t.equal((await show(test, linked.cookie)).statusCode, 200)
  const { id } = (await test.app.inject({ url: '/me', headers: { ...program, cookie: linked.cookie } })).json()
  await test.app.accounts.unlink(id, await identityOf(test, linked.cookie))
  test.simulator.setPhoto('ada', null)
  t.equal((await show(test, (await test.simulator.signIn(test.app, 'ada')).cookie)).statusCode, 404)
})

t.test('the photo may have a path of one\'s own', async (t) => {
  const test = await keepingApp(t, { photo: true, photoPath: '/my/photo' })
  const { cookie } = await test.simulator.signIn(test.app, 'ada')
  t.equal((await test.app.inject({ url: '/my/photo', headers: { ...program, cookie } })).statusCode, 200)
  t.equal((await show(test, cookie)).statusCode, 404)
  t.match((await test.app.inject({ url: '/auth/microsoft/login?return_to=/my/photo', headers: program })).json(), { code: 'redirect_not_allowed' }, 'no sign-in ends at a picture')
})

t.test('where the Graph of a cloud is not known there are no photos', async (t) => {
  const access = { userOf: () => ({ identity: { tid: 't', oid: 'o' } }) } as unknown as Access
  t.equal(await createPhotos(access, null, realEnvironment).of({} as never), null)
})

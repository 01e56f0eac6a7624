import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mock } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import type { Browser } from '../identity/browser.ts'
import { answerOf, clients, errorOf, goOn, rowsOf, secret, signInTo, type Site, startAuthorization, startSite, submit, type Tokens } from '../identity/site.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { takesLong } from '../patient.ts'

takesLong()

/** The server of apps that listen: what they were told, by path. */
async function startApps (t: Pick<Test, 'teardown'>, answer: (path: string) => number | 'hang' = () => 200) {
  const told: Array<{ path: string, token: string }> = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => { body += String(chunk) })
    request.on('end', () => {
      told.push({ path: request.url!, token: new URLSearchParams(body).get('logout_token')! })
      const status = answer(request.url!)
      if (status !== 'hang') response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  }).listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, told }
}

async function startListening (t: Pick<Test, 'teardown'>, answer?: (path: string) => number | 'hang', entra = {}) {
  const apps = await startApps(t, answer)
  const site = await startSite(t, {
    entra,
    identity: { clients: [{ ...clients.spa, backchannelLogoutUrl: `${apps.origin}/spa` }, { ...clients.basic, backchannelLogoutUrl: `${apps.origin}/basic` }, clients.native], backchannelLogoutTimeout: 300 }
  })
  const [spa, basic] = [await site.discover('spa'), await site.discover('basic', openid.ClientSecretBasic(secret))]
  return { ...apps, site, spa, basic }
}

const scope = 'openid offline_access'
const isAlive = async (config: openid.Configuration, tokens: Tokens): Promise<boolean> => await errorOf(openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck)) === null

async function post (site: Site, browser: Browser, path: string): Promise<void> {
  await browser.submit(site.origin + path, {})
}

t.test('whoever signs out of the application is out of every app, and each is told once', async (t) => {
  const { site, spa, basic, told } = await startListening(t)
  const browser = site.newBrowser()
  const tokens = [await signInTo(spa, browser, { scope }), await signInTo(basic, browser, { scope })] as const
  await post(site, browser, '/auth/logout')
  t.equal(await isAlive(spa, tokens[0]), false)
  t.equal(await isAlive(basic, tokens[1]), false)
  t.equal(await errorOf(openid.refreshTokenGrant(spa, tokens[0].refresh_token!)), 'invalid_grant')
  t.equal(await errorOf(openid.refreshTokenGrant(basic, tokens[1].refresh_token!)), 'invalid_grant')
  t.same(told.map(({ path }) => path).sort(), ['/basic', '/spa'])

  const keys = createRemoteJWKSet(new URL(`${site.issuer}/jwks`))
  for (const { path, token } of told) {
    const { payload } = await jwtVerify(token, keys, { issuer: site.issuer, audience: path.slice(1), typ: 'logout+jwt' })
    t.equal(payload.sub, tokens[0].claims()!.sub)
    t.same(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
    t.equal(payload.nonce, undefined)
    const { sid } = (path === '/spa' ? tokens[0] : tokens[1]).claims()!
    t.ok(typeof sid === 'string' && sid === payload.sid, 'by the word that the app knows the session by')
    t.equal(decodeProtectedHeader(token).alg, 'RS256')
  }
  t.not(tokens[0].claims()!.sid, tokens[1].claims()!.sid, 'which is another one for each')
})

t.test('a sign-out that an app asks for tells all of them, that one among them', async (t) => {
  const { site, spa, basic, told } = await startListening(t)
  const browser = site.newBrowser()
  const tokens = await signInTo(spa, browser, { scope })
  await signInTo(basic, browser, { scope })
  const page = await browser.open(openid.buildEndSessionUrl(spa, { id_token_hint: tokens.id_token! }).href)
  const end = await submit(browser, page, 'name="xsrf"')
  t.match(end.body, 'You are still signed in', 'who does not want to stays')
  t.equal(await isAlive(spa, tokens), true)
  t.same(told, [])
  await submit(browser, await browser.open(openid.buildEndSessionUrl(spa, { id_token_hint: tokens.id_token! }).href), 'name="xsrf"', { logout: 'yes' })
  t.same(told.map(({ path }) => path).sort(), ['/basic', '/spa'])
  t.equal(await isAlive(spa, tokens), false)
})

/** Each way in which sessions end. Gives the sign-ins that are to be over, and those that go on. */
const ends: Record<string, (scene: { site: Site, userId: string, first: Browser, second: Browser }) => Promise<unknown>> = {
  'sign out everywhere': async ({ site, userId }) => await site.app.sessions.signOutEverywhere(userId),
  'the user is disabled': async ({ site, userId }) => await site.app.accounts.disable(userId),
  'the user is deleted': async ({ site, userId }) => await site.app.accounts.delete(userId),
  'an identity is unlinked (L17)': async ({ site, userId }) => await site.app.accounts.unlink(userId, { tid: '9188040d-6c67-4c5b-b112-36a304b66dad', oid: '00000000-0000-0000-4cc9-8bd3a6f0c5e2' })
}

for (const [name, end] of Object.entries(ends)) {
  t.test(`${name}: every app is out, and none comes back by refreshing`, async (t) => {
    const { site, spa, basic, told } = await startListening(t, undefined, { use_email_as_identifier: true, allow_email_account_merge: true, endSessionsOnMerge: false })
    const [first, second] = [site.newBrowser(), site.newBrowser()]
    const one = await signInTo(spa, first, { scope })
    const two = await signInTo(basic, second, { scope }, 'ada-home')
    const userId = one.claims()!.sub
    t.equal(two.claims()!.sub, userId)
    await end({ site, userId, first, second })
    t.equal(await isAlive(spa, one), false)
    t.equal(await isAlive(basic, two), false)
    t.equal(await errorOf(openid.refreshTokenGrant(spa, one.refresh_token!)), 'invalid_grant')
    t.equal(await errorOf(openid.refreshTokenGrant(basic, two.refresh_token!)), 'invalid_grant')
    t.same(told.map(({ path }) => path).sort(), ['/basic', '/spa'])
  })
}

t.test('a merge ends what the holder had given', async (t) => {
  const { site, spa, told } = await startListening(t, undefined, { use_email_as_identifier: true, allow_email_account_merge: true })
  const one = await signInTo(spa, site.newBrowser(), { scope })
  const two = await signInTo(spa, site.newBrowser(), { scope }, 'ada-home')
  t.equal(await isAlive(spa, one), false)
  t.equal(await isAlive(spa, two), true)
  t.equal(told.length, 1)
})

t.test('one session ends, and the others of the user go on', async (t) => {
  const { site, spa, basic, told } = await startListening(t)
  const [first, second, third] = [site.newBrowser(), site.newBrowser(), site.newBrowser()]
  const one = await signInTo(spa, first, { scope })
  const two = await signInTo(basic, second, { scope })
  const three = await signInTo(spa, third, { scope })
  const userId = one.claims()!.sub
  await post(site, first, '/auth/logout')
  t.same([await isAlive(spa, one), await isAlive(basic, two), await isAlive(spa, three)], [false, true, true])
  await post(site, third, '/auth/sessions/end-others')
  t.same([await isAlive(spa, one), await isAlive(basic, two), await isAlive(spa, three)], [false, false, true])
  const [left] = await site.app.sessions.list(userId)
  await site.app.sessions.end(userId, left!.handle)
  t.same(await isAlive(spa, three), false)
  t.same(told.map(({ path }) => path), ['/spa', '/basic', '/spa'])
})

t.test('who signs in again in the same browser stays signed in to apps; somebody else ends it', async (t) => {
  const { site, spa, told } = await startListening(t)
  const browser = site.newBrowser()
  const tokens = await signInTo(spa, browser, { scope })
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login?prompt=login`))
  t.equal(await isAlive(spa, tokens), true)
  t.same(told, [])
  const again = await signInTo(spa, browser, { scope })
  t.equal(again.claims()!.sid, tokens.claims()!.sid, 'the same session, for the app')
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`), 'pat')
  t.equal(await isAlive(spa, tokens), false)
  t.equal(told.length, 1)
})

t.test('apps that do not answer, answer with an error or send elsewhere keep nobody signed in', async (t) => {
  for (const answer of ['hang', 500, 302] as const) {
    const { site, spa, told } = await startListening(t, () => answer)
    const browser = site.newBrowser()
    const tokens = await signInTo(spa, browser, { scope })
    await post(site, browser, '/auth/logout')
    t.equal(await isAlive(spa, tokens), false, String(answer))
    t.same(told.map(({ path }) => path), ['/spa'], 'no redirect is followed')
    t.match(site.log(), 'an app could not be told')
    t.notMatch(site.log(), told[0]!.token)
  }
})

t.test('an app of which nothing is known any more is not told, and holds nothing up', async (t) => {
  const { site, spa, told } = await startListening(t)
  const browser = site.newBrowser()
  await signInTo(spa, browser, { scope })
  signInOf(site.app).sessionsEndListeners.unshift(async () => { throw new Error('somebody else fails') })
  const page = await browser.submit(`${site.origin}/auth/logout`, {})
  t.match(page.url, 'error=server_error', 'who could not be told says so')
  signInOf(site.app).sessionsEndListeners.shift()
  t.equal((await browser.once(`${site.origin}/me`)).status, 303, 'and the session has ended all the same')
  t.same(told, [])
})

t.test('what has merely expired keeps what was given for the time that nobody is there', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5) })
  t.teardown(() => mock.timers.reset())
  const { site, spa } = await startListening(t)
  const browser = site.newBrowser()
  const tokens = await signInTo(spa, browser, { scope })
  mock.timers.tick(13 * 3_600_000)
  t.equal((await browser.once(`${site.origin}/me`)).status, 303, 'the session is over')
  const refreshed = await openid.refreshTokenGrant(spa, tokens.refresh_token!)
  t.ok(refreshed.access_token)
  await site.app.sessions.signOutEverywhere(tokens.claims()!.sub)
  t.equal(await errorOf(openid.refreshTokenGrant(spa, refreshed.refresh_token!)), 'invalid_grant', 'until somebody ends it')
})

t.test('two apps that are signed in to at the same moment are both told', async (t) => {
  const { site, spa, basic, told } = await startListening(t)
  const browser = site.newBrowser()
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  await Promise.all([signInTo(spa, browser, { scope }), signInTo(basic, browser, { scope }), signInTo(spa, browser, { scope }), signInTo(basic, browser, { scope })])
  await post(site, browser, '/auth/logout')
  t.same([...new Set(told.map(({ path }) => path))].sort(), ['/basic', '/spa'])
  const [artifacts] = JSON.parse(await rowsOf(site.app)) as [[string, unknown[]]]
  t.same(artifacts[1], [], 'and nothing is left')
})

t.test('a session that ends while an app is being signed in to gives the app nothing', async (t) => {
  const { site, spa } = await startListening(t)
  const browser = site.newBrowser()
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  const signIn = signInOf(site.app)
  signIn.sessionIsAlive = async () => false
  const page = await browser.open((await startAuthorization(spa, { prompt: 'none' })).url)
  t.equal(answerOf(page).error, 'login_required')
  t.same((JSON.parse(await rowsOf(site.app)) as Array<[string, unknown[]]>)[2]![1], [], 'and nothing hangs on it')
})

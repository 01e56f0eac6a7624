import * as openid from 'openid-client'
import type { Test } from 'tap'
import { openDatabase } from '../../src/store/open.ts'
import { createBrowser } from '../identity/browser.ts'
import { appOrigin, clients, errorOf, goOn, redeem, signInTo, startAuthorization, type Tokens } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { until } from '../redis.ts'
import { startProgram } from '../servers/child.ts'
import { startProxy } from '../servers/proxy.ts'
import { startSimulatedMicrosoft } from '../servers/simulated-microsoft.ts'
import { needsPostgres } from '../services.ts'
import { type Engine, engines } from '../store/engines.ts'
import { tries } from './trial.ts'

takesLong()

// What a second process could do to a first one takes two: elsewhere the same cases are tried within one.
const twoProcesses = { ...needsPostgres(), on: engines.filter(({ name }) => name === 'postgresql') }
const scope = 'openid offline_access'

/** Two servers of one site, in processes of their own, and a proxy that gives each request to the next one. */
async function startServers (t: Test, engine: Engine, more: object = {}) {
  const database = await engine.newSharedLocation(t)
  const proxy = await startProxy(t)
  const { authority, clientId, clientSecret } = await startSimulatedMicrosoft(t, { redirectUris: [`${proxy.origin}/auth/microsoft/callback`] })
  const options = { baseUrl: proxy.origin, authority, clientId, clientSecret, database, secrets: ['two-servers-secret-of-32-characters-or-more'], sessionCache: 0, rateLimit: false, ...more }
  const servers = await Promise.all([0, 1].map(async () => await startProgram('identity-server.ts', [options, { clients: [clients.spa] }])))
  for (const { port, kill } of servers) {
    t.teardown(kill)
    proxy.ports.add(port)
  }
  const newBrowser = () => createBrowser((url) => url.origin === appOrigin)
  const [first, second] = servers.map(({ port }) => async (path: string, cookie = '', method = 'GET'): Promise<Response> =>
    await fetch(`http://localhost:${port}${path}`, { method, headers: { cookie, accept: 'application/json', ...(method === 'POST' && { origin: proxy.origin }) } }))
  return {
    first: first!,
    second: second!,
    config: async () => await openid.discovery(new URL(`${proxy.origin}/auth/identity`), 'spa', {}, openid.None(), { execute: [openid.allowInsecureRequests] }),
    newBrowser,
    /** Signs somebody in, and gives the cookies of their browser. */
    signIn: async (account: string): Promise<string> => {
      const browser = newBrowser()
      await goOn(browser, await browser.open(`${proxy.origin}/auth/microsoft/login`), account)
      return await browser.jar.getCookieString(proxy.origin)
    },
    sessions: async (): Promise<number> => {
      const opened = await openDatabase(database)
      return (await opened.run(async (db) => await db.selectFrom('sessions').select('key').execute()).finally(opened.close)).length
    },
    quiet: () => { for (const { output } of servers) t.equal(output(), '', 'nothing was logged as an error') }
  }
}

tries('S07', 'a request on its way at one server does not undo a sign-out at the other', async (t, engine) => {
  const { first, second, signIn, sessions, quiet } = await startServers(t, engine)
  const cookie = await signIn('pat')
  t.same([(await first('/me', cookie)).status, (await second('/me', cookie)).status, await sessions()], [200, 200, 1], 'control: at both')
  // So late that each request notes that the session was seen.
  for (const ask of [first, second]) await ask('/ahead?ms=120000')
  const slow = first('/slow', cookie)
  await until(async () => await (await first('/waiting')).text() === '1')
  t.equal((await second('/auth/logout', cookie, 'POST')).status, 204)
  await first('/release')
  const late = await slow
  t.same([late.status, late.headers.getSetCookie()], [200, []])
  t.same([(await first('/me', cookie)).status, (await second('/me', cookie)).status, await sessions()], [401, 401, 0])
  for (let round = 2; round < 6; round++) {
    const other = await signIn('pat')
    for (const ask of [first, second]) await ask(`/ahead?ms=${round * 120_000}`)
    const answers = await Promise.all(Array.from({ length: 24 }, async (_, index) => {
      const ask = index % 2 === 0 ? first : second
      return await (index === 11 ? ask('/auth/logout', other, 'POST') : ask('/me', other))
    }))
    for (const { status, headers } of answers) {
      t.ok([200, 204, 401].includes(status), String(status))
      for (const one of headers.getSetCookie()) t.match(one, /^entra-session-\d+=;/)
    }
    t.same([(await first('/me', other)).status, (await second('/me', other)).status, await sessions()], [401, 401, 0], `round ${round}`)
  }
  quiet()
}, twoProcesses)

tries('S13', 'sign-ins at both servers at once end with no more sessions than the limit', async (t, engine) => {
  const { first, second, signIn, sessions, quiet } = await startServers(t, engine, { maxSessionsPerUser: 3 })
  await signIn('pat')
  const cookies = await Promise.all(Array.from({ length: 10 }, async () => await signIn('pat')))
  const alive = (await Promise.all(cookies.flatMap((cookie) => [first('/me', cookie), second('/me', cookie)]))).filter(({ status }) => status === 200)
  t.ok(alive.length > 0 && alive.length <= 6, `${alive.length / 2} of ten`)
  t.equal(await sessions(), alive.length / 2)
  quiet()
}, twoProcesses)

tries('P06', 'of twenty redemptions of one code at both servers one succeeds, and what it gave is over', async (t, engine) => {
  const { config: discover, newBrowser, quiet } = await startServers(t, engine)
  const config = await discover()
  const browser = newBrowser()
  const started = await startAuthorization(config, { scope })
  const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
  const results = await Promise.allSettled(Array.from({ length: 20 }, async () => await redeem(config, started, url)))
  const given = results.flatMap((result): Tokens[] => result.status === 'fulfilled' ? [result.value] : [])
  t.equal(given.length, 1)
  t.equal(await errorOf(redeem(config, started, url)), 'invalid_grant')
  t.equal(await errorOf(openid.refreshTokenGrant(config, given[0]!.refresh_token!)), 'invalid_grant')
  t.ok(await errorOf(openid.fetchUserInfo(config, given[0]!.access_token, openid.skipSubjectCheck)))
  t.ok((await signInTo(config, browser, { scope })).refresh_token, 'control: the next one')
  quiet()
}, twoProcesses)

tries('P11', 'of twenty refreshes at both servers one gives a new member', async (t, engine) => {
  const { config: discover, newBrowser, quiet } = await startServers(t, engine)
  const config = await discover()
  const first = await signInTo(config, newBrowser(), { scope })
  const results = await Promise.allSettled(Array.from({ length: 20 }, async () => await openid.refreshTokenGrant(config, first.refresh_token!)))
  const taken = results.flatMap((result): Tokens[] => result.status === 'fulfilled' ? [result.value] : [])
  t.equal(taken.length, 1)
  t.ok((await openid.refreshTokenGrant(config, taken[0]!.refresh_token!)).refresh_token, 'control: which is alive')
  t.equal(await errorOf(openid.refreshTokenGrant(config, first.refresh_token!)), 'invalid_grant', 'and the first is used')
  quiet()
}, twoProcesses)

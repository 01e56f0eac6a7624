import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { createBrowser } from '../identity/browser.ts'
import { appOrigin, clients, errorOf, goOn, redeem, signInTo, startAuthorization, type Tokens } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { engines } from '../store/engines.ts'
import { type Child, startProgram } from './child.ts'
import { startProxy } from './proxy.ts'
import { startSimulatedMicrosoft } from './simulated-microsoft.ts'

takesLong()

/** Two servers of one site, and a proxy that gives each request to the next one. */
async function startServers (t: Test, database: string) {
  const proxy = await startProxy(t)
  const microsoft = await startSimulatedMicrosoft(t, { redirectUris: [`${proxy.origin}/auth/microsoft/callback`] })
  const { authority, clientId, clientSecret } = microsoft
  const options = { baseUrl: proxy.origin, authority, clientId, clientSecret, database, secrets: ['two-servers-secret-of-32-characters-or-more'], sessionCache: 0, rateLimit: false }
  const projects = [
    { clients: [clients.spa], refreshTokenReuseGrace: 60_000 },
    { project: 'strict', identityDecorator: 'strict', clients: [clients.spa], refreshTokenReuseGrace: 0 }
  ]
  const start = async (): Promise<Child> => {
    const server = await startProgram('identity-server.ts', [options, ...projects])
    t.teardown(server.kill)
    return server
  }
  const servers = await Promise.all([start(), start()])
  for (const { port } of servers) proxy.ports.add(port)
  const discover = async (path: string) => await openid.discovery(new URL(proxy.origin + path), 'spa', {}, openid.None(), { execute: [openid.allowInsecureRequests] })
  return { proxy, start, servers, config: await discover('/auth/identity'), strict: await discover('/auth/identity-strict'), newBrowser: () => createBrowser((url) => url.origin === appOrigin) }
}

for (const { name: engine, newSharedLocation } of engines) {
  t.test(`two servers that boot at once are one provider, on ${engine}`, async (t) => {
    const { proxy, start, servers, config, strict, newBrowser } = await startServers(t, await newSharedLocation(t))

    await t.test('they made one set of keys between them', async (t) => {
      const sets = await Promise.all(servers.map(async ({ port }) => await (await fetch(`http://localhost:${port}/auth/identity/jwks`)).text()))
      t.equal(sets[0], sets[1])
      t.equal((JSON.parse(sets[0]!) as { keys: unknown[] }).keys.length, 2)
    })

    await t.test('a sign-in that starts at one ends at the other', async (t) => {
      const browser = newBrowser()
      const tokens = await signInTo(config, browser, { scope: 'openid email offline_access' })
      t.equal((await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub)).email, 'ada@contoso.example')
    })

    await t.test('of twenty redemptions of one code at once, one succeeds (P06)', async (t) => {
      const browser = newBrowser()
      const started = await startAuthorization(config, { scope: 'openid offline_access' })
      const { url } = await goOn(browser, await browser.open(started.url, appOrigin))
      const errors = await Promise.all(Array.from({ length: 20 }, async () => await errorOf(redeem(config, started, url))))
      t.equal(errors.filter((error) => error === null).length, 1)
      t.equal(errors.filter((error) => error === 'invalid_grant').length, 19)
    })

    await t.test('of twenty refreshes at once, one gives a new member; a replay ends the family (P11)', async (t) => {
      const first = await signInTo(config, newBrowser(), { scope: 'openid offline_access' })
      const results = await Promise.allSettled(Array.from({ length: 20 }, async () => await openid.refreshTokenGrant(config, first.refresh_token!)))
      const taken = results.flatMap((result): Tokens[] => result.status === 'fulfilled' ? [result.value] : [])
      t.equal(taken.length, 1)
      t.ok((await openid.refreshTokenGrant(config, taken[0]!.refresh_token!)).refresh_token, 'which is alive')

      const used = await signInTo(strict, newBrowser(), { scope: 'openid offline_access' })
      const next = await openid.refreshTokenGrant(strict, used.refresh_token!)
      t.equal(await errorOf(openid.refreshTokenGrant(strict, used.refresh_token!)), 'invalid_grant')
      t.equal(await errorOf(openid.refreshTokenGrant(strict, next.refresh_token!)), 'invalid_grant')
    })

    await t.test('who signs out at one is out of every app at both', async (t) => {
      const browser = newBrowser()
      const tokens = await signInTo(config, browser, { scope: 'openid offline_access' })
      await browser.submit(`${proxy.origin}/auth/logout`, {})
      for (let request = 0; request < 2; request++) t.ok(await errorOf(openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck)))
      t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), 'invalid_grant')
    })

    await t.test('what was given outlives the servers', async (t) => {
      const tokens = await signInTo(config, newBrowser(), { scope: 'openid offline_access' })
      for (const { kill, port, output } of servers) {
        await kill()
        proxy.ports.delete(port)
        t.equal(output(), '', 'nothing was logged as an error')
      }
      proxy.ports.add((await start()).port)
      t.equal((await openid.refreshTokenGrant(config, tokens.refresh_token!)).claims()!.sub, tokens.claims()!.sub)
    })
  })
}

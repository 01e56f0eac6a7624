import Fastify from 'fastify'
import * as client from 'openid-client'
import entra from '../../plugins/fastify-entra.ts'
import { createBrowser } from './browser.ts'
import identity from '../../plugins/identity.ts'

const app = Fastify({ logger: { level: 'warn' } })
const port = 28765
const base = `http://localhost:${port}`
await app.register(entra, { baseUrl: base, database: ':memory:', secrets: ['x'.repeat(40)] })
await app.register(identity, { clients: [{ id: 'spa', name: 'Spa', type: 'spa', redirectUrls: ['http://localhost:9999/cb'], logoutRedirectUrls: ['http://localhost:9999/out'], authentication: 'none', refreshTokens: true, firstParty: true }] })
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
await app.listen({ port, host: 'localhost' })
const config = await client.discovery(new URL(app.identity.issuer), 'spa', undefined, client.None(), { execute: [client.allowInsecureRequests] })

const b = createBrowser((url) => url.port === '9999')
const go = async (url: string, form?: Record<string, string>) => form ? await b.submit(url, form) : await b.open(url)
const verifier = client.randomPKCECodeVerifier()
const url = client.buildAuthorizationUrl(config, { redirect_uri: 'http://localhost:9999/cb', scope: 'openid profile email email_trust offline_access', code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state: 'st' })
let a = await go(url.href)
console.log(a.body.slice(0, 300))
const account = /name="simulator_account" value="([^"]+)"/.exec(a.body)![1]!
a = await go(a.url, { simulator_account: account })
console.log(a)
const tokens = await client.authorizationCodeGrant(config, new URL(a.url), { pkceCodeVerifier: verifier, expectedState: 'st' })
console.log(tokens, tokens.claims())
console.log(await client.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub))
const t2 = await client.refreshTokenGrant(config, tokens.refresh_token!)
console.log(t2)
a = await go(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token!, post_logout_redirect_uri: 'http://localhost:9999/out', state: 's2' }).href)
console.log(a)
const xsrf = /name="xsrf" value="([^"]+)"/.exec(a.body)![1]!
a = await go(base + '/auth/identity/logout/confirm', { xsrf, logout: 'yes' })
console.log(a)
await client.refreshTokenGrant(config, t2.refresh_token!).catch((e) => console.log(e.error, e.error_description))
await app.close()

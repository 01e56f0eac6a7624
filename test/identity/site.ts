import Fastify, { type FastifyInstance } from 'fastify'
import * as openid from 'openid-client'
import type { Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import identity, { type ClientOptions, type IdentityOptions } from '../../plugins/identity.ts'
import { signInOf } from '../../plugins/sign-in.ts'
import { reservePort } from '../ports.ts'
import { type Browser, createBrowser, formOf, type Page } from './browser.ts'

/** Where the apps of the tests would be: nothing listens there, and the browser stops. */
export const appOrigin = 'http://localhost:9'
export const callback = `${appOrigin}/callback`
export const afterLogout = `${appOrigin}/bye`

export const secret = 'secret-of-the-test-client-0123456789'

const urls = { redirectUrls: [callback], logoutRedirectUrls: [afterLogout] }

/** One client of each type and method, all first-party but for `guest`. */
export const clients = {
  basic: { id: 'basic', name: 'Basic', type: 'web', ...urls, refreshTokens: true, firstParty: true, scopes: ['profile', 'email', 'email_trust'], secrets: [secret] },
  post: { id: 'post', name: 'Post', type: 'web', ...urls, authentication: 'client_secret_post', refreshTokens: true, firstParty: true, secrets: [secret] },
  spa: { id: 'spa', name: 'Single page', type: 'spa', ...urls, refreshTokens: true, firstParty: true },
  native: { id: 'native', name: 'Native', type: 'native', redirectUrls: ['http://127.0.0.1/callback', 'com.example.app:/callback'], logoutRedirectUrls: ['com.example.app:/bye'], refreshTokens: true, firstParty: true },
  guest: { id: 'guest', name: 'Guest <b>app</b>', type: 'web', url: 'https://guest.example/', ...urls, refreshTokens: true, scopes: ['profile', 'email', 'email_trust'], secrets: [secret] }
} satisfies Record<string, ClientOptions>

/** An application with a provider, served over loopback; the simulator stands in for Microsoft. */
export interface Site {
  readonly app: FastifyInstance
  readonly origin: string
  readonly issuer: string
  /** All that was logged. */
  readonly log: () => string
  readonly newBrowser: () => Browser
  /** A client that knows nothing but the issuer's address and its own registration. */
  readonly discover: (clientId: string, authentication?: openid.ClientAuth, metadata?: Partial<openid.ClientMetadata>) => Promise<openid.Configuration>
}

/** What a test may choose. Its clock is the global Date: oidc-provider has no other, and a test that wants another time mocks that. */
export interface SiteSetting {
  readonly identity?: IdentityOptions
  readonly entra?: Partial<EntraOptions>
  /** What is registered after all else. */
  readonly after?: (app: FastifyInstance) => unknown
}

export async function startSite (t: Pick<Test, 'teardown'>, { identity: given, entra: options, after }: SiteSetting = {}): Promise<Site> {
  const port = await reservePort()
  const origin = `http://localhost:${port}`
  const lines: string[] = []
  const app = Fastify({ keepAliveTimeout: 600_000, logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(entra, { baseUrl: origin, database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], rateLimit: false, environment: { now: () => Date.now() }, ...options })
  await app.register(identity, { clients: Object.values(clients), ...given })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  await after?.(app)
  await app.listen({ port, host: 'localhost' })
  t.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  const { issuer } = app.identity
  return {
    app,
    origin,
    issuer,
    log: () => lines.join(''),
    newBrowser: () => createBrowser((url) => url.origin !== origin),
    discover: async (clientId, authentication = openid.None(), metadata = {}) =>
      await openid.discovery(new URL(issuer), clientId, metadata, authentication, { execute: [openid.allowInsecureRequests] })
  }
}

/** Signs in at the simulator, lets an app have what it asks for, and stops where nothing more is asked. */
export async function goOn (browser: Browser, page: Page, account = 'ada'): Promise<Page> {
  if (page.body.includes('name="simulator_account"')) return await goOn(browser, await browser.submit(page.url, { simulator_account: account }), account)
  if (page.body.includes('value="allow"')) return await goOn(browser, await submit(browser, page, 'value="allow"'), account)
  return page
}

/** Presses the button of the form that has a certain field. */
export async function submit (browser: Browser, page: Page, has: string, more: Record<string, string> = {}): Promise<Page> {
  const { action, fields } = formOf(page, has)
  return await browser.submit(action, { ...fields, ...more })
}

/** A sign-in to an app: the request, and what is needed to finish it. */
export interface Started {
  readonly url: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly redirectUri: string
}

export async function startAuthorization (config: openid.Configuration, parameters: Record<string, string> = {}): Promise<Started> {
  const [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()]
  const { redirect_uri: redirectUri = callback } = parameters
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri, scope: 'openid', state, nonce, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...parameters
  })
  return { url: url.href, verifier, state, nonce, redirectUri }
}

export async function redeem (config: openid.Configuration, { verifier, state, nonce }: Started, at: string, checks: openid.AuthorizationCodeGrantChecks = {}): Promise<Tokens> {
  return await openid.authorizationCodeGrant(config, new URL(at), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, ...checks })
}

export type Tokens = openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers

/** The whole way: from the app to Microsoft and back, with tokens in hand. */
export async function signInTo (config: openid.Configuration, browser: Browser, parameters: Record<string, string> = {}, account = 'ada'): Promise<Tokens> {
  const started = await startAuthorization(config, parameters)
  const { url } = await goOn(browser, await browser.open(started.url, appOrigin), account)
  return await redeem(config, started, url)
}

/** What an app is told instead: the parameters with which the browser comes back. */
export function answerOf ({ url }: Page): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams)
}

/** The code with which something of openid-client's fails, or `null` where it does not. */
export async function errorOf (work: Promise<unknown>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    const { error: code, cause } = error as { error?: string, cause?: Array<{ parameters?: { error?: string } }> }
    return code ?? (Array.isArray(cause) ? cause[0]?.parameters?.error : undefined) ?? String(error)
  }
}

/** All rows of the provider's tables, as text. */
export async function rowsOf (app: FastifyInstance): Promise<string> {
  return await signInOf(app).database.run(async (db) => {
    const names = ['identity_artifacts', 'identity_ends', 'identity_sessions', 'identity_consents'] as const
    return JSON.stringify(await Promise.all(names.map(async (name) => [name, await db.selectFrom(name).selectAll().execute()])), null, 1)
  })
}

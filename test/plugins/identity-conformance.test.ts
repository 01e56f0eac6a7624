import * as openid from 'openid-client'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t, { type Test } from 'tap'
import type { Browser, Page } from '../identity/browser.ts'
import { afterLogout, answerOf, appOrigin, callback, errorOf, goOn, redeem, secret, signInTo, type Site, startAuthorization, startSite, submit, type Tokens } from '../identity/site.ts'
import { takesLong } from '../patient.ts'

takesLong()

// Each test has the name of a module of the OpenID Foundation's plans for providers, and asks what that module asks.
// docs/conformance.md says which there are, and which not.

interface Scene {
  readonly site: Site
  readonly config: openid.Configuration
  readonly browser: Browser
  /** Signs in, with the parameters of the module. */
  readonly signIn: (parameters?: Record<string, string>, browser?: Browser) => Promise<Tokens>
  /** Asks, and gives the page where the browser ends without anything being answered. */
  readonly ask: (parameters?: Record<string, string>, browser?: Browser) => Promise<Page>
}

async function scene (t: Pick<Test, 'teardown'>): Promise<Scene> {
  const site = await startSite(t)
  const config = await site.discover('basic', openid.ClientSecretBasic(secret))
  const browser = site.newBrowser()
  return {
    site,
    config,
    browser,
    signIn: async (parameters = {}, from = browser) => await signInTo(config, from, parameters),
    ask: async (parameters = {}, from = browser) => await from.open((await startAuthorization(config, parameters)).url, appOrigin)
  }
}

function module (name: string, work: (t: Test, scene: Scene) => Promise<unknown>): void {
  void t.test(name, async (t) => { await work(t, await scene(t)) })
}

const isPicker = ({ body }: Page): boolean => body.includes('name="simulator_account"')
const userInfo = async ({ config }: Scene, tokens: Tokens, init: RequestInit = {}): Promise<Record<string, unknown>> => {
  const answer = await fetch(config.serverMetadata().userinfo_endpoint!, { headers: { authorization: `Bearer ${tokens.access_token}` }, ...init })
  return await answer.json() as Record<string, unknown>
}

module('oidcc-server', async (t, { signIn, config }) => {
  const tokens = await signIn({ scope: 'openid profile email' })
  const { iss, aud, sub, exp, iat, nonce } = tokens.claims()!
  t.match({ iss, aud, token_type: tokens.token_type }, { iss: config.serverMetadata().issuer, aud: 'basic', token_type: 'bearer' })
  t.ok(sub.length <= 255 && exp > iat && typeof nonce === 'string')
})

module('oidcc-response-type-missing', async (t, { ask }) => {
  const page = await ask({ response_type: '' })
  t.match(page.status === 0 ? answerOf(page).error : page.body, /invalid_request|unsupported_response_type/)
})

module('oidcc-idtoken-signature', async (t, { signIn, config }) => {
  const { alg, kid } = decodeProtectedHeader((await signIn()).id_token!)
  const { keys } = await (await fetch(config.serverMetadata().jwks_uri!)).json() as { keys: Array<{ kid: string, alg: string, kty: string }> }
  t.match(keys.find((key) => key.kid === kid), { alg: 'RS256', kty: 'RSA' })
  t.equal(alg, 'RS256')
})

module('oidcc-userinfo-get', async (t, all) => {
  const tokens = await all.signIn()
  t.equal((await userInfo(all, tokens)).sub, tokens.claims()!.sub)
})

module('oidcc-userinfo-post-header', async (t, all) => {
  const tokens = await all.signIn()
  t.equal((await userInfo(all, tokens, { method: 'POST' })).sub, tokens.claims()!.sub)
})

module('oidcc-userinfo-post-body', async (t, all) => {
  const tokens = await all.signIn()
  t.equal((await userInfo(all, tokens, { method: 'POST', headers: {}, body: new URLSearchParams({ access_token: tokens.access_token }) })).sub, tokens.claims()!.sub)
})

module('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async (t, { config, browser }) => {
  const started = await startAuthorization(config)
  const url = new URL(started.url)
  url.searchParams.delete('nonce')
  const { url: back } = await goOn(browser, await browser.open(url.href, appOrigin))
  const tokens = await openid.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier: started.verifier, expectedState: started.state })
  t.equal(tokens.claims()!.nonce, undefined)
})

module('oidcc-scope-profile', async (t, all) => {
  t.match(await userInfo(all, await all.signIn({ scope: 'openid profile' })), { name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace' })
})

module('oidcc-scope-email', async (t, all) => {
  t.match(await userInfo(all, await all.signIn({ scope: 'openid email' })), { email: 'ada@contoso.example', email_verified: true })
})

for (const scope of ['address', 'phone']) {
  module(`oidcc-scope-${scope}`, async (t, all) => {
    const tokens = await all.signIn({ scope: `openid ${scope}` })
    t.same(Object.keys(await userInfo(all, tokens)), ['sub'], 'a scope that is not there brings nothing, and is no error')
    t.notOk(all.config.serverMetadata().scopes_supported!.includes(scope))
  })
}

module('oidcc-scope-all', async (t, all) => {
  t.same(Object.keys(await userInfo(all, await all.signIn({ scope: 'openid profile email address phone' }))).sort(), ['email', 'email_verified', 'family_name', 'given_name', 'name', 'sub'])
})

module('oidcc-ensure-other-scope-order-succeeds', async (t, all) => {
  t.ok((await userInfo(all, await all.signIn({ scope: 'email openid' }))).email)
})

for (const display of ['page', 'popup']) {
  module(`oidcc-display-${display}`, async (t, { signIn }) => { t.ok((await signIn({ display })).id_token) })
}

module('oidcc-prompt-login', async (t, { signIn, ask, browser, config }) => {
  const first = await signIn()
  const started = await startAuthorization(config, { prompt: 'login' })
  const page = await browser.open(started.url, appOrigin)
  t.ok(isPicker(page), 'asked again')
  const second = await redeem(config, started, (await goOn(browser, page)).url)
  t.equal(second.claims()!.sub, first.claims()!.sub)
  t.ok(second.claims()!.auth_time! >= first.claims()!.iat)
  t.ok(answerOf(await ask()).code, 'and once is enough')
})

module('oidcc-prompt-none-not-logged-in', async (t, { ask }) => { t.equal(answerOf(await ask({ prompt: 'none' })).error, 'login_required') })

module('oidcc-prompt-none-logged-in', async (t, { signIn, ask, config, browser }) => {
  const first = await signIn()
  const started = await startAuthorization(config, { prompt: 'none' })
  const second = await redeem(config, started, (await browser.open(started.url)).url)
  t.equal(second.claims()!.sub, first.claims()!.sub)
  t.ok(await ask())
})

module('oidcc-max-age-1', async (t, { signIn, ask }) => {
  await signIn()
  // Made sure of by time alone: the module waits, too.
  const until = performance.now() + 2_100
  while (performance.now() < until) await ask({ prompt: 'none' })
  t.ok(isPicker(await ask({ max_age: '1' })))
})

module('oidcc-max-age-10000', async (t, { signIn, ask, config, browser }) => {
  const first = await signIn({ max_age: '15000' })
  const started = await startAuthorization(config, { max_age: '10000' })
  const page = await browser.open(started.url)
  t.ok(answerOf(page).code, 'not asked')
  const second = await redeem(config, started, page.url, { maxAge: 10_000 })
  t.equal(second.claims()!.auth_time, first.claims()!.auth_time)
  t.ok(await ask())
})

module('oidcc-ensure-request-with-unknown-parameter-succeeds', async (t, { signIn }) => { t.ok((await signIn({ extra: 'foobar' })).id_token) })

module('oidcc-id-token-hint', async (t, { signIn, config, browser }) => {
  const first = await signIn()
  const started = await startAuthorization(config, { prompt: 'none', id_token_hint: first.id_token! })
  t.equal((await redeem(config, started, (await browser.open(started.url)).url)).claims()!.sub, first.claims()!.sub)
})

module('oidcc-login-hint', async (t, { signIn }) => { t.ok((await signIn({ login_hint: 'ada@contoso.example' })).id_token) })
module('oidcc-ui-locales', async (t, { signIn }) => { t.ok((await signIn({ ui_locales: 'se' })).id_token) })
module('oidcc-claims-locales', async (t, { signIn }) => { t.ok((await signIn({ claims_locales: 'se' })).id_token) })
module('oidcc-ensure-request-with-acr-values-succeeds', async (t, { signIn }) => { t.ok((await signIn({ acr_values: '1 2' })).id_token) })

module('oidcc-codereuse', async (t, { config, browser }) => {
  const started = await startAuthorization(config)
  const { url } = await goOn(browser, await browser.open(started.url))
  await redeem(config, started, url)
  t.equal(await errorOf(redeem(config, started, url)), 'invalid_grant')
})

module('oidcc-ensure-registered-redirect-uri', async (t, { ask }) => {
  const page = await ask({ redirect_uri: `${callback}/other` })
  t.match({ status: page.status, url: new URL(page.url).origin === appOrigin }, { status: 400, url: false })
})

module('oidcc-ensure-post-request-succeeds', async (t, { config, browser, site }) => {
  const started = await startAuthorization(config)
  const page = await browser.submit(`${site.issuer}/authorize`, Object.fromEntries(new URL(started.url).searchParams), appOrigin)
  t.ok((await redeem(config, started, (await goOn(browser, page)).url)).id_token)
})

module('oidcc-server-client-secret-post', async (t, { site }) => {
  const config = await site.discover('post', openid.ClientSecretPost(secret))
  t.ok((await signInTo(config, site.newBrowser())).id_token)
})

module('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async (t, { ask }) => {
  t.equal(answerOf(await ask({ request: 'eyJhbGciOiJub25lIn0.e30.' })).error, 'request_not_supported')
})

module('oidcc-claims-essential', async (t, all) => {
  const tokens = await all.signIn({ claims: '{"userinfo":{"name":{"essential":true}}}' })
  t.match(await userInfo(all, tokens), { name: 'Ada Lovelace' })
})

module('oidcc-ensure-request-object-with-redirect-uri', async (t, { ask }) => {
  const object = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ redirect_uri: `${callback}/other` })).toString('base64url')}.`
  const page = await ask({ request: object })
  t.equal(answerOf(page).error, 'request_not_supported')
  t.ok(page.url.startsWith(`${callback}?`))
})

module('oidcc-refresh-token', async (t, { signIn, config }) => {
  const first = await signIn({ scope: 'openid offline_access', prompt: 'consent' })
  const second = await openid.refreshTokenGrant(config, first.refresh_token!)
  const [before, after] = [first.claims()!, second.claims()!]
  t.same([after.iss, after.sub, after.aud], [before.iss, before.sub, before.aud])
  t.equal(await errorOf(openid.fetchUserInfo(config, second.access_token, after.sub)), null)
})

module('oidcc-ensure-request-with-valid-pkce-succeeds', async (t, { signIn }) => { t.ok((await signIn()).id_token) })

module('oidcc-rp-initiated-logout-discovery-endpoint-verification', async (t, { config, site }) => {
  t.equal(config.serverMetadata().end_session_endpoint, `${site.issuer}/logout`)
})

/** Signs in, asks to sign out, and says whether that is so. Gives the page where it ends. */
async function signOut ({ signIn, browser, site, ask }: Scene, query: (tokens: Tokens) => Record<string, string>): Promise<{ first: Page, last: Page, isOut: boolean }> {
  const tokens = await signIn()
  const first = await browser.open(`${site.issuer}/logout?${new URLSearchParams(query(tokens))}`, appOrigin)
  const last = first.status === 200 ? await submit(browser, first, 'name="xsrf"', { logout: 'yes' }) : first
  return { first, last, isOut: answerOf(await ask({ prompt: 'none' })).error === 'login_required' }
}

const back = { post_logout_redirect_uri: afterLogout }

module('oidcc-rp-initiated-logout', async (t, all) => {
  const { last, isOut } = await signOut(all, ({ id_token: hint }) => ({ id_token_hint: hint!, ...back, state: 'xyz' }))
  t.same([last.url, isOut], [`${afterLogout}?state=xyz`, true])
})

module('oidcc-rp-initiated-logout-no-state', async (t, all) => {
  const { last, isOut } = await signOut(all, ({ id_token: hint }) => ({ id_token_hint: hint!, ...back }))
  t.same([last.url, isOut], [afterLogout, true])
})

module('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async (t, all) => {
  const { last, isOut } = await signOut(all, ({ id_token: hint }) => ({ id_token_hint: hint!, state: 'xyz' }))
  t.same([new URL(last.url).origin, isOut], [all.site.origin, true])
  t.match(last.body, 'You are signed out')
})

module('oidcc-rp-initiated-logout-only-state', async (t, all) => {
  const { last, isOut } = await signOut(all, () => ({ state: 'xyz' }))
  t.match(last.body, 'You are signed out')
  t.equal(isOut, true)
})

module('oidcc-rp-initiated-logout-no-params', async (t, all) => {
  const { last, isOut } = await signOut(all, () => ({}))
  t.match(last.body, 'You are signed out')
  t.equal(isOut, true)
})

module('oidcc-rp-initiated-logout-no-id-token-hint', async (t, all) => {
  const { last } = await signOut(all, () => ({ ...back, state: 'xyz' }))
  t.equal(new URL(last.url).origin, all.site.origin, 'nobody goes where no app is known for it')
})

const refusals: Record<string, (tokens: Tokens) => Record<string, string>> = {
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': ({ id_token: hint }) => ({ id_token_hint: hint!, post_logout_redirect_uri: `${afterLogout}/other`, state: 'xyz' }),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': ({ id_token: hint }) => ({ id_token_hint: hint!, post_logout_redirect_uri: `${afterLogout}?foo=bar`, state: 'xyz' }),
  'oidcc-rp-initiated-logout-modified-id-token-hint': ({ id_token: hint }) => ({ id_token_hint: hint!.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...decodeJwt(hint!), sub: 'other' })).toString('base64url')}.`), ...back }),
  'oidcc-rp-initiated-logout-bad-id-token-hint': () => ({ id_token_hint: 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJiYXNpYyJ9.', ...back })
}

for (const [name, query] of Object.entries(refusals)) {
  module(name, async (t, all) => {
    const { first, isOut } = await signOut(all, query)
    t.equal(first.status, 400)
    t.match(first.body, 'That did not work')
    t.equal(isOut, false)
  })
}

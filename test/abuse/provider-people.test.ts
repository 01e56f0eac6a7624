import * as openid from 'openid-client'
import type { Browser, Page } from '../identity/browser.ts'
import { ask, good } from '../identity/requests.ts'
import { afterLogout, answerOf, appOrigin, clients, errorOf, goOn, secret, startAuthorization, submit } from '../identity/site.ts'
import { takesLong } from '../patient.ts'
import { isRefusedByProvider, type ProviderWorld, startProviderWorld } from './provider-world.ts'
import { tries } from './trial.ts'

takesLong()

const unknown = { status: 400, error: 'invalid_request' }

/** Signs somebody in to the application, in a browser of their own. */
async function signedIn (world: ProviderWorld, account = 'ada'): Promise<Browser> {
  const browser = world.newBrowser()
  await goOn(browser, await browser.open(`${world.origin}/auth/microsoft/login`), account)
  return browser
}

/** What keeps a page out of frames of others, and what it may do. */
const guards = (page: Page): unknown => ({
  policy: ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"].filter((part) => !String(page.headers['content-security-policy']).includes(part)),
  cache: page.headers['cache-control'],
  frames: page.headers['x-frame-options'] ?? 'DENY',
  sniffing: page.headers['x-content-type-options']
})
const guarded = { policy: [], cache: 'no-store', frames: 'DENY', sniffing: 'nosniff' }

tries('P14', 'a link of anybody\'s signs nobody out: people are asked, on a page that only their browser can answer', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('spa')
  const browser = world.newBrowser()
  const tokens = await world.signInTo(config, browser, { scope: 'openid offline_access' })
  const queries = ['', '?client_id=spa', `?client_id=spa&post_logout_redirect_uri=${encodeURIComponent(afterLogout)}`, `?post_logout_redirect_uri=${encodeURIComponent('https://evil.example/')}`, `?id_token_hint=${tokens.id_token}`, '?logout=yes&xsrf=x']
  for (const query of queries) {
    const page = await browser.open(`${world.issuer}/logout${query}`, 'https://evil.example')
    t.equal(page.status, 200)
    t.match(page.body, 'Sign out?', query.slice(0, 30))
    t.notMatch(page.body, 'evil.example')
  }
  t.match((await browser.submit(`${world.issuer}/logout`, { client_id: 'spa', logout: 'yes' }, 'https://evil.example')).body, 'Sign out?', 'and so is whoever posts')
  for (const xsrf of ['', 'x', 'f'.repeat(48)]) await isRefusedByProvider(t, world, `xsrf ${xsrf}`, unknown, async () => await browser.submit(`${world.issuer}/logout/confirm`, { xsrf, logout: 'yes' }, 'https://evil.example'))
  const other = await signedIn(world, 'noel')
  const theirs = await other.open(`${world.issuer}/logout`)
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(theirs.body)![1]!
  await isRefusedByProvider(t, world, 'with the secret of another browser', unknown, async () => ({ answer: await browser.submit(`${world.issuer}/logout/confirm`, { xsrf, logout: 'yes' }, 'https://evil.example'), sent: [xsrf] }))
  t.equal(await errorOf(openid.refreshTokenGrant(config, tokens.refresh_token!)), null, 'nothing has ended')
  t.equal((await browser.once(`${world.origin}/me`)).status, 200)
  const own = await browser.open(`${world.issuer}/logout`)
  await submit(browser, own, 'name="xsrf"', { logout: 'yes' })
  t.not((await browser.once(`${world.origin}/me`)).status, 200, 'control: who answers it is out')
})

tries('P15', 'what one browser is asked no other one sees, answers or goes on with', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('guest', openid.ClientSecretBasic(secret))
  const [attacker, victim] = [await signedIn(world, 'mallory'), await signedIn(world, 'ada')]
  const begin = async (browser: Browser) => (await browser.once((await startAuthorization(config)).url)).headers.location as string
  const [theirs, own] = [await begin(attacker), await begin(victim)]
  t.match((await attacker.open(world.origin + theirs)).body, 'Allow', 'control: whose it is sees it')
  await isRefusedByProvider(t, world, 'opened elsewhere', unknown, async () => await victim.open(world.origin + theirs))
  await isRefusedByProvider(t, world, 'answered elsewhere', unknown, async () => await victim.submit(world.origin + theirs, { answer: 'allow' }))
  await isRefusedByProvider(t, world, 'gone on with elsewhere', unknown, async () => await victim.open(`${world.issuer}/authorize/${theirs.split('/').at(-1)}`))
  await isRefusedByProvider(t, world, 'opened by nobody', unknown, async () => await world.newBrowser().open(world.origin + theirs))
  await isRefusedByProvider(t, world, 'one that there is not', unknown, async () => await victim.open(`${world.origin}/auth/identity/interaction/unknown`))
  t.match((await victim.open(world.origin + own)).body, 'Allow', 'control: the victim\'s own is there')
  const stranger = { status: 'app' } as const
  await isRefusedByProvider(t, world, 'silently, by nobody', { ...stranger, error: 'login_required' }, async () => await ask(world, { ...good, prompt: 'none' }))
  for (const [client, error] of [['guest', 'consent_required'], ['native', 'interaction_required']] as const) {
    const { told } = await ask(world, { ...good, client_id: client, prompt: 'none', ...(client === 'native' && { redirect_uri: 'com.example.app:/callback' }) }, victim)
    t.match(told, { error }, `silently, ${client}: without consent`)
  }
  t.ok((await ask(world, { ...good, prompt: 'none' }, victim)).told.code, 'control: silently where nothing has to be asked')
})

tries('P15', 'who answers is who was asked', async (t, engine) => {
  const world = await startProviderWorld(t, engine, { identity: { clients: [clients.spa, clients.guest] } })
  const config = await world.discover('guest', openid.ClientSecretBasic(secret))
  const browser = await signedIn(world, 'ada')
  const page = await browser.open((await startAuthorization(config)).url)
  await goOn(browser, await browser.open(`${world.origin}/auth/microsoft/login`), 'noel')
  await isRefusedByProvider(t, world, 'somebody else who has signed in meanwhile', unknown, async () => await submit(browser, page, 'value="allow"'))
  const { id } = JSON.parse((await browser.once(`${world.origin}/me`)).body) as { id: string }
  t.same(await world.app.identity.consents(id), [])
})

tries('P23', 'no page of ours is shown in a frame, and only our own page is answered', async (t, engine) => {
  const world = await startProviderWorld(t, engine)
  const config = await world.discover('guest', openid.ClientSecretBasic(secret))
  const browser = await signedIn(world)
  const consent = await browser.open((await startAuthorization(config, { scope: 'openid email' })).url, appOrigin)
  const pages = {
    'sign-in': await world.newBrowser().open(`${world.origin}/auth/sign-in`),
    consent,
    'signing out': await browser.open(`${world.issuer}/logout`),
    'signed out': await world.newBrowser().open(`${world.issuer}/logout`),
    account: await browser.open(`${world.origin}/auth/account`),
    refusal: await browser.open(`${world.issuer}/authorize?client_id=unknown`),
    error: await browser.open(`${world.origin}/auth/error?error=invalid_state`)
  }
  for (const [title, page] of Object.entries(pages)) t.match(guards(page), guarded, title)
  t.match(String(consent.headers['content-security-policy']), `form-action 'self' ${appOrigin}`)
  t.notMatch(consent.body, '<b>app</b>', 'what an app is called is text')
  for (const words of ['Guest &lt;b&gt;app&lt;/b&gt;', 'Ada Lovelace', 'localhost:9']) t.match(consent.body, words)
  const before = await world.rows()
  const foreign = await browser.submit(consent.url, { answer: 'allow' }, 'https://evil.example')
  t.match(foreign.url, /\/auth\/error\?error=cross_site_request$/)
  t.equal((await browser.submit(consent.url, { answer: 'perhaps' })).status, 400)
  for (const path of ['authorize', 'logout']) t.notMatch((await browser.submit(`${world.issuer}/${path}`, { answer: 'allow', client_id: 'guest' }, 'https://evil.example')).url, 'code=')
  t.equal(await world.rows(), before, 'and nothing is let through')
  t.ok(answerOf(await submit(browser, consent, 'value="allow"')).code, 'control: our own page lets it')
})

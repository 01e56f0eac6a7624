import { mock } from 'node:test'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { recentAcr } from '../../src/identity/recent-acr.ts'
import type { Browser, Page } from '../identity/browser.ts'
import { answerOf, appOrigin, clients, goOn, redeem, secret, signInTo, startAuthorization, startSite } from '../identity/site.ts'
import { takesLong } from '../patient.ts'

takesLong()

const minute = 60_000
const isPicker = ({ body }: Page): boolean => body.includes('name="simulator_account"')

/** A site at a time of the test's own, with an app and a browser that is signed in. */
async function startScene (t: Pick<Test, 'teardown'>) {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5, 12) })
  t.teardown(() => mock.timers.reset())
  const site = await startSite(t)
  const config = await site.discover('basic', openid.ClientSecretBasic(secret))
  const browser = site.newBrowser()
  const first = await signInTo(config, browser, { max_age: '3600' })
  const start = async (parameters: Record<string, string>, from: Browser = browser) => {
    const started = await startAuthorization(config, parameters)
    return { started, page: await from.open(started.url, appOrigin) }
  }
  const finish = async (parameters: Record<string, string>, account = 'ada') => {
    const { started, page } = await start(parameters)
    t.teardown(() => {})
    return { page, end: await goOn(browser, page, account), started }
  }
  return { site, config, browser, first, start, finish }
}

t.test('max_age: an older sign-in does not do, and auth_time says when it was', async (t) => {
  const { config, first, start, finish } = await startScene(t)
  const signedInAt = Date.now() / 1_000
  t.equal(first.claims()!.auth_time, signedInAt)
  mock.timers.tick(5 * minute)
  t.ok(answerOf((await start({ max_age: '301' })).page).code, 'young enough')
  const { page, end, started } = await finish({ max_age: '299' })
  t.ok(isPicker(page), 'too old')
  const tokens = await redeem(config, started, end.url, { maxAge: 299 })
  t.equal(tokens.claims()!.auth_time, signedInAt + 300)
  t.equal(tokens.claims()!.sub, first.claims()!.sub)
})

t.test('prompt=login and max_age=0: Microsoft asks again, and an earlier sign-in does not pass for it', async (t) => {
  const { site, browser, start } = await startScene(t)
  for (const parameters of [{ prompt: 'login' }, { max_age: '0' }]) {
    mock.timers.tick(minute)
    const { page } = await start(parameters as unknown as Record<string, string>)
    t.ok(isPicker(page))
    t.match(new URL(page.url).searchParams.get('prompt'), 'login', 'Microsoft is asked for it')
    const interaction = new URL(new URL(page.url).searchParams.get('redirect_uri')!).origin
    t.equal(interaction, site.origin)
    const uid = /interaction\/([\w-]+)/.exec(site.log().split('\n').filter((line) => line.includes('/interaction/')).at(-1)!)![1]
    t.ok(isPicker(await browser.open(`${site.issuer}/interaction/${uid}`)), 'who goes back without having signed in is asked again')
    t.ok(answerOf(await goOn(browser, page)).code)
  }
})

t.test('an authority that does not heed prompt=login: the app is told, and the browser is not sent round for ever', async (t) => {
  const { site, browser, start } = await startScene(t)
  mock.timers.tick(2 * minute)
  const { page } = await start({ prompt: 'login' })
  t.ok(isPicker(page))
  const uid = /interaction\/([\w-]+)/.exec(site.log().split('\n').filter((line) => line.includes('/interaction/')).at(-1)!)![1]
  // A session of after the question, by a sign-in of before it: what such an authority would answer with.
  await goOn(browser, await browser.open(`${site.origin}/auth/microsoft/login`))
  t.equal(answerOf(await browser.open(`${site.issuer}/interaction/${uid}`)).error, 'login_required')
  t.ok(answerOf((await start({})).page).code, 'who is signed in still is')
})

t.test('prompt=select_account: another account may come back', async (t) => {
  const { config, first, finish } = await startScene(t)
  mock.timers.tick(minute)
  const { page, end, started } = await finish({ prompt: 'select_account' }, 'pat')
  t.match(new URL(page.url).searchParams.get('prompt'), 'select_account')
  t.not((await redeem(config, started, end.url)).claims()!.sub, first.claims()!.sub)
})

t.test('prompt=select_account with prompt=login or max_age: choosing an account is not showing who one is', async (t) => {
  const { config, browser, start } = await startScene(t)
  for (const parameters of [{ prompt: 'select_account login' }, { prompt: 'select_account', max_age: '60' }] as Array<Record<string, string>>) {
    mock.timers.tick(5 * minute)
    const { started, page } = await start(parameters)
    t.match(new URL(page.url).searchParams.get('prompt'), 'select_account')
    const asked = await browser.submit(page.url, { simulator_account: 'ada' })
    t.ok(isPicker(asked))
    t.match(new URL(asked.url).searchParams.get('prompt'), 'login', 'asked for it')
    const tokens = await redeem(config, started, (await goOn(browser, asked)).url, { maxAge: 60 })
    t.equal(tokens.claims()!.auth_time, Date.now() / 1_000)
  }
})

t.test('acr_values: a recent sign-in is asked for where there is none, and the token says so', async (t) => {
  const { config, start, finish } = await startScene(t)
  const acrOf = async ({ started, end }: { started: Parameters<typeof redeem>[1], end: Page }) => (await redeem(config, started, end.url)).claims()!.acr
  mock.timers.tick(9 * minute)
  t.equal(await acrOf(await finish({ acr_values: recentAcr })), recentAcr, 'nine minutes are recent')
  mock.timers.tick(2 * minute)
  const plain = await finish({ acr_values: 'urn:something:else' })
  t.notOk(isPicker(plain.page), 'what is only wished for and not to be had is let through')
  t.equal(await acrOf(plain), undefined)
  const again = await finish({ acr_values: recentAcr })
  t.ok(isPicker(again.page))
  t.equal(await acrOf(again), recentAcr)
  mock.timers.tick(20 * minute)
  t.ok(isPicker((await start({ claims: JSON.stringify({ id_token: { acr: { essential: true, value: recentAcr } } }) })).page), 'by the claims parameter as well')
  t.ok(isPicker((await start({ claims: JSON.stringify({ id_token: { acr: { values: [recentAcr] } } }) })).page))
  mock.timers.tick(20 * minute)
  const impossible = await finish({ claims: JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:something:else'] } } }) })
  t.equal(answerOf(impossible.end).error, 'unmet_authentication_requirements', 'what must be and cannot is an error, and no question for ever')
})

t.test('id_token_hint and a wanted sub: somebody else does not do', async (t) => {
  const { config, first, start, finish } = await startScene(t)
  const hint = { id_token_hint: first.id_token! }
  t.ok(answerOf((await start(hint)).page).code, 'the same person does')
  t.equal(answerOf((await start({ ...hint, prompt: 'none' })).page).error, undefined)
  mock.timers.tick(minute)
  await finish({ prompt: 'select_account' }, 'pat')
  t.equal(answerOf((await start({ ...hint, prompt: 'none' })).page).error, 'login_required')
  const other = await finish(hint, 'pat')
  t.ok(isPicker(other.page), 'asked for')
  t.equal(new URL(other.page.url).searchParams.get('prompt'), 'select_account')
  t.equal(answerOf(other.end).error, 'login_required', 'and told, where it is somebody else again')
  mock.timers.tick(minute)
  const right = await finish(hint)
  t.equal((await redeem(config, right.started, right.end.url)).claims()!.sub, first.claims()!.sub)
  const claims = JSON.stringify({ id_token: { sub: { value: 'nobody' } } })
  mock.timers.tick(minute)
  t.equal(answerOf((await finish({ claims })).end).error, 'login_required')
})

t.test('login_hint goes to Microsoft; what is none is left out', async (t) => {
  const { site, start } = await startScene(t)
  const { page } = await start({ login_hint: 'pat@outlook.example' }, site.newBrowser())
  t.equal(new URL(page.url).searchParams.get('login_hint'), 'pat@outlook.example')
  const { page: strange } = await start({ login_hint: 'no hint <b>' }, site.newBrowser())
  t.equal(new URL(strange.url).searchParams.get('login_hint'), null)
  t.ok(isPicker(strange))
})

t.test('who cancels at Microsoft is not signed in to the app either', async (t) => {
  const { site, start } = await startScene(t)
  const browser = site.newBrowser()
  const { page } = await start({}, browser)
  const end = await goOn(browser, page, 'carl')
  t.match(end.url, '/auth/error?error=access_denied')
})

t.test('an authorization request may be posted by another site, and who is signed in is signed in', async (t) => {
  const { site, browser, start } = await startScene(t)
  const { started } = await start({})
  const { searchParams } = new URL(started.url)
  const page = await browser.submit(`${site.issuer}/authorize`, Object.fromEntries(searchParams), appOrigin)
  t.ok(answerOf(page).code)
  t.equal((await browser.submit(`${site.issuer}/authorize`, {}, appOrigin)).status, 400)
})

t.test('the answer may be posted to the app, by a page that runs its own script and nothing else', async (t) => {
  const { start } = await startScene(t)
  const { page } = await start({ response_mode: 'form_post' })
  t.match(page.body, `action="${clients.basic.redirectUrls[0]}"`)
  t.match(page.headers['content-security-policy'], /script-src 'sha256-[\w+/=]+';/)
  t.match(page.headers['content-security-policy'], "frame-ancestors 'none'")
})

t.test('while sign-ins are switched off, who is signed in goes on, and others read that they are', async (t) => {
  const site = await startSite(t, { entra: { enabled: false } })
  const page = await site.newBrowser().open((await startAuthorization(await site.discover('spa'))).url)
  t.match(page.body, 'switched off')
})

t.test('who is disabled while an app is being signed in to is not let in', async (t) => {
  const { site, browser, first, config } = await startScene(t)
  const { accounts } = site.app
  const { userId } = { userId: first.claims()!.sub }
  const started = await startAuthorization(config, { prompt: 'none' })
  await accounts.disable(userId)
  t.equal(answerOf(await browser.open(started.url)).error, 'login_required')
})

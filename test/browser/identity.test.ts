import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { startExample } from '../examples/program.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { needsChromium } from '../services.ts'
import { faultsOf, launchChromium, patience } from './chromium.ts'

takesLong()

t.test('one provider and two apps: sign in once, be signed in at both, sign out once, in Chromium', needsChromium(), async (t) => {
  const [webAppPort, singlePagePort] = [await reservePort(), await reservePort()]
  const [webApp, singlePageApp] = [`http://127.0.0.1:${webAppPort}`, `http://[::1]:${singlePagePort}`]
  const example = await startExample('identity/start.ts', { DATABASE: join(t.testdir(), 'identity.sqlite'), WEB_APP_URL: webApp, SINGLE_PAGE_APP_URL: singlePageApp, LOG_LEVEL: 'error' })
  t.teardown(async () => await example.stop())
  const browser = await launchChromium(t)
  const context = await browser.newContext()
  context.setDefaultTimeout(patience)
  const complaints: string[] = []
  context.on('console', (message) => { if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) complaints.push(`${message.text()} at ${message.location().url}`) })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  const web = await context.newPage()
  const single = await context.newPage()
  /** Goes to a button or link by keyboard alone, and presses it. */
  const pressByKeyboard = async (page: Page, name: string): Promise<void> => {
    for (let tabs = 0; tabs < 10; tabs++) {
      await page.keyboard.press('Tab')
      if (await page.evaluate('document.activeElement.textContent') === name) return await page.keyboard.press('Enter')
    }
    t.fail(`${name} cannot be reached by keyboard`)
  }

  await t.test('the web app: to Microsoft and back, by keyboard', async (t) => {
    await web.goto(webApp)
    await pressByKeyboard(web, 'Sign in')
    await web.getByRole('heading', { name: 'Pick an account' }).waitFor()
    await web.getByRole('button', { name: 'Ada Lovelace ada@contoso.example' }).first().click()
    await web.waitForURL(`${webApp}/`)
    t.match(await web.locator('main').innerText(), 'Hello, Ada Lovelace.')
  })

  await t.test('the single-page app: no sign-in, and a page that asks what it may have', async (t) => {
    await single.goto(singlePageApp)
    await single.getByRole('button', { name: 'Sign in' }).click()
    await single.getByRole('heading', { name: 'Sign in to The single-page app?' }).waitFor()
    t.same(await faultsOf(single), [], 'axe')
    const text = await single.locator('main').innerText()
    for (const part of ['You are signed in as Ada Lovelace', 'See your name', 'what speaks for your e-mail address', `[::1]:${singlePagePort}`]) t.ok(text.includes(part), part)
    await pressByKeyboard(single, 'Allow')
    await single.getByText('Hello, Ada Lovelace').waitFor()
    t.match(await single.locator('#state').innerText(), 'ada@contoso.example is proven to be yours (90 of 100)')
    await single.getByRole('button', { name: 'Look again' }).click()
    await single.reload()
    await single.getByRole('button', { name: 'Sign in' }).click()
    await single.getByText('Hello, Ada Lovelace').waitFor()
    t.pass('and not a second time')
  })

  await t.test('signed out at one, signed out at both', async (t) => {
    await single.getByRole('button', { name: 'Sign out' }).click()
    await single.getByRole('heading', { name: 'Sign out?' }).waitFor()
    t.same(await faultsOf(single), [], 'axe')
    await pressByKeyboard(single, 'Stay signed in')
    await single.waitForURL(`${singlePageApp}/`)
    await web.reload()
    t.match(await web.locator('main').innerText(), 'Hello, Ada Lovelace.', 'who stays is still there')

    await single.getByRole('button', { name: 'Sign in' }).click()
    await single.getByText('Hello, Ada Lovelace').waitFor()
    await web.getByRole('link', { name: 'Sign out' }).click()
    await web.getByRole('heading', { name: 'Sign out?' }).waitFor()
    t.match(await web.locator('main').innerText(), 'The web app asks whether you want to sign out')
    await pressByKeyboard(web, 'Sign out')
    await web.waitForURL(`${webApp}/`)
    t.match(await web.locator('main').innerText(), 'You are not signed in here')

    t.same(complaints.splice(0), [], 'no script failed, and no policy was in the way')
    const complaint = context.waitForEvent('console', (message) => message.type() === 'error')
    await single.getByRole('button', { name: 'Look again' }).click()
    await single.getByText('You were signed out.').waitFor()
    // Chromium says that userinfo answered with 401.
    await complaint
    t.match(complaints.splice(0), [/401/])
  })

  await t.test('a sign-out elsewhere reaches the web app as well, without a browser', async (t) => {
    await web.getByRole('link', { name: 'Sign in' }).click()
    await web.getByRole('button', { name: 'Ada Lovelace ada@contoso.example' }).first().click()
    await web.waitForURL(`${webApp}/`)
    const account = await context.newPage()
    await account.goto(`${example.baseUrl}/auth/account`)
    await account.getByRole('button', { name: 'Sign out', exact: true }).click()
    await account.waitForURL(/\/auth\/sign-in\?signed_out=1$/)
    await web.reload()
    t.match(await web.locator('main').innerText(), 'You are not signed in here')
  })

  await t.test('the page for what cannot be answered', async (t) => {
    const page = await context.newPage()
    await page.goto(`${example.baseUrl}/auth/identity/authorize?client_id=nobody`)
    t.match(await page.locator('main').innerText(), 'Code: invalid_client')
    t.same(await faultsOf(page), [], 'axe')
  })
})

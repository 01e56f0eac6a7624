import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { startExample } from '../examples/program.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { needsChromium } from '../services.ts'
import { launchChromium, patience } from './chromium.ts'

takesLong()

t.test('a single-page app at an origin of its own does all there is by script, in Chromium', needsChromium(), async (t) => {
  const frontEnd = `http://localhost:${await reservePort()}`
  const api = await startExample('single-page-app/start.ts', { DATABASE: join(t.testdir(), 'app.sqlite'), FRONT_END_URL: frontEnd })
  t.teardown(async () => await api.stop())
  const browser = await launchChromium(t)
  const complaints: string[] = []
  const newPage = async (): Promise<Page> => {
    const page = await (await browser.newContext()).newPage()
    page.context().setDefaultTimeout(patience)
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
    page.on('pageerror', (error) => complaints.push(String(error)))
    return page
  }
  const signIn = async (page: Page, account: string): Promise<void> => {
    await page.goto(`${frontEnd}/orders`)
    await page.getByRole('link', { name: 'Sign in with Microsoft' }).click()
    await page.getByRole('button', { name: account }).first().click()
  }

  await t.test('who signs in comes back to the page, and is shown what is theirs; signing out shows nobody', async (t) => {
    const [page, other] = [await newPage(), await newPage()]
    for (const one of [other, page]) {
      await signIn(one, 'Ada Lovelace')
      await one.getByText('Good day, Ada Lovelace').waitFor()
      t.equal(one.url(), `${frontEnd}/orders`)
    }
    t.same(await page.locator('#sessions li').allInnerTexts().then((lines) => lines.map((line) => line.replace(/^Chrom\w+ on \w+|^A browser/, 'X'))), ['X (this one) End', 'X End'])
    await page.locator('#sessions button').nth(1).click()
    await page.locator('#sessions li').nth(1).waitFor({ state: 'detached' })
    await other.reload()
    await other.locator('#signed-out').waitFor()

    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByText('That did not work (last_identity).').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out.').waitFor()
    await page.locator('#signed-out').waitFor()
    t.notOk(await page.getByText('Good day').isVisible())
  })

  await t.test('a sign-in that is cancelled comes to the page as ?error=', async (t) => {
    const page = await newPage()
    await page.goto(frontEnd)
    await page.getByRole('link', { name: 'Sign in with Microsoft' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('You have cancelled the sign-in.').waitFor()
    t.equal(page.url(), `${frontEnd}/?error=access_denied`)
    await page.locator('#signed-out').waitFor()
  })

  await t.test('a one-time code is asked for and sent by script, and an account is added', async (t) => {
    const page = await newPage()
    await signIn(page, 'Grace Guest')
    await page.locator('#code').waitFor()
    t.equal(page.url(), `${frontEnd}/code`)
    const mailbox = await page.context().newPage()
    await mailbox.goto(`${api.baseUrl}/microsoft-simulator/mailbox`)
    const code = /\b\d{6}\b/.exec(await mailbox.locator('body').innerText())![0]
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
    await page.getByLabel('Code').fill(wrong)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('The code is not right.').waitFor()
    await page.getByLabel('Code').fill(code)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('Good day, Grace Guest').waitFor()
    t.equal(page.url(), `${frontEnd}/orders`)

    await page.getByRole('button', { name: 'Add an account' }).click()
    await page.getByRole('button', { name: 'Pat Personal' }).first().click()
    await page.locator('#identities li').nth(1).waitFor()
    t.equal(page.url(), `${frontEnd}/`)
  })

  await t.test('a page of another site reads nothing, also where somebody is signed in', async (t) => {
    const page = await newPage()
    await signIn(page, 'Ada Lovelace')
    await page.getByText('Good day, Ada Lovelace').waitFor()
    const seen = complaints.length
    const foreign = await page.context().newPage()
    await foreign.goto('data:text/html,<title>elsewhere</title>')
    const answer = await foreign.evaluate(async (url) => await fetch(url, { credentials: 'include' }).then(async (one) => await one.text(), (error) => String(error)), `${api.baseUrl}/auth/session`)
    t.equal(answer, 'TypeError: Failed to fetch')
    complaints.length = seen
  })

  const expected = /status of 4\d\d/
  t.same(complaints.filter((one) => !expected.test(one)), [], 'nothing but the refusals stands in the console')
})

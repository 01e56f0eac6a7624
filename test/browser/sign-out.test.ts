import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { startExample } from '../examples/program.ts'
import { takesLong } from '../patient.ts'
import { needsChromium } from '../services.ts'
import { launchChromium, patience } from './chromium.ts'

takesLong()

t.test('signing out at Microsoft and from there, in Chromium', needsChromium(), async (t) => {
  const demo = await startExample('demo.ts', { DATABASE: join(t.testdir(), 'demo.sqlite') })
  t.teardown(async () => await demo.stop())
  const browser = await launchChromium(t)
  const context = await browser.newContext()
  context.setDefaultTimeout(patience)
  const complaints: string[] = []
  const frames: string[] = []
  context.on('page', (page) => {
    page.on('console', (message) => { if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) complaints.push(message.text()) })
    page.on('response', (response) => { if (response.url().includes('/front-channel-logout')) frames.push(`${response.status()} ${new URL(response.url()).search.replace(/[0-9a-f-]{36}/, 'SID')}`) })
  })
  const signIn = async (page: Page): Promise<void> => {
    await page.goto(`${demo.baseUrl}/auth/microsoft/login`)
    await page.getByRole('button', { name: 'Ada Lovelace ada@contoso.example' }).click()
    await page.waitForURL('**/auth/account')
  }
  const pathOf = (page: Page): string => page.url().slice(demo.baseUrl.length)

  await t.test('by one button, here and there, and back to a page that says so', async (t) => {
    const [page, tab] = [await context.newPage(), await context.newPage()]
    await signIn(page)
    await tab.goto(`${demo.baseUrl}/auth/account`)
    t.equal(pathOf(tab), '/auth/account')
    await page.getByRole('button', { name: 'Sign out here and at Microsoft' }).click()
    await page.waitForURL('**/auth/sign-in?signed_out=microsoft')
    t.match(await page.getByRole('status').innerText(), 'You are signed out here, and back from signing out at Microsoft.')
    await tab.reload()
    t.equal(pathOf(tab), '/auth/sign-in')
    await tab.goto(`${demo.baseUrl}/auth/microsoft/login`)
    await tab.getByRole('heading', { name: 'Pick an account' }).waitFor()
    t.notMatch(await tab.locator('main').innerText(), 'Signed in')
    t.same(frames.splice(0), ['200 ?sid=SID'], 'the frame was called, and the session had ended')
  })

  await t.test('who signs out at Microsoft finds the session gone in another tab: the frame is called without a word', async (t) => {
    const [page, tab] = [await context.newPage(), await context.newPage()]
    await signIn(page)
    await tab.goto(`${demo.baseUrl}/microsoft-simulator/common/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent(`${demo.baseUrl}/auth/signed-out`)}`)
    await tab.getByRole('button', { name: 'Ada Lovelace' }).click()
    await tab.waitForURL('**/auth/sign-in?signed_out=microsoft')
    t.same(frames.splice(0), ['200 ?sid=SID'])
    await page.reload()
    t.equal(pathOf(page), '/auth/sign-in')
  })

  await t.test('no page has an error in the console: policies fit, and the frame is allowed', async (t) => {
    t.same(complaints, [])
  })
})

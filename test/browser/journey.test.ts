import { join } from 'node:path'
import type { ConsoleMessage, Page } from 'playwright-core'
import t from 'tap'
import { startExample } from '../examples/program.ts'
import { takesLong } from '../patient.ts'
import { needsChromium } from '../services.ts'
import { launchChromium, patience } from './chromium.ts'

takesLong()

t.test('a person signs in and out at the demonstration, in Chromium', needsChromium(), async (t) => {
  const DATABASE = join(t.testdir(), 'demo.sqlite')
  let demo = await startExample('demo.ts', { DATABASE })
  t.teardown(async () => await demo.stop())
  const browser = await launchChromium(t)

  const complaints: string[] = []
  const newPage = async (): Promise<Page> => {
    const page = await (await browser.newContext()).newPage()
    page.context().setDefaultTimeout(patience)
    page.on('console', (message) => { if (isComplaint(message)) complaints.push(message.text()) })
    page.on('pageerror', (error) => complaints.push(String(error)))
    return page
  }
  // Chromium asks for an icon beside pages that name none, such as /me of the application.
  const isComplaint = (message: ConsoleMessage): boolean => message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')
  const press = async (page: Page): Promise<void> => {
    await page.keyboard.press('Tab')
    await page.locator('a:focus, button:focus').waitFor()
    await page.keyboard.press('Enter')
  }
  const signIn = async (page: Page, account: string): Promise<void> => {
    await page.goto(`${demo.baseUrl}/auth/sign-in`)
    await page.getByRole('link', { name: 'Sign in with Microsoft' }).click()
    await page.getByRole('button', { name: account, exact: false }).first().click()
    await page.waitForURL('**/auth/account')
  }

  await t.test('from the button to the account page: user, address, score and evidence', async (t) => {
    const page = await newPage()
    await page.goto(demo.baseUrl)
    t.equal(new URL(page.url()).pathname, '/auth/sign-in')
    t.match(await page.locator('body').innerText(), /Simulated Microsoft/)
    await signIn(page, 'Ada Lovelace ada@contoso.example')
    t.equal(new URL(page.url()).pathname, '/auth/account')
    const text = await page.locator('main').innerText()
    for (const part of ['Ada Lovelace', 'ada@contoso.example', '90 of 100', 'domain_owner_verified']) t.match(text, part)
    t.match(await page.locator('body').innerText(), /Simulated Microsoft/)

    // The simulator remembers who is signed in there, by a cookie of its own path.
    const cookies = (await page.context().cookies()).filter(({ path }) => path !== '/microsoft-simulator')
    t.same(cookies.map(({ name, httpOnly, sameSite, path }) => ({ name, httpOnly, sameSite, path })),
      [{ name: `entra-session-${new URL(demo.baseUrl).port}`, httpOnly: true, sameSite: 'Lax', path: '/' }], 'the attempt is gone')

    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.waitForURL(/\/auth\/sign-in\?signed_out=1$/)
    await page.goto(`${demo.baseUrl}/auth/account`)
    t.equal(new URL(page.url()).pathname, '/auth/sign-in', 'signed out')
  })

  await t.test('a page that needs a user is reached after the sign-in', async (t) => {
    const page = await newPage()
    await page.goto(`${demo.baseUrl}/me?tab=2`)
    t.equal(new URL(page.url()).pathname, '/auth/sign-in')
    await page.getByRole('link', { name: 'Sign in with Microsoft' }).click()
    await page.getByRole('button', { name: 'Pat Personal' }).click()
    await page.waitForURL('**/me?tab=2')
    t.match(JSON.parse(await page.locator('pre').innerText()), { displayName: 'Pat Personal', email: { score: 90 } })
  })

  await t.test('two tabs sign in side by side', async (t) => {
    const first = await newPage()
    const second = await first.context().newPage()
    for (const page of [first, second]) {
      await page.goto(`${demo.baseUrl}/auth/microsoft/login`)
      await page.getByRole('heading', { name: 'Pick an account' }).waitFor()
    }
    for (const page of [first, second]) {
      await page.getByRole('button', { name: 'Noel Nomail' }).click()
      await page.waitForURL('**/auth/account')
      t.match(await page.locator('main').innerText(), 'Microsoft gave no address that can be used')
    }
  })

  await t.test('who cancels reads why, and gets back', async (t) => {
    const page = await newPage()
    await page.goto(`${demo.baseUrl}/auth/microsoft/login`)
    const complaint = page.waitForEvent('console', isComplaint)
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.waitForURL('**/auth/error?error=access_denied')
    t.match(await page.locator('main').innerText(), /cancelled, or consent was refused/)
    // The status of the page is the refusal's, and Chromium says so.
    await complaint
    t.match(complaints.splice(0), [/403/])
    await page.getByRole('link', { name: 'Back to sign-in' }).click()
    await page.waitForURL('**/auth/sign-in')
    t.pass('and back')
  })

  await t.test('an address that nobody vouches for is proven by the code in the mailbox', async (t) => {
    const page = await newPage()
    await page.goto(`${demo.baseUrl}/auth/microsoft/login`)
    await page.getByRole('button', { name: 'Grace Guest' }).click()
    await page.waitForURL('**/auth/code')
    const [mailbox] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Open the mailbox' }).click()])
    const code = /\b\d{6}\b/.exec(await mailbox.locator('pre').first().innerText())![0]
    const complaint = page.waitForEvent('console', isComplaint)
    await page.getByLabel('Code').fill(code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)))
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL('**/auth/code?error=otp_invalid')
    t.match(await page.getByRole('alert').innerText(), 'The code is not right.')
    // The status of the page is the refusal's, and Chromium says so.
    await complaint
    t.match(complaints.splice(0), [/400/])
    await page.getByLabel('Code').fill(code)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL('**/auth/account')
    t.match(await page.locator('main').innerText(), /100 of 100/)
  })

  await t.test('accounts and sessions outlive the server', async (t) => {
    const page = await newPage()
    await signIn(page, 'Noel Nomail')
    const before = await page.locator('dl').first().innerText()
    const port = new URL(demo.baseUrl).port
    await demo.stop()
    demo = await startExample('demo.ts', { DATABASE, PORT: port })
    await page.reload()
    t.equal(new URL(page.url()).pathname, '/auth/account')
    t.equal(await page.locator('dl').first().innerText(), before)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.waitForURL(({ pathname }) => pathname === '/auth/sign-in')
    await signIn(page, 'Noel Nomail')
    t.equal(await page.locator('dl').first().innerText(), before, 'the same account again')
  })

  await t.test('the whole way by keyboard', async (t) => {
    const page = await newPage()
    await page.goto(`${demo.baseUrl}/auth/sign-in`)
    await press(page)
    await page.waitForURL(({ pathname }) => pathname.endsWith('/authorize'))
    await press(page)
    await page.waitForURL('**/auth/account')
    await press(page)
    await page.waitForURL(/\/auth\/sign-in\?signed_out=1$/)
    t.pass('signed in and out')
  })

  await t.test('no page has an error in the console: the content security policy fits', async (t) => {
    t.same(complaints, [])
  })
})

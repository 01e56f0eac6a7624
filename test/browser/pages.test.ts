import Fastify from 'fastify'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { samples, serveSamples } from '../../tools/page-samples.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { needsChromium } from '../services.ts'
import { faultsOf, launchChromium, patience } from './chromium.ts'

takesLong()

/** What a page does to somebody who looks at it: asked of the browser, so written as it is run there. */
const looks = `(() => {
  const targets = [...document.querySelectorAll('a.button, a.microsoft, button, input:not([type=hidden])')].map((element) => element.getBoundingClientRect())
  const main = document.querySelector('main').getBoundingClientRect()
  const heading = document.querySelector('h1')
  return {
    overflows: document.documentElement.scrollWidth > innerWidth,
    small: targets.filter(({ width, height }) => width < 24 || height < 24).length,
    headingStarts: getComputedStyle(heading).direction === 'rtl' ? 'right' : 'left',
    centred: Math.abs(main.left - (innerWidth - main.right)) < 20
  }
})()`

interface Stop {
  readonly what: string
  readonly visible: boolean
}

/**
 * Presses Tab once around a page, and says what had the focus, and whether that could be seen.
 *
 * @param first - Where the page begins: a field may have the focus from the start.
 */
async function tabThrough (page: Page, first: string, count: number): Promise<Stop[]> {
  const stops: Stop[] = []
  for (let presses = 0; presses < 40 && stops.length < count; presses++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(`(() => {
      const { activeElement: element, body } = document
      if (element === body) return null
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return { what: element.getAttribute('aria-label') ?? (element.textContent.trim() || element.id), visible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 }
    })()`) as Stop | null
    if (stop !== null) stops.push(stop)
  }
  const start = stops.findIndex(({ what }) => what === first)
  return [...stops.slice(start), ...stops.slice(0, start)]
}

t.test('the pages, in Chromium', needsChromium(), async (t) => {
  const browser = await launchChromium(t)
  const complaints: string[] = []
  const newContext = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> => {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(patience)
    context.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !/status of (?:4|5)\d\d/.test(message.text()) && !message.location().url.endsWith('/favicon.ico')) complaints.push(`${message.text()} at ${message.location().url}`) })
    context.on('weberror', (error) => complaints.push(String(error.error())))
    return context
  }

  await t.test('each page at 360 and 1280 pixels, light and dark: axe finds nothing, nothing overflows, no target is too small, no policy is in the way', async (t) => {
    const server = await serveSamples()
    t.teardown(async () => await server.close())
    t.equal((await fetch(`${server.baseUrl}/nothing`)).status, 404)
    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await newContext({ viewport: { width, height: 800 }, colorScheme })
        const page = await context.newPage()
        for (const [name, { language: { dir } }] of Object.entries(samples)) {
          await page.goto(`${server.baseUrl}/${name}`)
          const where = `${name} at ${width} pixels, ${colorScheme}`
          t.same(await faultsOf(page), [], `axe: ${where}`)
          t.same(await page.evaluate(looks), { overflows: false, small: 0, headingStarts: dir === 'rtl' ? 'right' : 'left', centred: true }, where)
        }
        await context.close()
      }
    }
    t.same(complaints.splice(0), [], 'no script failed, and no policy was in the way')
  })

  await t.test('all that can be pressed on a page can be reached by keyboard, in the order in which it stands there, and is seen to have the focus', async (t) => {
    const server = await serveSamples()
    t.teardown(async () => await server.close())
    const context = await newContext()
    const page = await context.newPage()
    for (const name of Object.keys(samples)) {
      await page.goto(`${server.baseUrl}/${name}`)
      const there = await page.evaluate('[...document.querySelectorAll("a, button, input:not([type=hidden])")].map((element) => element.getAttribute("aria-label") ?? (element.textContent.trim() || element.id))') as string[]
      const stops = await tabThrough(page, there[0]!, there.length)
      t.same(stops.map(({ what }) => what), there, name)
      t.ok(stops.every(({ visible }) => visible), `${name}: the focus is seen`)
    }
    await context.close()
  })

  await t.test('the set-up assistant, with something wrong and something pasted, at both widths, light and dark', async (t) => {
    const port = await reservePort()
    const baseUrl = `http://localhost:${port}`
    const app = Fastify()
    await app.register(entra, { baseUrl, database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], use_email_as_identifier: true, allow_email_account_merge: true })
    await app.listen({ port, host: 'localhost' })
    t.teardown(async () => await app.close())
    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await newContext({ viewport: { width, height: 800 }, colorScheme, javaScriptEnabled: true })
        const page = await context.newPage()
        await page.goto(`${baseUrl}/auth/sign-in`)
        await page.getByRole('link', { name: 'Sign in with Microsoft' }).click()
        await page.getByRole('button', { name: /^Ada Lovelace ada@contoso/ }).click()
        await page.waitForURL('**/auth/account')
        await page.goto(`${baseUrl}/auth/setup`)
        await page.getByLabel('An ID token.').fill('no.token.atall')
        await page.getByRole('button', { name: 'Explain it' }).press('Enter')
        await page.getByRole('heading', { name: 'The token that you pasted' }).waitFor()
        const where = `at ${width} pixels, ${colorScheme}`
        t.same(await faultsOf(page), [], `axe: ${where}`)
        t.match(await page.evaluate(looks), { overflows: false, small: 0 }, where)
        await context.close()
      }
    }
    t.same(complaints.splice(0), [], 'no script failed, and no policy was in the way')
  })

  await t.test('a page that names another origin in its form stops at its policy: the tests above would see it', async (t) => {
    const server = await serveSamples()
    t.teardown(async () => await server.close())
    const context = await newContext()
    const page = await context.newPage()
    await page.goto(`${server.baseUrl}/consent`)
    await page.evaluate('document.forms[0].action = "https://elsewhere.example/"')
    const complaint = context.waitForEvent('console', (message) => message.text().includes('form-action'))
    await page.getByRole('button', { name: 'Allow' }).click({ noWaitAfter: true })
    await complaint
    t.match(complaints.splice(0), [/form-action/])
    await context.close()
  })

  await t.test('the whole way with script switched off, by keyboard, in German: code, account, link, unlink, sign out everywhere, sign out', async (t) => {
    const port = await reservePort()
    const baseUrl = `http://localhost:${port}`
    const app = Fastify()
    await app.register(entra, { baseUrl, database: ':memory:', secrets: ['test-secret-of-at-least-32-characters'], use_email_as_identifier: true, verify_email: true })
    app.get('/', async () => 'home')
    await app.listen({ port, host: 'localhost' })
    t.teardown(async () => await app.close())

    const context = await newContext({ javaScriptEnabled: false, locale: 'de-DE', viewport: { width: 360, height: 800 }, colorScheme: 'dark' })
    const page = await context.newPage()
    /** Goes to what is called so by Tab alone, and presses it. */
    const press = async (name: string | RegExp): Promise<void> => {
      const wanted = page.getByRole('link', { name }).or(page.getByRole('button', { name })).first()
      await wanted.waitFor()
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab')
        if (await page.locator(':focus').and(wanted).count() === 1) return await page.keyboard.press('Enter')
      }
      t.fail(`${String(name)} cannot be reached by keyboard`)
    }
    const heading = async (name: string): Promise<void> => await page.getByRole('heading', { level: 1, name }).waitFor()

    await page.goto(`${baseUrl}/auth/sign-in`)
    t.equal(await page.locator('html').getAttribute('lang'), 'de')
    await press('Mit Microsoft anmelden')
    await press(/^Amir/)
    await heading('Code eingeben')
    const mailbox = await context.newPage()
    const readCode = async (): Promise<string> => {
      await mailbox.goto(`${baseUrl}/microsoft-simulator/mailbox`)
      return /\b\d{6}\b/.exec(await mailbox.locator('pre').first().innerText())![0]
    }
    const right = await readCode()
    // The field has the focus from the start.
    await page.keyboard.type(right === '000000' ? '111111' : '000000')
    await page.keyboard.press('Enter')
    t.equal(await page.getByRole('alert').innerText(), 'Der Code ist nicht richtig.')
    t.equal(await page.getByLabel('Code', { exact: true }).getAttribute('aria-invalid'), 'true')
    t.match(await page.locator('main').innerText(), 'Sie haben 4 Versuche.')
    await page.keyboard.type(right)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/auth/account')
    t.match(await page.locator('main').innerText(), '100 von 100')

    await press('Weiteres Microsoft-Konto verknüpfen')
    await press(/^Pat/)
    await page.waitForURL('**/auth/account')
    t.match(await page.locator('main').innerText(), 'pat@outlook.example')
    await press('pat@outlook.example trennen')
    await page.getByText('pat@outlook.example').waitFor({ state: 'detached' })

    const other = await newContext({ locale: 'de-DE' })
    const elsewhere = await other.newPage()
    const signInElsewhere = async (): Promise<void> => {
      await elsewhere.goto(`${baseUrl}/auth/sign-in`)
      await elsewhere.getByRole('link', { name: 'Mit Microsoft anmelden' }).click()
      await elsewhere.getByRole('button', { name: /^Amir/ }).click()
      await elsewhere.waitForURL('**/auth/account')
      await page.reload()
    }
    const isOutElsewhere = async (): Promise<void> => {
      await elsewhere.reload()
      t.equal(new URL(elsewhere.url()).pathname, '/auth/sign-in', 'the other browser is signed out')
    }
    await signInElsewhere()
    await press('Überall sonst abmelden')
    await page.getByRole('button', { name: 'Überall sonst abmelden' }).waitFor({ state: 'detached' })
    await isOutElsewhere()

    await signInElsewhere()
    await press('Überall abmelden')
    await page.getByRole('status').waitFor()
    await isOutElsewhere()
    await other.close()

    await press('Mit Microsoft anmelden')
    await press(/^Amir/)
    await page.waitForURL('**/auth/account')
    await press('Abmelden')
    await page.getByRole('status').waitFor()
    t.match(await page.getByRole('status').innerText(), 'Sie sind hier abgemeldet.')

    await page.goto(`${baseUrl}/auth/microsoft/callback`)
    await heading('Sie sind nicht angemeldet')
    t.match(await page.locator('main').innerText(), /Code: invalid_state\nKennung: req-\w+/)
    await press('Neu beginnen')
    await heading('Anmelden')
    t.same(complaints.splice(0), [])
    await context.close()
  })
})

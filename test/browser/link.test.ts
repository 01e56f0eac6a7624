import Fastify from 'fastify'
import type { Page } from 'playwright-core'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { createSimulator } from '../../plugins/simulator.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { needsChromium } from '../services.ts'
import { launchChromium, patience } from './chromium.ts'

takesLong()

t.test('the policy of the account page lets the link form lead on to Microsoft, in Chromium', needsChromium(), async (t) => {
  const port = await reservePort()
  const baseUrl = `http://localhost:${port}`
  const simulator = createSimulator({ redirectUris: [`${baseUrl}/auth/microsoft/callback`] })
  const app = Fastify()
  await app.register(entra, {
    baseUrl, clientId: simulator.clientId, clientSecret: simulator.clientSecret, secrets: ['test-secret-of-at-least-32-characters'], database: ':memory:', environment: { fetch: simulator.fetch, agent: simulator.agent }
  })
  await app.listen({ port, host: 'localhost' })
  t.teardown(async () => { await app.close(); await simulator.close() })
  const { cookies } = await simulator.signIn(app, 'ada')
  // No name but this machine's is looked up: Microsoft is asked for, and not found.
  const browser = await launchChromium(t, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost')

  const openAccount = async (): Promise<{ page: Page, asked: string[], complaints: string[] }> => {
    const context = await browser.newContext()
    context.setDefaultTimeout(patience)
    await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: baseUrl })))
    const page = await context.newPage()
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    page.on('console', (message) => complaints.push(message.text()))
    return { page, asked, complaints }
  }
  const button = { name: 'Link another Microsoft account' }

  const narrow = await openAccount()
  await narrow.page.route('**/auth/account', async (route) => {
    const response = await route.fetch()
    const policy = response.headers()['content-security-policy']!.replace(/form-action [^;]*/, "form-action 'self'")
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } })
  })
  await narrow.page.goto(`${baseUrl}/auth/account`)
  const complaint = narrow.page.waitForEvent('console', (message) => message.text().includes('form-action'))
  await narrow.page.getByRole('button', button).click({ noWaitAfter: true })
  await complaint
  t.notOk(narrow.asked.includes('https://login.microsoftonline.com'), 'a policy without Microsoft stops the form')

  const { page, complaints } = await openAccount()
  await page.goto(`${baseUrl}/auth/account`)
  const toMicrosoft = page.waitForRequest((request) => request.url().startsWith('https://login.microsoftonline.com/common/oauth2/v2.0/authorize?'))
  await page.getByRole('button', button).click({ noWaitAfter: true })
  t.match(new URL((await toMicrosoft).url()).searchParams.get('prompt'), 'select_account')
  t.same(complaints.filter((text) => text.includes('form-action')), [])
})

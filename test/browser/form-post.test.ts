import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import { takesLong } from '../patient.ts'
import { reservePort } from '../ports.ts'
import { startSimulatedMicrosoft } from '../servers/simulated-microsoft.ts'
import { needsChromium } from '../services.ts'
import { launchChromium, patience } from './chromium.ts'

takesLong()

const strict = '7f6b2a54-2c1f-4b75-9d0e-0d8a3c5e9b11'

t.test('Microsoft\'s page posts the answer from another site, in Chromium', needsChromium(), async (t) => {
  const folder = t.testdir()
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
  // The application is at 127.0.0.1 with https, the simulator at localhost: two sites, however they are looked at.
  const port = await reservePort()
  const baseUrl = `https://127.0.0.1:${port}`
  const microsoft = await startSimulatedMicrosoft(t, {
    redirectUris: [`${baseUrl}/auth/microsoft/callback`, `${baseUrl}/auth/microsoft/admin-consent/callback`],
    tenants: [{ id: strict, domains: ['strict.example'], userConsent: false }],
    accounts: [{ key: 'worker', name: 'Wanda Worker', tenant: strict }, { key: 'boss', name: 'Bo Boss', tenant: strict, isAdministrator: true }]
  })
  const app = Fastify({ https: { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) } })
  const seen: string[] = []
  app.addHook('onRequest', async ({ method, url, headers }) => {
    if (url.startsWith('/auth/microsoft/callback')) seen.push(`${method} ${url.split('?')[0]} ${headers['sec-fetch-site'] as string} ${headers.cookie?.includes('entra-session') === true ? 'with' : 'without'} session`)
  })
  await app.register(entra, {
    baseUrl, responseMode: 'form_post', authority: microsoft.authority, clientId: microsoft.clientId, clientSecret: microsoft.clientSecret, database: ':memory:', secrets: ['test-secret-of-at-least-32-characters']
  })
  await app.listen({ port, host: '127.0.0.1' })
  t.equal((app.server.address() as AddressInfo).port, port)
  t.teardown(async () => await app.close())
  const browser = await launchChromium(t, '--ignore-certificate-errors')
  const newPage = async (options = {}) => {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true, ...options })).newPage()
    page.context().setDefaultTimeout(patience)
    return page
  }

  await t.test('from the button to the account page, and the cookies are what they have to be', async (t) => {
    const page = await newPage()
    await page.goto(`${baseUrl}/auth/sign-in`)
    await page.getByRole('link', { name: 'Sign in with Microsoft' }).click()
    await page.getByRole('button', { name: 'Ada Lovelace ada@contoso.example' }).first().waitFor()
    const [attempt] = await page.context().cookies(baseUrl)
    t.match(attempt, { name: /^__Host-entra-attempt-/, sameSite: 'None', secure: true, httpOnly: true })
    await page.getByRole('button', { name: 'Ada Lovelace ada@contoso.example' }).first().click()
    await page.waitForURL('**/auth/account')
    t.same(seen.splice(0), ['POST /auth/microsoft/callback cross-site without session', 'GET /auth/microsoft/callback/finish cross-site without session'])
    t.same((await page.context().cookies(baseUrl)).map(({ name, sameSite }) => ({ name, sameSite })), [{ name: '__Host-entra-session', sameSite: 'Lax' }])

    // The session stays behind while Microsoft's page posts, and is there when the link is made: A1 and A5.
    await page.getByRole('button', { name: 'Link another Microsoft account' }).click()
    await page.getByRole('button', { name: 'Pat Personal' }).click()
    await page.waitForURL('**/auth/account')
    t.same(seen.splice(0), ['POST /auth/microsoft/callback cross-site without session', 'GET /auth/microsoft/callback/finish cross-site with session'])
    t.match(await page.locator('main').innerText(), 'pat@outlook.example')

    // A sign-in over it ends it: O31.
    const old = await page.context().cookies(baseUrl)
    await page.goto(`${baseUrl}/auth/microsoft/login`)
    await page.getByRole('button', { name: 'Noel Nomail' }).click()
    await page.waitForURL('**/auth/account')
    const other = await newPage()
    await other.context().addCookies(old)
    await other.goto(`${baseUrl}/auth/account`)
    t.equal(new URL(other.url()).pathname, '/auth/sign-in', 'the session of before is over')
  })

  await t.test('without script the button of Microsoft\'s page does it', async (t) => {
    const page = await newPage({ javaScriptEnabled: false })
    await page.goto(`${baseUrl}/auth/microsoft/login`)
    await page.getByRole('button', { name: 'Noel Nomail' }).click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.waitForURL('**/auth/account')
    t.match(await page.locator('h1').innerText(), 'Noel Nomail')
  })

  await t.test('a form that is posted to nothing that waits ends on a page that offers to start again', async (t) => {
    const page = await newPage()
    await page.goto(`${baseUrl}/auth/microsoft/login`)
    await page.getByRole('button', { name: 'Noel Nomail' }).click()
    await page.waitForURL('**/auth/account')
    const state = 's'.repeat(43)
    await page.setContent(`<form method="post" action="${baseUrl}/auth/microsoft/callback"><input name="code" value="c"><input name="state" value="${state}"><button>again</button></form>`)
    await page.getByRole('button', { name: 'again' }).click()
    await page.waitForURL('**/auth/error?error=invalid_state')
    await page.getByRole('link', { name: 'Start again' }).click()
    await page.waitForURL('**/auth/sign-in')
    t.pass('and started again')
  })

  await t.test('a person of a strict tenant reads whom to ask; the administrator follows the link, and the person signs in', async (t) => {
    const person = await newPage()
    await person.goto(`${baseUrl}/auth/microsoft/login`)
    await person.getByRole('button', { name: 'Wanda Worker' }).click()
    await person.waitForURL('**/auth/error?error=access_denied&help=admin_consent')
    const link = await person.locator('main a:not(.button)').getAttribute('href')
    const administrator = await newPage()
    await administrator.goto(link!)
    await administrator.getByRole('button', { name: 'Accept as Bo Boss' }).click()
    await administrator.waitForURL(/\/auth\/sign-in\?.*consented=1$/)
    t.match(await administrator.getByRole('status').innerText(), 'its people can sign in now')
    await person.getByRole('link', { name: 'Sign in again when it is allowed' }).click()
    await person.getByRole('link', { name: 'Sign in with Microsoft' }).click()
    await person.getByRole('button', { name: 'Wanda Worker' }).click()
    await person.waitForURL('**/auth/account')
    t.match(await person.locator('h1').innerText(), 'Wanda Worker')
  })
})

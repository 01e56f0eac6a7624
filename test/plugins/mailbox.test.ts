import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import { signInAs, simulatorKey } from '../../plugins/simulator.ts'
import { createSimulator } from '../../plugins/simulator.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { navigation } from './app.ts'
import { withCodes } from './codes.ts'

const mailboxPath = '/microsoft-simulator/mailbox'
const host = 'localhost:3000'

async function developmentApp (t: Test, options: Partial<EntraOptions> = {}): Promise<FastifyInstance> {
  await signingKeys()
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(entra, { baseUrl: `http://${host}`, database: ':memory:', ...withCodes, ...options })
  return app
}

t.test('in development without a mailer the simulator\'s mailbox shows what would have been sent', async (t) => {
  const app = await developmentApp(t)
  const { cookie } = await signInAs(app, 'amir')
  const page = await app.inject({ url: '/auth/code', headers: { ...navigation, host, cookie } })
  t.match(page.body, `<a href="${mailboxPath}"`)
  const mailbox = await app.inject({ url: mailboxPath, headers: { host } })
  t.match(mailbox, { statusCode: 200, headers: { 'cache-control': 'no-store', 'content-type': /^text\/html/ } })
  t.match(mailbox.headers['content-security-policy'], "default-src 'none'")
  t.match(mailbox.body, 'To amir@contoso.example')
  const code = /<pre>[^]*?\b(\d{6})\b/.exec(mailbox.body)![1]!
  t.equal(app[simulatorKey].mails.length, 1)
  const answer = await app.inject({ method: 'POST', url: '/auth/code', headers: { host, cookie, 'sec-fetch-site': 'same-origin' }, payload: { code } })
  t.equal(answer.statusCode, 200)
})

t.test('the mailbox answers this machine only', async (t) => {
  const app = await developmentApp(t)
  const refused = async (headers: Record<string, string>, remoteAddress?: string) => {
    const answer = await app.inject({ url: mailboxPath, headers: { host, ...headers }, ...(remoteAddress === undefined ? {} : { remoteAddress }) })
    t.match(answer.json(), { statusCode: 403, code: 'simulator_local_only' })
  }
  await refused({ 'x-forwarded-for': '127.0.0.1' })
  await refused({ via: '1.1 proxy' })
  await refused({ host: 'evil.example' })
  await refused({}, '192.0.2.1')
  t.equal((await app.inject({ url: mailboxPath, headers: { host } })).statusCode, 200)
  t.match((await app.inject({ url: mailboxPath, headers: { host } })).body, 'There are none yet.')

  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const body = await new Promise<string>((resolve, reject) => {
    request(`http://127.0.0.1:${port}${mailboxPath}`, (response) => { text(response).then(resolve, reject) }).on('error', reject).end()
  })
  t.match(body, 'Mailbox')
})

t.test('with a mailer the mailbox stays empty, and no page speaks of it', async (t) => {
  const sent: unknown[] = []
  const app = await developmentApp(t, { mailer: async (mail) => { sent.push(mail) } })
  const { cookie } = await signInAs(app, 'amir')
  t.equal(sent.length, 1)
  t.same(app[simulatorKey].mails, [])
  t.notMatch((await app.inject({ url: '/auth/code', headers: { ...navigation, host, cookie } })).body, 'mailbox')
})

t.test('the mailbox keeps the newest fifty mails, newest first, and shows them as text', async (t) => {
  const simulator = createSimulator({ environment: { now: () => Date.UTC(2026, 10, 22) } })
  for (let number = 1; number <= 60; number++) await simulator.mailer({ to: `<b>${number}</b>@mail.example`, subject: `<i>${number}</i>`, text: `</pre><script>${number}</script>`, html: '<script></script>' })
  t.equal(simulator.mails.length, 50)
  t.match(simulator.mails[0], { subject: '<i>60</i>', at: Date.UTC(2026, 10, 22) })
  const page = await (await simulator.fetch(`${simulator.base}/mailbox`)).text()
  t.ok(page.indexOf('&lt;i&gt;60') < page.indexOf('&lt;i&gt;59'))
  t.notMatch(page, /<script|<b>|<i>/)
  t.match(page, 'To &lt;b&gt;60&lt;/b&gt;@mail.example, Sun, 22 Nov 2026 00:00:00 GMT')
})

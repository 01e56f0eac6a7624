import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import entra, { startConsent } from '../../plugins/fastify-entra.ts'
import { createCookieJar } from '../../src/simulator/cookie-jar.ts'
import { takesLong } from '../patient.ts'
import { startSimulatedMicrosoft } from './simulated-microsoft.ts'

takesLong()

/** A listener on a port of the system's choice. */
async function listen (t: Pick<Test, 'teardown'>) {
  const listener = createServer({ keepAliveTimeout: 600_000 }).listen(0, 'localhost')
  await once(listener, 'listening')
  t.teardown(() => {
    listener.closeAllConnections()
    listener.close()
  })
  return { listener, origin: `http://localhost:${(listener.address() as AddressInfo).port}` }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One request. Node's own fetch would say that a script has sent it. */
async function send (url: string, headers: Record<string, string>, form?: string): Promise<Answer> {
  const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  const sent = request(url, { agent: false, method: form === undefined ? 'GET' : 'POST', headers: { ...headers, ...type } })
  sent.end(form)
  const [response] = await once(sent, 'response') as [IncomingMessage]
  return { status: response.statusCode!, headers: response.headers, body: await buffer(response) }
}

/** A browser of one person: it follows redirects, and picks the account where Microsoft asks. */
function createBrowser (origin: string, account: string, now: () => number) {
  const jar = createCookieJar('', now)
  const open = async (url: string, accept: string, form?: string): Promise<Answer> => {
    const isOwn = url.startsWith(origin)
    const answer = await send(url, { accept, ...(isOwn && { cookie: jar.header() }) }, form)
    if (isOwn) jar.store(answer.headers['set-cookie'] ?? [])
    const { location } = answer.headers
    if (location !== undefined) return await open(new URL(location, url).href, accept)
    return url.includes('/oauth2/v2.0/authorize') ? await open(url, accept, `simulator_account=${account}`) : answer
  }
  return async (path: string, accept = 'text/html') => await open(origin + path, accept)
}

t.test('over real HTTP: a page that needs a token sends to Microsoft, comes back and has it, also when it has ended; and there is a photo', async (t) => {
  const clock = { now: Date.UTC(2021, 10, 22) }
  const now = (): number => clock.now
  const { listener, origin } = await listen(t)
  const microsoft = await startSimulatedMicrosoft(t, { redirectUris: [`${origin}/auth/microsoft/callback`], environment: { now } })
  const app = Fastify()
  app.setErrorHandler(startConsent)
  await app.register(entra, {
    baseUrl: origin,
    authority: microsoft.authority,
    clientId: microsoft.clientId,
    clientSecret: microsoft.clientSecret,
    secrets: ['real-http-secret-of-32-characters-or-more'],
    database: ':memory:',
    keepTokens: true,
    photo: true,
    pages: false,
    allowedScopes: ['User.Read'],
    environment: { now }
  })
  app.get('/graph', { onRequest: app.requireUser }, async (request) => {
    const answer = await fetch(`${microsoft.authority}/graph/v1.0/me`, { headers: { authorization: `Bearer ${await request.microsoft.accessToken(['User.Read'])}` } })
    return await answer.json()
  })
  await app.ready()
  listener.on('request', app.routing)
  t.teardown(async () => await app.close())

  const open = createBrowser(origin, 'ada', now)
  // Twice to Microsoft: to sign in, and to agree to more than the sign-in asks for.
  t.match(JSON.parse((await open('/graph')).body.toString()), { displayName: 'Ada Lovelace' })
  t.equal(microsoft.requests.authorize, 4, 'each time the page and the choice')
  t.equal(microsoft.requests.refresh, 1, 'it was looked whether she had agreed before')
  clock.now += 2 * 3_600_000
  t.match(JSON.parse((await open('/graph')).body.toString()), { displayName: 'Ada Lovelace' })
  t.equal(microsoft.requests.authorize, 4)
  t.equal(microsoft.requests.refresh, 2)
  const photo = await open('/auth/microsoft/photo', 'image/*')
  t.equal(photo.status, 200)
  t.equal(photo.headers['content-type'], 'image/png')
  t.equal(photo.body.subarray(1, 4).toString(), 'PNG')
  t.equal(microsoft.requests.graph, 3)
})

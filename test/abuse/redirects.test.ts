import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Credential } from '../../src/credentials/types.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { takesLong } from '../patient.ts'
import { clientSecret, exposedApp } from '../resilience/app.ts'
import type { Endpoint } from '../resilience/failing-microsoft.ts'
import { tries } from './trial.ts'

takesLong()

const limits = { timeout: 300_000, size: 1_048_576 }

tries('O25', 'a redirect of Microsoft\'s is followed by nothing: code, secret and assertion go to the configured host alone', async (t, engine) => {
  const attacker = await listen(t)
  const { key: _key, ...certificate } = makeCertificate('app')
  for (const credentials of [[{ secret: clientSecret }], [certificate]] as Credential[][]) {
    const world = await exposedApp(t, limits, { database: await engine.newLocation(t), clientSecret: undefined, credentials, rateLimit: false })
    for (const status of [301, 302, 303, 307, 308]) await isNotFollowed(t, world, 'token', status)
    // Keys that are at hand answer on: they are asked for before anybody has signed in.
    for (const status of 'secret' in credentials[0]! ? [302, 307, 308] : []) await isNotFollowed(t, world, 'keys', status)
    if ('secret' in credentials[0]!) t.equal((await world.signIn()).statusCode, 303, 'control: without a redirect somebody signs in')
  }
  const world = await exposedApp(t, limits, { database: await engine.newLocation(t), tenant: 'contoso.example', rateLimit: false })
  for (const status of [302, 307, 308]) await isNotFollowed(t, world, 'discovery', status)
  t.equal((await world.signIn()).statusCode, 303, 'control: and with the tenant\'s document')
  t.equal(attacker.requests(), 0, 'nobody else was asked for anything')
  await fetch(attacker.url)
  t.equal(attacker.requests(), 1, 'control: whoever asks is heard')

  async function isNotFollowed (t: Test, { microsoft, ...world }: Awaited<ReturnType<typeof exposedApp>>, endpoint: Endpoint, status: number): Promise<void> {
    await microsoft.fail(endpoint, (_request, response) => { response.writeHead(status, { location: attacker.url, 'content-type': 'application/json' }).end('{"keys":[],"token_type":"Bearer"}') })
    const [before, logged] = [await world.rows(), world.log().length]
    for (const round of ['first', 'second']) {
      const response = await world.signIn()
      t.match({ status: response.statusCode, ...response.json() }, { status: 502, code: 'provider_error' }, `${endpoint} ${status} (${round} try)`)
      t.notMatch(String(response.headers['set-cookie']), /entra-session=[^;]/, 'nobody is signed in')
      t.notMatch(response.body, attacker.url)
      world.clock.now += 60_000
    }
    t.equal(await world.rows(), before, 'nothing is stored')
    t.notMatch(world.log().slice(logged), clientSecret)
    await microsoft.letGo()
    await microsoft.heal()
  }
})

async function listen (t: Pick<Test, 'teardown'>): Promise<{ url: string, requests: () => number }> {
  let count = 0
  const server = createServer((_request, response) => {
    count += 1
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests: () => count }
}

import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import entra from '../../plugins/fastify-entra.ts'
import type { Credential } from '../../src/credentials/types.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { makeCertificate } from '../credentials/certificates.ts'
import { takesLong } from '../patient.ts'
import { createLetterbox, createPerson } from './person.ts'
import { startSimulatedMicrosoft } from './simulated-microsoft.ts'

takesLong()

// They take a while to make, and nobody waits for them within the time-out of a request.
await signingKeys()

// Both sides have the same clock, and it stands: what is tested is no race with the clock of the machine.
const now = Date.UTC(2026, 10, 22)
const issuer = 'http://cluster.example'
const subject = 'system:serviceaccount:shop:web'
const cluster = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const federatedCredentials = [{ issuer, subject, keys: { keys: [{ ...cluster.publicKey.export({ format: 'jwk' }), kid: 'k' }] } }]
const own = makeCertificate('own')

function clusterToken (): string {
  const signed = [{ alg: 'RS256', kid: 'k' }, { iss: issuer, sub: subject, aud: 'api://AzureADTokenExchange', exp: now / 1_000 + 3_600 }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${sign('sha256', Buffer.from(signed), cluster.privateKey).toString('base64url')}`
}

/** An application that listens, and Microsoft beside it. */
async function startSite (t: Pick<Test, 'teardown'>, credentials: Credential[], simulator: SimulatorOptions) {
  const listener = createServer().listen(0, 'localhost')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const baseUrl = `http://localhost:${port}`
  const microsoft = await startSimulatedMicrosoft(t, { redirectUris: [`${baseUrl}/auth/microsoft/callback`], environment: { now: () => now }, ...simulator })
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(entra, {
    baseUrl, clientId: microsoft.clientId, credentials, authority: microsoft.authority, database: ':memory:', secrets: ['s'.repeat(32)], environment: { now: () => now }
  })
  app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
  await app.ready()
  listener.on('request', app.routing)
  t.teardown(async () => {
    listener.closeAllConnections()
    listener.close()
    await app.close()
  })
  const signIn = async (account: string) => await createPerson(baseUrl, createLetterbox()).signIn(account)
  return { app, microsoft, signIn, log: () => lines.join('') }
}

const secrets = { clientSecret: 'the~good~secret', clientSecrets: [{ value: 'the~expired~secret', expiresAt: now - 1 }] }

const journeys: Array<[title: string, credentials: (folder: string) => Credential[], simulator: SimulatorOptions, requests: number]> = [
  ['a secret', () => [{ secret: 'the~good~secret' }], secrets, 1],
  ['two secrets, the first expired', () => [{ secret: 'the~expired~secret' }, { secret: 'the~good~secret' }], secrets, 2],
  ['a certificate', () => [{ certificate: own.certificate, privateKey: own.privateKey }], { certificates: [own.certificate] }, 1],
  ['a federated function', () => [{ federated: async () => clusterToken() }], { federatedCredentials }, 1],
  ['a token file', (folder) => [{ tokenFile: join(folder, 'token') }], { federatedCredentials }, 1]
]

for (const [title, credentials, simulator, requests] of journeys) {
  t.test(`a person signs in over HTTP where the application has ${title}`, async (t) => {
    const folder = t.testdir({ token: clusterToken() })
    const { app, microsoft, signIn } = await startSite(t, credentials(folder), simulator)
    const { status, body } = await signIn('ada')
    t.equal(status, 200)
    t.equal(JSON.parse(body).displayName, 'Ada Lovelace')
    t.equal(microsoft.requests.token, requests)
    t.equal(app.microsoft.credentials().at(-1)!.state, 'ok')
    t.equal(JSON.parse((await signIn('pat')).body).displayName, 'Pat Personal')
    t.equal(microsoft.requests.token, requests + 1, 'the one that works goes first')
  })
}

t.test('a certificate that Microsoft does not know yet gives way to the old one over HTTP, and nobody is refused', async (t) => {
  const next = makeCertificate('next')
  const pairs = [next, own].map(({ certificate, privateKey }) => ({ certificate, privateKey }))
  const { signIn, log } = await startSite(t, pairs, { certificates: [own.certificate] })
  const answers = await Promise.all(Array.from({ length: 20 }, async () => (await signIn('ada')).status))
  t.strictSame(answers, Array.from({ length: 20 }, () => 200))
  t.match(log(), /"credential":"certificate [0-9A-F]{8}","reason":"token_invalid_client","aadsts":700027/)
  t.notMatch(log(), /eyJ|PRIVATE KEY/, 'no assertion, no key')
})

t.test('a token file that is replaced while people sign in is always read whole', async (t) => {
  const folder = t.testdir({ token: clusterToken() })
  const { signIn } = await startSite(t, [{ tokenFile: join(folder, 'token') }], { federatedCredentials })
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    // As a workload identity's file is replaced: a new one is put in its place.
    writeFileSync(join(folder, `next-${index}`), clusterToken())
    renameSync(join(folder, `next-${index}`), join(folder, 'token'))
    return (await signIn('ada')).status
  }))
  t.strictSame(new Set(answers), new Set([200]))
  t.ok(readFileSync(join(folder, 'token')).length > 0)
})

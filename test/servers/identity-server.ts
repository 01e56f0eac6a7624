// A server with an identity provider, as a program of its own: node identity-server.ts '{"baseUrl":…}' '{"clients":…}' …
// Each further argument is another project. /slow waits until somebody asks for /release, and /ahead?ms=… puts the clock forward.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import entra from '../../plugins/fastify-entra.ts'
import identity from '../../plugins/identity.ts'

const [options, ...projects] = process.argv.slice(2).map((text) => JSON.parse(text))
const app = Fastify({ logger: { level: 'error' }, keepAliveTimeout: 600_000 })
let ahead = 0
const waiting: Array<() => void> = []
await app.register(entra, { ...options, environment: { now: () => Date.now() + ahead } })
for (const project of projects) await app.register(identity, project)
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
app.get('/slow', { onRequest: app.requireUser }, async (request) => {
  await new Promise<void>((resolve) => waiting.push(resolve))
  return request.user
})
app.get('/waiting', () => waiting.length)
app.get('/release', () => waiting.splice(0).map((release) => release()).length)
app.get<{ Querystring: { ms: string } }>('/ahead', ({ query }) => { ahead = Number(query.ms); return {} })
await app.listen({ port: 0, host: 'localhost' })
process.on('disconnect', () => process.exit())
process.send!({ port: (app.server.address() as AddressInfo).port })

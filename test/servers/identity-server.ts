// A server with an identity provider, as a program of its own: node identity-server.ts '{"baseUrl":…}' '{"clients":…}' …
// Each further argument is another project.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import entra from '../../plugins/fastify-entra.ts'
import identity from '../../plugins/identity.ts'

const [options, ...projects] = process.argv.slice(2).map((text) => JSON.parse(text))
const app = Fastify({ logger: { level: 'error' }, keepAliveTimeout: 600_000 })
await app.register(entra, options)
for (const project of projects) await app.register(identity, project)
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
await app.listen({ port: 0, host: 'localhost' })
process.on('disconnect', () => process.exit())
process.send!({ port: (app.server.address() as AddressInfo).port })

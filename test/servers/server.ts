// A server of the application, as a program of its own: node server.ts '{"baseUrl":…}'.
// Tells its parent the port it listens at and each mail that it would send.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import entra from '../../plugins/fastify-entra.ts'

const options = JSON.parse(process.argv[2]!)
const app = Fastify({ logger: { level: 'error' }, keepAliveTimeout: 600_000 })
await app.register(entra, {
  use_email_as_identifier: true,
  verify_email: true,
  allow_email_account_merge: true,
  mailer: async (mail: { to: string, text: string }) => { process.send!({ mail: { to: mail.to, text: mail.text } }) },
  ...options
})
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
await app.listen({ port: 0, host: 'localhost' })
process.on('disconnect', () => process.exit())
process.once('SIGTERM', () => { void app.close().then(() => process.disconnect()) })
process.send!({ port: (app.server.address() as AddressInfo).port })

// Our server in benchmarks, with what is on by default and durable accounts and sessions: node bench/servers/ours.ts '{"authority":…,"database":…}'
import Fastify from 'fastify'
import entra, { type EntraOptions } from 'fastify-entra'
import { clientId, clientSecret } from '../people.ts'
import { listen } from './listen.ts'

const options = JSON.parse(process.argv[2]!) as Partial<EntraOptions>
const app = Fastify({ keepAliveTimeout: 600_000 })
await app.register(entra, {
  baseUrl: 'http://localhost:3000',
  clientId,
  clientSecret,
  secrets: ['benchmark-secret-of-more-than-32-characters'],
  use_email_as_identifier: true,
  // It is never there in production, which cannot be measured here: there no baseUrl of http is taken. Nothing else is off.
  setup: false,
  ...options
})
app.get('/me', { onRequest: app.requireUser }, (request) => ({ id: request.user!.id, email: request.user!.email }))
await listen(app)

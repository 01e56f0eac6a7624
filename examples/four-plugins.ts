// The four plugins one by one, each with its own options. Leave one out, or
// replace it: this application greets people on a page of its own after the sign-in.
import Fastify from 'fastify'
import linking from 'fastify-entra/linking'
import provider from 'fastify-entra/provider'
import session from 'fastify-entra/session'
import simulator from 'fastify-entra/simulator'
import verification from 'fastify-entra/verification'

const app = Fastify({ logger: true, trustProxy: process.env.TRUST_PROXY ?? false })
const baseUrl = process.env.BASE_URL ?? 'http://localhost:3000'
const { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, DATABASE: database } = process.env

// Stands in for Microsoft, in development only.
if (clientId === undefined) await app.register(simulator, { baseUrl })

await app.register(provider, {
  baseUrl,
  clientId,
  clientSecret,
  database,
  secrets: process.env.SECRETS?.split(','),
  tenant: 'organizations',
  defaultReturnTo: '/hello'
})
await app.register(verification, { threshold: 90, strictEdov: true })
await app.register(linking, { use_email_as_identifier: true, requireVerifiedEmail: true })
await app.register(session, { idleTimeout: 30 * 60_000, absoluteTimeout: 12 * 60 * 60_000 })

app.get('/', (_request, reply) => reply.redirect('/hello'))
app.get('/hello', { onRequest: app.requireUser }, (request) => {
  const { displayName, email } = request.user!
  return { hello: displayName, address: email?.address, because: email?.evidence.map(({ sentence }) => sentence) }
})

await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? 'localhost' })

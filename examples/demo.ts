// The demonstration: npm run demo, then open the address that it prints.
// Sign in as different accounts, and see what speaks for each one's address.
import Fastify from 'fastify'
import entra from 'fastify-entra'

const port = Number(process.env.PORT ?? 3000)
const baseUrl = process.env.BASE_URL ?? `http://localhost:${port}`

const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } })
await app.register(entra, {
  baseUrl,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  secrets: process.env.SECRETS?.split(','),
  database: process.env.DATABASE ?? 'demo.sqlite',
  use_email_as_identifier: true,
  allow_email_account_merge: true,
  // Codes go to the simulator's mailbox; with Microsoft itself they need a mailer.
  verify_email: process.env.CLIENT_ID === undefined
})
app.get('/', (_request, reply) => reply.redirect('/auth/account'))
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)

await app.listen({ port, host: 'localhost' })
console.log(`The demonstration runs at ${baseUrl}`)

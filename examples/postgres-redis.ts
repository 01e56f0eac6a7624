// Accounts in PostgreSQL, sessions and rate limits in Redis: any number of
// servers may run this at once. Needs: npm install pg redis @fastify/rate-limit
//
//   DATABASE_URL=postgres://app:…@db.internal/app?sslmode=verify-full
//   REDIS_URL=rediss://app:…@cache.internal:6379
import Fastify from 'fastify'
import entra from 'fastify-entra'

const port = Number(process.env.PORT ?? 3000)
const { BASE_URL, CLIENT_ID, CLIENT_SECRET, SECRETS, DATABASE_URL, REDIS_URL } = process.env

const app = Fastify({ logger: true, trustProxy: process.env.TRUST_PROXY ?? false })
await app.register(entra, {
  baseUrl: BASE_URL ?? `http://localhost:${port}`,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  secrets: SECRETS?.split(','),
  database: DATABASE_URL,
  redis: REDIS_URL,
  rateLimit: true,
  use_email_as_identifier: true
})
app.get('/', (_request, reply) => reply.redirect('/auth/account'))
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)

// Lets requests under way come to their end, then closes both connections.
process.once('SIGTERM', () => { void app.close() })
await app.listen({ port, host: process.env.HOST ?? 'localhost' })

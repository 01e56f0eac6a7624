// One of several servers behind nginx (nginx.conf beside this file). Each runs
// this program with the same settings, but for PORT.
//
//   BASE_URL=https://app.example PORT=3001 … node server.ts
//   BASE_URL=https://app.example PORT=3002 … node server.ts
import Fastify from 'fastify'
import entra from 'fastify-entra'

const { BASE_URL, AUTHORITY, CLIENT_ID, CLIENT_SECRET, SECRETS, DATABASE_URL, REDIS_URL, PORT } = process.env

const app = Fastify({
  logger: true,
  // nginx runs on this machine. Its address and no other may say where a request came from and by which scheme:
  // `true` would believe everybody, a number would trust whoever stands at that place.
  trustProxy: process.env.TRUST_PROXY ?? '127.0.0.1'
})
await app.register(entra, {
  // What browsers see: the address of nginx, never that of a server behind it.
  baseUrl: BASE_URL!,
  authority: AUTHORITY,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  // The same on all servers: a sign-in that one has started another one finishes.
  secrets: SECRETS?.split(','),
  // Shared. Without Redis the sessions are in the database, too.
  database: DATABASE_URL,
  redis: REDIS_URL,
  // A sign-out at one server counts at once at all of them; with 1000, the default, within a second.
  sessionCache: 0
})
app.get('/', (_request, reply) => reply.redirect('/auth/account'))
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)
// For nginx and for whoever looks after the servers.
app.get('/health', () => ({ ok: true }))

process.once('SIGTERM', () => { void app.close() })
await app.listen({ port: Number(PORT), host: '127.0.0.1' })

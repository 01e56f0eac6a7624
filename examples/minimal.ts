// A complete application: people sign in with Microsoft, and /me shows who they are.
//
// Without CLIENT_ID the simulator stands in for Microsoft, so it runs with
// nothing set up. With values from the Azure portal the same lines talk to Microsoft.
import Fastify from 'fastify'
import entra from 'fastify-entra'

const app = Fastify({ logger: true })

await app.register(entra, {
  baseUrl: process.env.BASE_URL ?? 'http://localhost:3000',
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  secrets: process.env.SECRETS?.split(','),
  database: process.env.DATABASE
})

app.get('/', (_request, reply) => reply.redirect('/me'))
app.get('/me', { onRequest: app.requireUser }, (request) => request.user)

await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? 'localhost' })

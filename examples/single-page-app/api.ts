// The server: it signs people in, and answers the front end in JSON. It shows no page of its own but those of a sign-in.
import Fastify from 'fastify'
import entra from 'fastify-entra'

export async function startApi (baseUrl: string, frontEnd: string): Promise<void> {
  const app = Fastify({ logger: true })
  await app.register(entra, {
    baseUrl,
    clientId: process.env.CLIENT_ID,
    clientSecret: process.env.CLIENT_SECRET,
    secrets: process.env.SECRETS?.split(','),
    database: process.env.DATABASE ?? 'single-page-app.sqlite',
    // Whose scripts may ask, where a sign-in may end, and where the browser goes when it does not work out.
    allowedOrigins: [frontEnd],
    allowedRedirectUrls: [`${frontEnd}/**`],
    errorRedirectUrl: `${frontEnd}/`,
    // Addresses that Microsoft does not vouch for are proven by a code, on a page of the front end.
    use_email_as_identifier: true,
    verify_email: true,
    codePageUrl: `${frontEnd}/code`
  })

  // A route of the application's own says itself which pages may read it. With more of them, use @fastify/cors.
  app.get('/api/greeting', { onRequest: app.requireUser }, async (request, reply) => {
    reply.headers({ 'access-control-allow-origin': frontEnd, 'access-control-allow-credentials': 'true', vary: 'origin' })
    return { greeting: `Good day, ${request.user!.displayName ?? 'whoever you are'}` }
  })

  const { hostname, port } = new URL(baseUrl)
  await app.listen({ port: Number(port), host: hostname })
}

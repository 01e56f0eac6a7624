import fastifyOauth2, { type OAuth2Namespace } from '@fastify/oauth2'
import createApp, { type FastifyInstance } from 'fastify'
import type { Simulator } from '../../plugins/simulator.ts'

declare module 'fastify' {
  interface FastifyInstance {
    standIn: OAuth2Namespace
  }
}

/** A small application with @fastify/oauth2 as it is used with Microsoft: start route, callback, `/me`. */
export async function createStandInApp (
  simulator: (app: FastifyInstance) => Simulator | Promise<Simulator>, origin: string, tenant = 'common'
): Promise<FastifyInstance> {
  const app = createApp({ trustProxy: true })
  const { base, clientId, clientSecret, agent } = await simulator(app)
  const { origin: tokenHost, pathname } = new URL(base)
  const path = `${pathname === '/' ? '' : pathname}/${tenant}/oauth2/v2.0`
  app.register(fastifyOauth2, {
    name: 'standIn',
    scope: ['openid', 'profile', 'email'],
    pkce: 'S256',
    callbackUri: `${origin}/auth/microsoft/callback`,
    startRedirectPath: '/auth/microsoft/login',
    credentials: {
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost, tokenPath: `${path}/token`, authorizePath: `${path}/authorize` },
      http: { agent, timeout: 300_000, maxBytes: 1 << 20 },
      options: { authorizationMethod: 'body' }
    }
  })
  app.get('/auth/microsoft/callback', async (request, reply) => {
    const { error } = request.query as { error?: string }
    if (error !== undefined) return await reply.code(403).send({ code: error })
    const { token } = await app.standIn.getAccessTokenFromAuthorizationCodeFlow(request, reply)
    const claims = Buffer.from(String(token.id_token).split('.')[1]!, 'base64url').toString('base64url')
    return await reply.setCookie('session', claims, { path: '/', httpOnly: true }).redirect('/me', 303)
  })
  app.get('/me', async (request) => JSON.parse(Buffer.from(request.cookies.session ?? 'bnVsbA', 'base64url').toString()))
  app.get('/seen', async (request, reply) => await reply.redirect(`https://elsewhere.example/?${JSON.stringify(request.headers)}`))
  app.get('/broken', async (_request, reply) => await reply.code(500).send({ code: 'insecure_transport' }))
  app.get('/text', async () => 'no redirect')
  return app
}

// The application that people sign in to with Microsoft, and its provider for the two apps.
import Fastify from 'fastify'
import entra from 'fastify-entra'
import identity from 'fastify-entra/identity'
import { listenAt, type Site, webAppSecret } from './site.ts'

export async function startProvider ({ provider, webApp, singlePageApp, database }: Site): Promise<string> {
  const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } })
  await app.register(entra, {
    baseUrl: provider,
    clientId: process.env.CLIENT_ID,
    clientSecret: process.env.CLIENT_SECRET,
    secrets: process.env.SECRETS?.split(','),
    database
  })
  await app.register(identity, {
    clients: [
      {
        id: 'web-app',
        name: 'The web app',
        type: 'web',
        redirectUrls: [`${webApp}/callback`],
        logoutRedirectUrls: [`${webApp}/`],
        secrets: [webAppSecret],
        backchannelLogoutUrl: `${webApp}/session-ended`,
        firstParty: true
      },
      {
        id: 'single-page-app',
        name: 'The single-page app',
        type: 'spa',
        url: singlePageApp,
        redirectUrls: [`${singlePageApp}/`],
        logoutRedirectUrls: [`${singlePageApp}/`],
        scopes: ['profile', 'email', 'email_trust']
      }
    ]
  })
  app.get('/', (_request, reply) => reply.redirect('/auth/account'))
  await app.listen(listenAt(provider))
  return app.identity.issuer
}

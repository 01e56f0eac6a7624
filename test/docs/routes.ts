import Fastify from 'fastify'
import entra, { type EntraOptions } from '../../plugins/fastify-entra.ts'
import identity from '../../plugins/identity.ts'

/** All routes that an application has which uses everything, as `POST /auth/logout`. */
export async function routesOfAll (more: Partial<EntraOptions> = {}): Promise<Set<string>> {
  const routes = new Set<string>()
  const app = Fastify()
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(`${one} ${url}`)
  })
  await app.register(entra, {
    baseUrl: 'http://localhost:3000',
    database: ':memory:',
    secrets: ['a-secret-for-the-documents-alone-32'],
    use_email_as_identifier: true,
    verify_email: true,
    keepTokens: true,
    photo: true,
    scopes: ['openid', 'profile', 'email', 'User.Read'],
    signOutAtMicrosoft: true,
    health: true,
    ...more
  })
  await app.register(identity)
  await app.ready()
  await app.close()
  return routes
}

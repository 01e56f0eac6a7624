import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { readOptions } from '../src/core/options.ts'
import { type IdentitiesOptions, identitiesOptionRules } from '../src/linking/identities-options.ts'
import { listIdentities } from './identities/list.ts'
import { startLink } from './identities/start-link.ts'
import { unlink } from './identities/unlink.ts'
import { openToFrontEnds } from './cross-origin.ts'
import { acceptForms, bodyLimit } from './own-posts.ts'
import { answerNotFound, refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { linkSchema, listIdentitiesSchema, unlinkSchema } from './schemas/accounts.ts'
import { signInOf } from './sign-in.ts'

export type { IdentitiesOptions } from '../src/linking/identities-options.ts'
export type { IdentitySummary } from '../src/linking/identity-summary.ts'

/** Linking by hand: whoever is signed in adds an identity, gives one up, and sees what there is. */
const identities: FastifyPluginAsync<IdentitiesOptions> = async (app, given) => {
  const options = readOptions<IdentitiesOptions>('fastify-entra/identities', identitiesOptionRules, given)
  const signIn = signInOf(app)
  const linkPath = options.linkPath ?? `${signIn.prefix}/microsoft/link`
  const unlinkPath = options.unlinkPath ?? `${signIn.prefix}/microsoft/unlink`
  const identitiesPath = options.identitiesPath ?? `${signIn.prefix}/identities`
  const { beginAttempt } = signIn

  // Where sign-ins are switched off nobody can link, but everybody can still see and unlink.
  signIn.linkPath = beginAttempt === null ? null : linkPath
  signIn.unlinkPath = unlinkPath
  signIn.reservedPaths.push(linkPath, unlinkPath)
  await registerOwnRoutes(app, async (scope) => {
    openToFrontEnds(scope)
    await acceptForms(scope)
    scope.get(identitiesPath, { exposeHeadRoute: false, schema: listIdentitiesSchema() }, listIdentities)
    refuseOtherMethods(scope, identitiesPath)
    scope.post(unlinkPath, { bodyLimit, schema: unlinkSchema() }, unlink)
    refuseOtherMethods(scope, unlinkPath, 'POST')
    if (beginAttempt === null) return answerNotFound(scope, linkPath)
    scope.post(linkPath, { bodyLimit, schema: linkSchema() }, startLink(beginAttempt))
    refuseOtherMethods(scope, linkPath, 'POST')
  }, 'change')
}

const plugin: FastifyPluginAsync<IdentitiesOptions> = fp(identities, {
  name: 'fastify-entra/identities',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking', 'fastify-entra/session']
})
export default plugin

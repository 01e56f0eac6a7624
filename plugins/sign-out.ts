import fp from 'fastify-plugin'
import type { FastifyPluginAsync } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'
import { readOptions } from '../src/core/options.ts'
import { createSeal } from '../src/core/seal.ts'
import { type SignOutOptions, signOutOptionRules } from '../src/session/sign-out-options.ts'
import { refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { signedOutSchema } from './schemas/microsoft.ts'
import { registerFrontChannelLogout } from './sign-out/front-channel-logout.ts'
import { signOutAt } from './sign-out/sign-out-url.ts'
import { signInOf } from './sign-in.ts'
import { simulatorKey } from './simulator/key.ts'

export type { SignOutOptions } from '../src/session/sign-out-options.ts'

/** Signing out at Microsoft as well, and being signed out from there. */
const signOut: FastifyPluginAsync<SignOutOptions> = async (app, given) => {
  const options = readOptions<SignOutOptions>('fastify-entra/sign-out', signOutOptionRules, given)
  const signIn = signInOf(app)
  const landingPath = `${signIn.prefix}/signed-out`
  const frontChannelPath = options.frontChannelLogoutPath ?? `${signIn.prefix}/microsoft/front-channel-logout`
  const postLogoutRedirectUri = options.postLogoutRedirectUri ?? signIn.config.origin + landingPath
  if ([landingPath, signIn.config.loginPath, signIn.config.callbackPath, signIn.logoutPath].includes(frontChannelPath)) {
    throw new ConfigurationError(`fastify-entra/sign-out: option "frontChannelLogoutPath" is ${JSON.stringify(frontChannelPath)}, another route of ours. Give a path of its own.`)
  }
  const frontChannelLogoutUrl = signIn.config.origin + frontChannelPath
  if (app.hasDecorator(simulatorKey)) {
    app[simulatorKey].registerRedirectUri(postLogoutRedirectUri)
    app[simulatorKey].registerFrontChannelLogoutUrl(frontChannelLogoutUrl)
  }

  signIn.redirectUris.push(postLogoutRedirectUri)
  signIn.reservedPaths.push(landingPath, frontChannelPath)
  signIn.microsoftSignOut = signOutAt(signIn.config, createSeal(signIn.keys('login-hint')), {
    byDefault: options.signOutAtMicrosoft!, postLogoutRedirectUri, frontChannelLogoutUrl
  })
  await registerOwnRoutes(app, (scope) => {
    // A path without a query: Microsoft registers no redirect URI that has one, where personal accounts may sign in.
    scope.get(landingPath, { exposeHeadRoute: false, schema: signedOutSchema() }, async (_request, reply) => reply.redirect(signIn.signedOutAtMicrosoftUrl, 303))
    refuseOtherMethods(scope, landingPath)
  })
  await registerOwnRoutes(app, (scope) => registerFrontChannelLogout(scope, frontChannelPath), 'sign-in')
}

const plugin: FastifyPluginAsync<SignOutOptions> = fp(signOut, {
  name: 'fastify-entra/sign-out',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/session']
})
export default plugin

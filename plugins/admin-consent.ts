import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { ConfigurationError } from '../src/core/errors.ts'
import { is, type OptionRules, readOptions } from '../src/core/options.ts'
import type { AdminConsentResult } from '../src/provider/admin-consent.ts'
import { type AdminConsentSettings, adminConsentSettingRules } from '../src/provider/admin-consent-options.ts'
import { finishAdminConsent } from './admin-consent/finish.ts'
import { startAdminConsent } from './admin-consent/start.ts'
import { answerNotFound, refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { finishAdminConsentSchema, startAdminConsentSchema } from './schemas/microsoft.ts'
import { signInOf } from './sign-in.ts'
import { simulatorKey } from './simulator/key.ts'

export type { AdminConsentResult } from '../src/provider/admin-consent.ts'

/**
 * The application's own end of an administrator's consent; may answer the request itself. What it is told is *unproven*:
 * it came through the browser, and whoever sits there can write it. Never let anybody in by it, and unlock nothing.
 */
export type OnAdminConsent = (request: FastifyRequest, reply: FastifyReply, result: AdminConsentResult) => unknown

/** Options of the admin-consent plugin. */
export interface AdminConsentPluginOptions extends AdminConsentSettings {
  /** Called when an administrator comes back from Microsoft, with what the browser says. */
  onAdminConsent?: OnAdminConsent | undefined
}

/** The rules behind {@link AdminConsentPluginOptions}. */
export const adminConsentRules: OptionRules<AdminConsentPluginOptions> = {
  ...adminConsentSettingRules,
  onAdminConsent: {
    defaultText: 'none: the browser is shown what follows',
    check: is.function,
    expected: 'a function (request, reply, result)',
    about: 'Called when an administrator comes back from Microsoft, with `{ tenant, granted, scopes }`, which is unproven: the browser says so. May answer the request itself.'
  }
}

/** What the two routes share. */
export interface AdminConsentParts {
  readonly path: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly onAdminConsent: OnAdminConsent | undefined
}

/** An administrator allows the application for a whole tenant: a link, Microsoft's page, and what came of it. */
const adminConsent: FastifyPluginAsync<AdminConsentPluginOptions> = async (app, given) => {
  const options = readOptions<AdminConsentPluginOptions>('fastify-entra/admin-consent', adminConsentRules, given)
  const signIn = signInOf(app)
  const { config, prefix, attempts } = signIn
  if (config.tenant === 'consumers') {
    throw new ConfigurationError('fastify-entra/admin-consent: option "tenant" is "consumers", and personal accounts have no administrator. Leave the plugin out, or give another "tenant".')
  }
  const path = options.adminConsentPath ?? `${prefix}/microsoft/admin-consent`
  const callbackPath = `${path}/callback`
  const parts = { path, redirectUri: config.origin + callbackPath, scopes: options.adminConsentScopes ?? config.scopes, onAdminConsent: options.onAdminConsent }
  signIn.reservedPaths.push(path, callbackPath)
  if (attempts !== null) signIn.adminConsentUrl = config.origin + path
  signIn.redirectUris.push(parts.redirectUri)
  if (app.hasDecorator(simulatorKey)) app[simulatorKey].registerRedirectUri(parts.redirectUri)
  await registerOwnRoutes(app, (scope) => {
    if (attempts === null) return [path, callbackPath].forEach((one) => answerNotFound(scope, one))
    scope.get(path, { exposeHeadRoute: false, schema: startAdminConsentSchema() }, startAdminConsent(parts, attempts))
    scope.get(callbackPath, { exposeHeadRoute: false, schema: finishAdminConsentSchema() }, finishAdminConsent(parts, attempts))
    refuseOtherMethods(scope, path)
    refuseOtherMethods(scope, callbackPath)
  }, 'sign-in')
}

const plugin: FastifyPluginAsync<AdminConsentPluginOptions> = fp(adminConsent, {
  name: 'fastify-entra/admin-consent',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider']
})
export default plugin

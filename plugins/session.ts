import fp from 'fastify-plugin'
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import { refuse } from '../src/core/errors.ts'
import { readOptions } from '../src/core/options.ts'
import { deriveKeys } from '../src/core/secrets.ts'
import { checkSessionOptions, type SessionOptions, sessionOptionRules } from '../src/session/options.ts'
import { createSessions, keyOf, type SessionLimits } from '../src/session/sessions.ts'
import type { SessionUser } from '../src/session/types.ts'
import { createSessionStore } from '../src/store/sessions.ts'
import { useCookies } from './cookies.ts'
import { decorateInstance, decorateRequests } from './decorators.ts'
import { acceptForms, bodyLimit } from './own-posts.ts'
import { registerOwnRoutes } from './own-routes.ts'
import { createCarrier } from './session/carrier.ts'
import { createCsrfTokens } from './session/csrf.ts'
import { identifyUser, userSetter } from './session/identify-user.ts'
import { createRequireUser } from './session/require-user.ts'
import { signOut } from './session/sign-out.ts'
import { cancelSession, startSession } from './session/start-session.ts'
import { type SignIn, signInOf } from './sign-in.ts'

export type { SessionOptions } from '../src/session/options.ts'
export type { SessionUser } from '../src/session/types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Hook for routes that need a user: `{ onRequest: app.requireUser }`.
     * Who opens a page is sent to sign in; other clients get 401 `unauthenticated`.
     */
    requireUser: onRequestAsyncHookHandler
  }
  interface FastifyRequest {
    /** Who is signed in; `null` for nobody. */
    user: SessionUser | null
  }
}

/**
 * The same hook as `app.requireUser`, as an import: it finds the plugin when a
 * request comes, so it also guards routes that were defined before the plugin
 * was there. Where there is none, nobody gets in.
 */
export const requireUser: onRequestAsyncHookHandler = async function requireUserHook (request, reply) {
  const signIn = signInOf(request.server) as SignIn | undefined
  if (signIn?.requireUser == null) throw refuse('server_error', 'session_plugin_missing')
  return await signIn.requireUser.call(request.server, request, reply)
}

/** The fourth step: sessions, and who a request comes from. */
const session: FastifyPluginAsync<SessionOptions> = async (app, given) => {
  const options = readOptions<SessionOptions>('fastify-entra/session', sessionOptionRules, given)
  checkSessionOptions(options)
  const signIn = signInOf(app)
  await useCookies(app)
  const carrier = await createCarrier(app, signIn, {
    cookieName: options.cookieName!,
    cookieNameIsGiven: given.cookieName !== undefined,
    absoluteTimeout: options.absoluteTimeout!
  })
  const store = createSessionStore(signIn.database)
  const sessions = createSessions(store, options as SessionLimits, signIn.config.environment)
  const csrf = createCsrfTokens(deriveKeys(signIn.secrets, 'csrf'))
  const setUser = userSetter(options.userDecorator!)

  decorateRequests(app, options.userDecorator!, 'userDecorator')
  signIn.userOf = (request) => (request as unknown as Record<string, SessionUser | null>)[options.userDecorator!]!
  signIn.requireUser = createRequireUser(signIn.userOf)
  decorateInstance(app, options.requireUserDecorator!, 'requireUserDecorator', signIn.requireUser)
  app.addHook('onRequest', identifyUser(carrier, sessions, setUser))

  signIn.startSession = startSession(carrier, sessions, setUser)
  signIn.cancelSession = cancelSession(carrier, sessions, setUser)
  signIn.endSessions = async (userId, except) => await sessions.endAllOf(userId, except && (carrier.idOf(except) ?? undefined))
  signIn.sessionOf = (request) => {
    const id = carrier.idOf(request)
    return id === null ? null : keyOf(id)
  }
  signIn.csrfTokenOf = (request) => csrf.tokenOf(carrier.idOf(request)!)
  signIn.isCsrfToken = (request, token) => {
    const id = carrier.idOf(request)
    return id !== null && csrf.isTokenOf(id, token)
  }
  const logoutPath = options.logoutPath ?? `${signIn.prefix}/logout`
  signIn.reservedPaths.push(logoutPath)
  signIn.logoutPath = logoutPath
  await registerOwnRoutes(app, async (scope) => {
    await acceptForms(scope)
    scope.post(logoutPath, { bodyLimit }, signOut(carrier, sessions, setUser))
  })
}

const plugin: FastifyPluginAsync<SessionOptions> = fp(session, {
  name: 'fastify-entra/session',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking']
})
export default plugin

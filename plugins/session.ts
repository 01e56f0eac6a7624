import fastifyFormbody from '@fastify/formbody'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify'
import { readOptions } from '../src/core/options.ts'
import { deriveKeys } from '../src/core/secrets.ts'
import { checkSessionOptions, type SessionOptions, sessionOptionRules } from '../src/session/options.ts'
import { createSessions, type SessionLimits } from '../src/session/sessions.ts'
import type { SessionUser } from '../src/session/types.ts'
import { createSessionStore } from '../src/store/sessions.ts'
import { useCookies } from './cookies.ts'
import { decorateInstance, decorateRequests } from './decorators.ts'
import { registerOwnRoutes } from './own-routes.ts'
import { createCarrier } from './session/carrier.ts'
import { createCsrfTokens } from './session/csrf.ts'
import { identifyUser, userSetter } from './session/identify-user.ts'
import { requireUser } from './session/require-user.ts'
import { signOut } from './session/sign-out.ts'
import { startSession } from './session/start-session.ts'
import { signInOf } from './sign-in.ts'

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

/** A form with a token, or JSON: nothing that is larger has business at these routes. */
const bodyLimit = 16_384

/** The fourth step: sessions, and who a request comes from. */
const session: FastifyPluginAsync<SessionOptions> = async (app, given) => {
  const options = readOptions<SessionOptions>('fastify-entra/session', sessionOptionRules, given)
  checkSessionOptions(options)
  const signIn = signInOf(app)
  await useCookies(app)
  const carrier = await createCarrier(app, signIn, { cookieName: options.cookieName!, absoluteTimeout: options.absoluteTimeout! })
  const store = createSessionStore(signIn.database)
  const sessions = createSessions(store, options as SessionLimits, signIn.config.environment)
  const csrf = createCsrfTokens(deriveKeys(signIn.secrets, 'csrf'))
  const setUser = userSetter(options.userDecorator!)

  decorateRequests(app, options.userDecorator!, 'userDecorator')
  signIn.userOf = (request) => (request as unknown as Record<string, SessionUser | null>)[options.userDecorator!]!
  decorateInstance(app, options.requireUserDecorator!, 'requireUserDecorator', requireUser(signIn.userOf))
  app.addHook('onRequest', identifyUser(carrier, sessions, setUser))

  signIn.startSession = startSession(carrier, sessions, setUser)
  signIn.endSessions = sessions.endAllOf
  signIn.csrfTokenOf = (request) => csrf.tokenOf(carrier.idOf(request)!)
  signIn.reservedPaths.push(options.logoutPath!)
  signIn.logoutPath = options.logoutPath!
  await registerOwnRoutes(app, async (scope) => {
    await acceptForms(scope)
    scope.post(options.logoutPath!, { bodyLimit }, signOut(carrier, sessions, csrf, setUser))
  })
}

/** Forms and JSON; plain text is what another site's form may send without being asked, and is refused with 415. */
async function acceptForms (scope: FastifyInstance): Promise<void> {
  scope.removeContentTypeParser('text/plain')
  if (!scope.hasContentTypeParser('application/x-www-form-urlencoded')) await scope.register(fastifyFormbody)
}

const plugin: FastifyPluginAsync<SessionOptions> = fp(session, {
  name: 'fastify-entra/session',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking']
})
export default plugin

import fp from 'fastify-plugin'
import type { FastifyBaseLogger, FastifyPluginAsync } from 'fastify'
import { readOptions } from '../src/core/options.ts'
import { createSeal } from '../src/core/seal.ts'
import { checkSessionOptions, type SessionOptions, sessionOptionRules } from '../src/session/options.ts'
import { createRevalidation, type Revalidation } from '../src/session/revalidation.ts'
import { createSessions, sessionKeyOf, type SessionLimits, type Sessions } from '../src/session/sessions.ts'
import type { SessionUser } from '../src/session/types.ts'
import { createRedisSessionStore } from '../src/store/redis-sessions.ts'
import { createSessionStore } from '../src/store/sessions.ts'
import { useCookies } from './cookies.ts'
import { openToFrontEnds } from './cross-origin.ts'
import { decorateInstance, decorateRequests } from './decorators.ts'
import { acceptForms, bodyLimit } from './own-posts.ts'
import { refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { sessionSchema, signOutSchema } from './schemas/session.ts'
import { announceEnds } from './session/announce-ends.ts'
import { createAppSessions } from './session/app-sessions.ts'
import { createCarrier } from './session/carrier.ts'
import { confirmationFor, settleConfirmation } from './session/confirm-session.ts'
import { createCsrfTokens } from './session/csrf.ts'
import { identifyUser } from './session/identify-user.ts'
import { createRecency } from './session/recency.ts'
import { createRequireUser, guard, guardLater } from './session/require-user.ts'
import { reportEnded } from './session/report-ended.ts'
import { showSession } from './session/session-info.ts'
import { registerSessionRoutes, sessionPaths } from './session/session-routes.ts'
import { signOut } from './session/sign-out.ts'
import { cancelSession, startSession } from './session/start-session.ts'
import type { AppSessions, RequireUser } from './session/types.ts'
import { createVisitors } from './session/visitors.ts'
import { type SignIn, signInOf } from './sign-in.ts'

export type { SessionOptions } from '../src/session/options.ts'
export type { RequireUserOptions } from '../src/session/recent.ts'
export type { SessionSummary, SessionUser } from '../src/session/types.ts'
export type { AppSessions, RequireUser } from './session/types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Hook for routes that need a user: `{ onRequest: app.requireUser }`.
     * Who opens a page is sent to sign in; other clients get 401 `unauthenticated`.
     * `{ onRequest: app.requireUser({ maxAge: 600_000 }) }` needs a sign-in of the last ten minutes: 403 `reauth_required`.
     */
    requireUser: RequireUser
    /** The sessions of users, to list and to end. */
    sessions: AppSessions
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
export const requireUser: RequireUser = createRequireUser(guardLater)

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
  const store = signIn.redis === null ? createSessionStore(signIn.database) : createRedisSessionStore(signIn.redis, options.absoluteTimeout!)
  const sessions = createSessions(announceEnds(store, signIn.sessionsEndListeners), options as SessionLimits, signIn.config.environment, signIn.isSimulatedWorld)
  const csrf = createCsrfTokens(signIn.keys('csrf'))
  const visitors = createVisitors(options.userDecorator!)

  decorateRequests(app, options.userDecorator!, 'userDecorator')
  signIn.userOf = (request) => (request as unknown as Record<string, SessionUser | null>)[options.userDecorator!]!
  signIn.sessionUserOf = (request) => visitors.recordOf(request)?.user ?? null
  const { check, authenticatedAtOf, requireRecent } = createRecency(visitors, signIn)
  signIn.authenticatedAtOf = authenticatedAtOf
  signIn.requireRecent = requireRecent
  signIn.requireUser = createRequireUser(guard(check))
  decorateInstance(app, options.requireUserDecorator!, 'requireUserDecorator', signIn.requireUser)
  signIn.sessions = createAppSessions(app, carrier, sessions, visitors)
  decorateInstance(app, options.sessionsDecorator!, 'sessionsDecorator', signIn.sessions)
  const hints = createSeal(signIn.keys('login-hint'))
  const revalidation = options.revalidateEvery === undefined ? null : revalidationOf(options.revalidateEvery, signIn, sessions, app.log)
  app.addHook('onRequest', identifyUser({ carrier, sessions, visitors, revalidation }))
  if (revalidation !== null) {
    signIn.confirmationFor = confirmationFor({ carrier, sessions, visitors, revalidation, hints })
    signIn.settleConfirmation = settleConfirmation({ carrier, sessions, visitors, revalidation, hints })
  }

  signIn.startSession = startSession({ carrier, sessions, visitors, hints })
  signIn.cancelSession = cancelSession(carrier, sessions, visitors)
  signIn.endSessions = async (userId, except) => await sessions.endAllOf(userId, except && carrier.idOf(except))
  signIn.sessionOf = (request) => {
    const id = carrier.idOf(request)
    return id === null ? null : sessionKeyOf(id, signIn.isSimulatedWorld)
  }
  signIn.sessionIsAlive = async (request) => {
    const id = carrier.idOf(request)
    return id !== null && await sessions.isAlive(id)
  }
  signIn.endSessionsBy = sessions.endAllBy
  signIn.endSessionsAt = sessions.endAllAt
  signIn.csrfTokenOf = (request) => csrf.tokenOf(carrier.idOf(request)!)
  signIn.isCsrfToken = (request, token) => {
    const id = carrier.idOf(request)
    return id !== null && csrf.isTokenOf(id, token)
  }
  const logoutPath = options.logoutPath ?? `${signIn.prefix}/logout`
  const sessionPath = options.sessionPath ?? `${signIn.prefix}/session`
  const paths = sessionPaths(signIn.prefix)
  signIn.reservedPaths.push(logoutPath, sessionPath, ...Object.values(paths))
  signIn.logoutPath = logoutPath
  signIn.sessionPaths = paths
  await registerOwnRoutes(app, async (scope) => {
    openToFrontEnds(scope)
    scope.get(sessionPath, { exposeHeadRoute: false, schema: sessionSchema() }, showSession(sessions, visitors))
    refuseOtherMethods(scope, sessionPath)
  })
  await registerOwnRoutes(app, async (scope) => {
    openToFrontEnds(scope)
    await acceptForms(scope)
    scope.post(logoutPath, { bodyLimit, schema: signOutSchema() }, signOut(carrier, sessions, visitors))
    refuseOtherMethods(scope, logoutPath, 'POST')
  })
  await registerOwnRoutes(app, async (scope) => {
    openToFrontEnds(scope)
    await acceptForms(scope)
    registerSessionRoutes(scope, { paths, carrier, visitors })
  }, 'change')
}

/** Whatever asks Microsoft without the person is registered later: it is looked up when it is needed. */
function revalidationOf (every: number, signIn: SignIn, sessions: Sessions, log: FastifyBaseLogger): Revalidation {
  return createRevalidation({
    every,
    sessions,
    confirmAccount: () => signIn.confirmAccount,
    canAskPerson: signIn.enabled,
    onGone: async ({ id }) => await reportEnded(signIn, log, id, 'account_gone'),
    environment: signIn.config.environment
  })
}

const plugin: FastifyPluginAsync<SessionOptions> = fp(session, {
  name: 'fastify-entra/session',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking']
})
export default plugin

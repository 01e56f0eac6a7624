import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { isSimulatedAuthority } from '../src/core/authority.ts'
import { developmentSecret } from '../src/core/development-secret.ts'
import { createEventHub, type EventHub } from '../src/core/events.ts'
import { ConfigurationError, refuse } from '../src/core/errors.ts'
import { is, type OptionRules, readOptions, type Resolved } from '../src/core/options.ts'
import { isProduction } from '../src/core/production.ts'
import { deriveKeys } from '../src/core/secrets.ts'
import { checkTokenFiles } from '../src/credentials/prepare.ts'
import type { CredentialRing } from '../src/credentials/ring.ts'
import { ownLanguages } from '../src/pages/language.ts'
import { defaultLook } from '../src/pages/look.ts'
import { createRenderer } from '../src/pages/renderer.ts'
import { createAnswers } from '../src/provider/answer.ts'
import { createAttempts } from '../src/provider/attempt.ts'
import { type ProviderConfig, resolveProvider } from '../src/provider/config.ts'
import { type ProviderOptions, providerOptionRules } from '../src/provider/options.ts'
import { compileRedirectPattern, type RedirectPattern } from '../src/provider/redirect-pattern.ts'
import { allowedReturnTarget, checkReturnTarget } from '../src/provider/return-target.ts'
import { createSeal } from '../src/core/seal.ts'
import { createUsedAttempts } from '../src/store/attempts.ts'
import { exposureOf, secretFileOf } from '../src/store/location.ts'
import { openDatabase } from '../src/store/open.ts'
import { settled } from '../src/store/settled.ts'
import { closeSoon } from './close-soon.ts'
import { cookieName, useCookies } from './cookies.ts'
import { decorateHidden, decorateInstance } from './decorators.ts'
import { finishSignIn } from './finish-sign-in.ts'
import { answerNotFound, refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { openCredentials, watchExpiry } from './provider/credentials.ts'
import { createBrowserAttempts } from './provider/attempts.ts'
import { finishPathOf, registerFormPost } from './provider/form-post.ts'
import { createMicrosoft, type Microsoft } from './provider/microsoft.ts'
import { createOAuthClient } from './provider/oauth-client.ts'
import { redeemAuthorization, responseInQuery } from './provider/redeem.ts'
import { attemptBeginner, startSignIn } from './provider/start.ts'
import { chooseRateLimits } from './rate-limits.ts'
import { callbackSchema, startSchema } from './schemas/sign-in.ts'
import { openSharedRedis } from './redis.ts'
import { noteRegistration, type SignIn, signInKey } from './sign-in.ts'
import type { OnSignIn } from './sign-in-result.ts'
import { simulatorKey } from './simulator/key.ts'

export type { Attempt, Authorization, TokenSet } from '../src/provider/types.ts'
export type { Credential, CredentialState, CredentialSummary } from '../src/credentials/types.ts'
export type { AdminConsentLink, Microsoft, SignInLink } from './provider/microsoft.ts'
export type { OnSignIn, ReturnedTokens, SignInResult } from './sign-in-result.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What an application can ask about Microsoft. */
    microsoft: Microsoft
  }
}

/** Options of the provider plugin. */
export interface ProviderPluginOptions extends ProviderOptions {
  /** The application's own end of a sign-in; may answer the request itself. */
  onSignIn?: OnSignIn
  /** Instance decorator that answers questions about Microsoft. */
  microsoftDecorator?: string | undefined
}

/** The rules behind {@link ProviderPluginOptions}. */
export const providerPluginRules: OptionRules<ProviderPluginOptions> = {
  ...providerOptionRules,
  onSignIn: {
    defaultText: 'none: the browser is redirected',
    check: is.function,
    expected: 'a function (request, reply, result)',
    about: 'Called at the end of a sign-in, with the verified token and the linked user, and with Microsoft\'s tokens where `returnTokens` is on; may answer the request itself.'
  },
  microsoftDecorator: {
    default: 'microsoft',
    check: is.identifier,
    expected: 'a name such as "microsoft"',
    about: 'Name under which the application asks about Microsoft: `app.microsoft`.'
  }
}

/** The first step: the routes that start and finish the OAuth 2.0 code flow at Microsoft. */
const provider: FastifyPluginAsync<ProviderPluginOptions> = async (app, given) => {
  const options = readOptions<ProviderPluginOptions>('fastify-entra/provider', providerPluginRules, given)
  refuseSecondPlace(app)
  const simulator = app.hasDecorator(simulatorKey) ? app[simulatorKey] : null
  const config = resolveProvider(options, simulator, isProduction())
  simulator?.registerRedirectUri(config.redirectUri)
  const hub = createEventHub(config.environment)
  const ring = openCredentials(app, config, hub.report)
  await checkTokenFiles(ring.credentials, config.credentials)
  const signIn = await createSignIn(app, options, config, hub, ring)
  decorateHidden(app, signInKey, signIn)
  noteRegistration(app)
  closeSoon(app)
  decorateInstance(app, options.microsoftDecorator!, 'microsoftDecorator', signIn.microsoft)
  await useCookies(app)
  app.addHook('onReady', async () => checkSteps(signIn))
  watchExpiry(app, ring, config.environment, hub.report)
  if (options.enabled!) await registerRoutes(app, signIn, ring)
  else await registerOwnRoutes(app, (scope) => [config.loginPath, config.callbackPath].forEach((path) => answerNotFound(scope, path)))
}

/** One registration for each server, at its root: cookies and the redirect URI are the whole site's. */
function refuseSecondPlace (app: FastifyInstance): void {
  if (app.hasDecorator(signInKey)) throw new ConfigurationError('fastify-entra: it is registered already. Register it once.')
  if (app.prefix !== '') {
    throw new ConfigurationError(`fastify-entra/provider: it was registered below the prefix ${JSON.stringify(app.prefix)}. Register it at the root, and give option "prefix" where its paths shall start with something else than "/auth".`)
  }
}

async function createSignIn (
  app: FastifyInstance, options: Resolved<ProviderPluginOptions>, config: ProviderConfig, hub: EventHub, ring: CredentialRing
): Promise<SignIn> {
  const location = options.database ?? 'fastify-entra.sqlite'
  const exposure = isProduction() ? exposureOf(location) : null
  if (exposure !== null) app.log.warn(exposure)
  const database = await openDatabase(location, { environment: config.environment })
  app.addHook('onClose', async () => await database.close())
  const redis = options.redis === undefined ? null : await openSharedRedis(app, options.redis, options.redisPrefix, config)
  const reservedPaths = [config.loginPath, config.callbackPath, finishPathOf(config.callbackPath), ...(config.simulated ? [`${new URL(config.authority.base).pathname}/*`] : [])]
  const patterns = options.allowedRedirectUrls!.map((text) => compileRedirectPattern(text) as RedirectPattern)
  const returnPolicy = { origin: config.origin, patterns, reserved: reservedPaths }
  const isSimulatedWorld = isSimulatedAuthority(config.authority.base)
  const secrets = options.secrets ?? [developmentSecret(secretFileOf(location), config.environment)]
  const scopesAtHand = [...config.scopes, ...options.allowedScopes!]
  const signIn: SignIn = {
    microsoft: createMicrosoft({
      start: config.origin + config.loginPath,
      allowed: config,
      checkReturnTarget: (target) => checkReturnTarget(target, returnPolicy),
      credentials: ring.summaries,
      adminConsent: () => signIn.adminConsentUrl,
      graph: config.authority.graph
    }),
    scopesAtHand,
    wantsRefreshTokens: options.returnTokens!,
    returnTokens: options.returnTokens!,
    keepTokens: null,
    endGrants: async () => {},
    grantsOf: async () => [],
    client: null,
    config,
    isSimulatedWorld,
    keys: (purpose) => deriveKeys(secrets, purpose, isSimulatedWorld),
    database: settled(database, () => signIn.isAudited),
    isAudited: false,
    redis,
    limitRoutes: await chooseRateLimits(app, options.rateLimit, redis, config.environment),
    redirectUris: [config.redirectUri],
    reservedPaths,
    prefix: options.prefix!,
    enabled: options.enabled!,
    errorUrl: options.errorRedirectUrl ?? null,
    sendErrorPage: null,
    noteRefusal: null,
    renderer: createRenderer({ simulated: config.simulated, look: defaultLook, languages: ownLanguages }),
    sendCodePage: null,
    signUpRefusals: {},
    signInUrl: config.loginPath,
    signedOutUrl: '/',
    signedOutAtMicrosoftUrl: '/',
    microsoftSignOut: null,
    checkReturnTarget: (target) => checkReturnTarget(target, returnPolicy),
    allowedReturnTarget: (target) => allowedReturnTarget(target, returnPolicy),
    beginAttempt: null,
    attempts: null,
    adminConsentUrl: null,
    verify: null,
    signingKeys: null,
    link: null,
    verification: null,
    linking: null,
    accounts: null,
    linkPath: null,
    unlinkPath: null,
    proveMailbox: null,
    mail: null,
    askForCode: null,
    isActive: null,
    startSession: null,
    cancelSession: null,
    confirmAccount: null,
    confirmationFor: null,
    settleConfirmation: null,
    mayStay: null,
    rolesThatStay: null,
    endSessions: async () => {},
    sessionOf: null,
    sessionIsAlive: null,
    endSessionsBy: null,
    endSessionsAt: null,
    projects: [],
    sessionsEndListeners: [],
    sessions: null,
    authenticatedAtOf: null,
    requireRecent: () => { throw refuse('unauthenticated', 'no_session') },
    ...hub,
    auditOf: async () => [],
    scoredEmailDecorator: null,
    emailThreshold: null,
    userOf: null,
    sessionUserOf: null,
    requireUser: null,
    logoutPath: null,
    sessionPaths: null,
    csrfTokenOf: null,
    isCsrfToken: null,
    landingUrl: '/',
    defaultReturnTo: () => options.defaultReturnTo ?? signIn.landingUrl,
    onSignIn: options.onSignIn ?? null
  }
  return signIn
}

async function registerRoutes (app: FastifyInstance, signIn: SignIn, ring: CredentialRing): Promise<void> {
  const { config } = signIn
  const seal = createSeal(signIn.keys('attempt'))
  const attempts = createBrowserAttempts(
    createAttempts(seal, `${cookieName('entra-attempt', config)}-`, config.environment),
    createUsedAttempts(signIn.database, config.environment)
  )
  signIn.attempts = attempts
  const client = await createOAuthClient(app, config, ring)
  signIn.client = client
  const beginAttempt = attemptBeginner(client, attempts)
  signIn.beginAttempt = beginAttempt
  await registerOwnRoutes(app, async (scope) => {
    scope.get(config.loginPath, { exposeHeadRoute: false, schema: startSchema() }, startSignIn(beginAttempt))
    refuseOtherMethods(scope, config.loginPath)
    if (config.responseMode === 'form_post') {
      const answers = createAnswers(createSeal(signIn.keys('answer')), `${cookieName('entra-answer', config)}-`, config.environment)
      return await registerFormPost(scope, client, attempts, answers)
    }
    scope.get(config.callbackPath, { exposeHeadRoute: false, schema: callbackSchema() }, finishSignIn(redeemAuthorization(client, attempts, responseInQuery)))
    refuseOtherMethods(scope, config.callbackPath)
  }, 'sign-in')
}

/** What would be found out only by the first person who signs in is found out at boot. */
function checkSteps (signIn: SignIn): void {
  const target = signIn.defaultReturnTo()
  if (signIn.allowedReturnTarget(target) === null) {
    throw new ConfigurationError(`fastify-entra/provider: option "defaultReturnTo" is ${JSON.stringify(target)}, where no sign-in may end. Give a path of the application that is none of the sign-in routes.`)
  }
  if (signIn.onSignIn === null && signIn.startSession === null) {
    throw new ConfigurationError('fastify-entra/provider: nothing keeps who signed in. Register the verification, linking and session plugins, or give option "onSignIn".')
  }
}

const plugin: FastifyPluginAsync<ProviderPluginOptions> = fp(provider, { name: 'fastify-entra/provider', fastify: '5.x' })
export default plugin

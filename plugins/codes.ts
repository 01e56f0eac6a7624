import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { createChallenges } from '../src/challenges/challenges.ts'
import { createKeyedHash } from '../src/challenges/code.ts'
import { type CodesOptions, codesOptionRules } from '../src/challenges/options.ts'
import { ConfigurationError, reasonOf } from '../src/core/errors.ts'
import { readOptions } from '../src/core/options.ts'
import { createSeal } from '../src/core/seal.ts'
import { createChallengeStore } from '../src/store/challenges.ts'
import { askForCode } from './codes/ask-for-code.ts'
import { createCodeCookie } from './codes/cookie.ts'
import { cancelCode } from './codes/cancel-code.ts'
import type { CodeParts } from './codes/parts.ts'
import { resendCode } from './codes/resend-code.ts'
import { showCode } from './codes/show-code.ts'
import { takeCode } from './codes/take-code.ts'
import { openToFrontEnds } from './cross-origin.ts'
import { acceptForms, bodyLimit } from './own-posts.ts'
import { answerNotFound, refuseOtherMethods, registerOwnRoutes } from './own-routes.ts'
import { cancelCodeSchema, resendCodeSchema, showCodeSchema, takeCodeSchema } from './schemas/codes.ts'
import { createCsrfTokens } from './session/csrf.ts'
import { type SignIn, signInOf } from './sign-in.ts'
import { tenantLimitOf } from './tenant-limit.ts'

export type { CodesOptions } from '../src/challenges/options.ts'

/** Row C1: a new identity proves an address by a one-time code that is mailed there, and signs in when it comes back. */
const codes: FastifyPluginAsync<CodesOptions> = async (app, given) => {
  const options = readOptions<CodesOptions>('fastify-entra/codes', codesOptionRules, given)
  const signIn = signInOf(app)
  const codePath = options.codePath ?? `${signIn.prefix}/code`
  const paths = { code: codePath, resend: `${codePath}/resend`, cancel: `${codePath}/cancel` }
  signIn.reservedPaths.push(...Object.values(paths))
  const parts: CodeParts = {
    challenges: createChallengesOf(signIn, options.codesPerTenant!),
    cookie: createCodeCookie(signIn.config),
    csrf: createCsrfTokens(signIn.keys('csrf')),
    codePath,
    codePageUrl: pageUrl(options.codePageUrl, signIn) ?? codePath
  }

  signIn.askForCode = askForCode(parts)
  cancelWhatIsTaken(app, signIn, parts)
  await registerOwnRoutes(app, async (scope) => {
    if (!signIn.enabled) return Object.values(paths).forEach((path) => answerNotFound(scope, path))
    openToFrontEnds(scope)
    await acceptForms(scope)
    scope.get(paths.code, { exposeHeadRoute: false, schema: showCodeSchema() }, showCode(parts))
    scope.post(paths.code, { bodyLimit, schema: takeCodeSchema() }, takeCode(parts))
    scope.post(paths.resend, { bodyLimit, schema: resendCodeSchema() }, resendCode(parts))
    scope.post(paths.cancel, { bodyLimit, schema: cancelCodeSchema() }, cancelCode(parts))
    refuseOtherMethods(scope, paths.code, 'GET, POST')
    refuseOtherMethods(scope, paths.resend, 'POST')
    refuseOtherMethods(scope, paths.cancel, 'POST')
  }, 'change')
}

function createChallengesOf (signIn: SignIn, codesPerTenant: number): CodeParts['challenges'] {
  const { keys, database, config: { environment }, mail, report } = signIn
  if (mail === null) {
    throw new ConfigurationError('fastify-entra/codes: option "verify_email" is on, and nothing can mail the codes. Give option "mailer": a nodemailer transport with "mailFrom", or a function that sends a mail. (In development, with the simulator, its mailbox shows them.)')
  }
  return createChallenges({
    store: createChallengeStore(database),
    environment,
    seal: createSeal(keys('challenge')),
    codeHash: createKeyedHash(keys('code')),
    addressHash: createKeyedHash(keys('address')),
    tenantMails: tenantLimitOf(signIn, { kind: 'mail', most: codesPerTenant, option: 'codesPerTenant' }),
    sendCode: mail.sendCode,
    report
  })
}

/** The code is taken from pages of this site, and from those of front ends that may ask. */
function pageUrl (given: string | undefined, { allowedReturnTarget, config: { origin, allowedOrigins } }: SignIn): string | undefined {
  if (given === undefined) return given
  const page = new URL(given, origin)
  if (allowedOrigins.includes(page.origin) || (page.origin === origin && allowedReturnTarget(given) !== null)) return given
  throw new ConfigurationError(`fastify-entra/codes: option "codePageUrl" is ${JSON.stringify(given)}, which is a route of the sign-in itself, or no page that could send the code. Give the path of a page of the application, or the URL of a page of a front end that option "allowedOrigins" names.`)
}

/**
 * Codes for an address that is somebody's from now on are worth nothing any
 * more (row E2, abuse case L06). An address that was merely added is nobody's:
 * else whoever adds one would take the codes of its owner.
 */
function cancelWhatIsTaken (app: FastifyInstance, { listen }: SignIn, { challenges }: CodeParts): void {
  listen(async ({ type, address, reason }) => {
    const isTaken = type === 'account_merged' || (type === 'identifier_added' && reason !== 'unverified')
    if (!isTaken || address === null) return
    try {
      await challenges.cancelOf(address)
    } catch (error) {
      // The account is as it should be, and whoever has such a code reads the mailbox all the same.
      app.log.error({ reason: reasonOf(error) }, 'codes that wait for an address could not be cancelled')
    }
  })
}

const plugin: FastifyPluginAsync<CodesOptions> = fp(codes, {
  name: 'fastify-entra/codes',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/verification', 'fastify-entra/linking', 'fastify-entra/session', 'fastify-entra/mail']
})
export default plugin

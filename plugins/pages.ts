import type { AddressInfo } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { isErrorCode, statusOf } from '../src/core/errors.ts'
import { helpFor } from '../src/core/help.ts'
import { isLoopbackHost } from '../src/core/loopback.ts'
import { readOptions } from '../src/core/options.ts'
import { accountPage } from '../src/pages/account.ts'
import { codePage } from '../src/pages/code.ts'
import { errorPage, keepsSession, needsOtherAccount, noErrorPage } from '../src/pages/error.ts'
import { contentSecurityPolicy, contentSecurityPolicyTo } from '../src/pages/layout.ts'
import { type PagesOptions, pagesOptionRules } from '../src/pages/options.ts'
import { type SignInNotice, signInPage } from '../src/pages/sign-in.ts'
import { registerOwnRoutes } from './own-routes.ts'
import { accountFormTargets, accountView } from './pages/account-view.ts'
import { accountPageSchema, errorPageSchema, signInPageSchema } from './schemas/pages.ts'
import { withQuery } from './query.ts'
import { signInOf } from './sign-in.ts'

export type { PagesOptions } from '../src/pages/options.ts'

/** What a link to the sign-in page may ask Microsoft for. */
const prompts = ['login', 'select_account']

/** What people see: the sign-in, account, code and error pages. */
const pages: FastifyPluginAsync<PagesOptions> = async (app, given) => {
  const options = readOptions<PagesOptions>('fastify-entra/pages', pagesOptionRules, given)
  const signIn = signInOf(app)
  const loginPath = signIn.signInUrl
  const frame = { simulated: signIn.config.simulated }

  const signInPath = options.signInPath ?? `${signIn.prefix}/sign-in`
  const accountPath = options.accountPath ?? `${signIn.prefix}/account`
  const errorPath = options.errorPath ?? `${signIn.prefix}/error`

  signIn.signInUrl = signInPath
  signIn.signedOutUrl = withQuery(signInPath, { signed_out: '1' })
  signIn.signedOutAtMicrosoftUrl = withQuery(signInPath, { signed_out: 'microsoft' })
  signIn.errorUrl ??= errorPath
  signIn.sendErrorPage = (reply, code, help) => sendPage(reply, errorPage(frame, {
    code, help, wayOn: wayOn(code), ownTexts: signIn.signUpRefusals, adminConsentUrl: signIn.adminConsentUrl, canLink: signIn.linkPath !== null
  }))
  signIn.sendCodePage = (reply, view) => sendPage(reply, codePage(frame, view), contentSecurityPolicyTo(view.formTargets))
  signIn.landingUrl = accountPath
  signIn.reservedPaths.push(signInPath, errorPath)

  app.addHook('onListen', async () => sayWhere(app, signIn.config.origin, signInPath))
  await registerOwnRoutes(app, (scope) => {
    scope.get(signInPath, { schema: signInPageSchema() }, showSignIn)
    scope.get(accountPath, { schema: accountPageSchema() }, showAccount)
    scope.get(errorPath, { schema: errorPageSchema() }, showError)
  })

  /** A target that is not allowed is left out. */
  async function showSignIn (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { return_to: asked, prompt } = request.query as Record<string, unknown>
    const startUrl = withQuery(loginPath, { return_to: signIn.allowedReturnTarget(asked), prompt: prompts.find((one) => one === prompt) ?? null })
    return sendPage(reply, signInPage(frame, signIn.enabled ? startUrl : null, noticeOf(request)))
  }

  function noticeOf (request: FastifyRequest): SignInNotice | null {
    const { prompt, consented, signed_out: signedOut } = request.query as Record<string, unknown>
    if (prompt === 'login') return 'recent_sign_in'
    if (consented === '1') return 'consented'
    // A link says so to anybody: who is signed in is not told otherwise.
    return signIn.sessionUserOf!(request) === null ? signedOutNotices.get(signedOut) ?? null : null
  }

  /**
   * Who has to sign in again does so afresh, and comes back to the account page: what was sent is not sent twice. Whose
   * account is refused is asked for another one: Microsoft would take the same again without a word.
   */
  function wayOn (code: string): string {
    if (keepsSession(code)) return accountPath
    if (needsOtherAccount(code)) return withQuery(signInPath, { return_to: code === 'email_in_use' ? accountPath : null, prompt: 'select_account' })
    return code === 'reauth_required' ? withQuery(signInPath, { return_to: accountPath, prompt: 'login' }) : signInPath
  }

  async function showAccount (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const user = signIn.sessionUserOf!(request)
    if (user === null) return reply.redirect(signInPath, 303)
    const view = await accountView(signIn, user, request)
    return sendPage(reply, accountPage(frame, view), contentSecurityPolicyTo(accountFormTargets(signIn)))
  }

  async function showError (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { error, help } = request.query as Record<string, unknown>
    if (typeof error === 'string' && Object.hasOwn(signIn.signUpRefusals, error)) return signIn.sendErrorPage!(reply.code(403), error)
    // Anybody may link here with anything: that is no fault of the server's, and no alarm shall say so.
    if (!isErrorCode(error)) return sendPage(reply.code(404), noErrorPage(frame, signInPath))
    return signIn.sendErrorPage!(reply.code(statusOf(error)), error, helpFor(error, help))
  }
}

/** What `signed_out` in an address stands for. */
const signedOutNotices: ReadonlyMap<unknown, SignInNotice> = new Map([['1', 'signed_out'], ['microsoft', 'signed_out_at_microsoft']])

/** Says where to sign in, and warns where that address is none that this server listens at. */
function sayWhere (app: FastifyInstance, origin: string, signInPath: string): void {
  app.log.info(`sign in at ${origin}${signInPath}`)
  const { hostname, port } = new URL(origin)
  const isElsewhere = isLoopbackHost(hostname) && !app.addresses().some((address) => String((address as AddressInfo).port) === port)
  if (isElsewhere) app.log.warn(`"baseUrl" is ${origin}, but this server listens at another port: browsers that are sent there find nobody, unless something forwards them`)
}

function sendPage (reply: FastifyReply, page: string, policy: string = contentSecurityPolicy): FastifyReply {
  return reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .type('text/html; charset=utf-8')
    .send(page)
}

const plugin: FastifyPluginAsync<PagesOptions> = fp(pages, {
  name: 'fastify-entra/pages',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/session']
})
export default plugin

import type { AddressInfo } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { isErrorCode, statusOf } from '../src/core/errors.ts'
import { helpFor, type HelpWord } from '../src/core/help.ts'
import { isLoopbackHost } from '../src/core/loopback.ts'
import { readOptions } from '../src/core/options.ts'
import { keepsSession, needsOtherAccount } from '../src/pages/error.ts'
import { readLanguages } from '../src/pages/given-texts.ts'
import { createLook } from '../src/pages/look.ts'
import { type PagesOptions, pagesOptionRules } from '../src/pages/options.ts'
import { createRenderer } from '../src/pages/renderer.ts'
import type { SignInNotice } from '../src/pages/sign-in.ts'
import { framesOf } from './failure-frames.ts'
import { registerOwnRoutes } from './own-routes.ts'
import { accountFormTargets, accountView } from './pages/account-view.ts'
import { createReferenceCookie } from './pages/reference-cookie.ts'
import { accountPageSchema, errorPageSchema, signInPageSchema } from './schemas/pages.ts'
import { withQuery } from './query.ts'
import { sendPage } from './send-page.ts'
import { signInOf } from './sign-in.ts'

export { html, type SafeHtml } from '@remix-run/html-template'
export type { Palette, PageColors } from '../src/pages/colors.ts'
export type { GivenTexts } from '../src/pages/given-texts.ts'
export type { PageParts } from '../src/pages/layout.ts'
export type { PageLogo } from '../src/pages/look.ts'
export type { PagesOptions } from '../src/pages/options.ts'
export type { OwnDocument, OwnPage, OwnPages, OwnPageTools, PageName, PageViews } from '../src/pages/renderer.ts'
export type { PluralText, TextKey, Texts } from '../src/pages/texts.ts'
export { en as englishTexts } from '../src/pages/texts/en.ts'

/** What a link to the sign-in page may ask Microsoft for. */
const prompts = ['login', 'select_account']

/** What people see: the sign-in, account, code and error pages. */
const pages: FastifyPluginAsync<PagesOptions> = async (app, given) => {
  const options = readOptions<PagesOptions>('fastify-entra/pages', pagesOptionRules, given)
  const signIn = signInOf(app)
  const loginPath = signIn.signInUrl
  const references = createReferenceCookie(signIn.config)

  const signInPath = options.signInPath ?? `${signIn.prefix}/sign-in`
  const accountPath = options.accountPath ?? `${signIn.prefix}/account`
  const errorPath = options.errorPath ?? `${signIn.prefix}/error`

  signIn.signInUrl = signInPath
  signIn.signedOutUrl = withQuery(signInPath, { signed_out: '1' })
  signIn.signedOutAtMicrosoftUrl = withQuery(signInPath, { signed_out: 'microsoft' })
  signIn.renderer = createRenderer({
    simulated: signIn.config.simulated,
    look: createLook({ colors: options.pageColors, logo: options.pageLogo }),
    languages: readLanguages({ texts: options.pageTexts, offered: options.pageLanguages, ownCodes: Object.keys(signIn.signUpRefusals) }),
    ownPages: options.ownPages,
    // Its message may hold anything.
    complain: (page, failure) => app.log.error({ page, frames: framesOf(failure) }, 'an own page could not be used: the standard one is shown')
  })
  if (signIn.errorUrl === null) signIn.noteRefusal = references.set
  signIn.errorUrl ??= errorPath
  signIn.sendErrorPage = (reply, { code, help, reference }) => sendPage(reply, 'error', {
    code, help, reference, wayOn: wayOn(code, help), ownText: ownTextOf(code), adminConsentUrl: signIn.adminConsentUrl, canLink: signIn.linkPath !== null
  })
  signIn.sendCodePage = (reply, view) => sendPage(reply, 'code', view, { formTargets: view.formTargets })
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
    return sendPage(reply, 'signIn', { startUrl: signIn.enabled ? startUrl : null, notice: noticeOf(request) })
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
  function wayOn (code: string, help: HelpWord | undefined): string {
    if (keepsSession(code)) return accountPath
    if (needsOtherAccount(code, help)) return withQuery(signInPath, { return_to: code === 'email_in_use' ? accountPath : null, prompt: 'select_account' })
    return code === 'reauth_required' ? withQuery(signInPath, { return_to: accountPath, prompt: 'login' }) : signInPath
  }

  async function showAccount (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const user = signIn.sessionUserOf!(request)
    if (user === null) return reply.redirect(signInPath, 303)
    const view = await accountView(signIn, user, request)
    return sendPage(reply, 'account', view, { formTargets: accountFormTargets(signIn) })
  }

  async function showError (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { error, help } = request.query as Record<string, unknown>
    if (typeof error === 'string' && ownTextOf(error) !== undefined) return signIn.sendErrorPage!(reply.code(403), { code: error, reference: references.find(request, error) })
    // Anybody may link here with anything: that is no fault of the server's, and no alarm shall say so.
    if (!isErrorCode(error)) return sendPage(reply.code(404), 'noError', { wayOn: signInPath })
    return signIn.sendErrorPage!(reply.code(statusOf(error)), { code: error, help: helpFor(error, help), reference: references.find(request, error) })
  }

  /** What the application says for a code of its own. */
  function ownTextOf (code: string): string | undefined {
    return Object.hasOwn(signIn.signUpRefusals, code) ? signIn.signUpRefusals[code] : undefined
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

const plugin: FastifyPluginAsync<PagesOptions> = fp(pages, {
  name: 'fastify-entra/pages',
  fastify: '5.x',
  dependencies: ['fastify-entra/provider', 'fastify-entra/session']
})
export default plugin

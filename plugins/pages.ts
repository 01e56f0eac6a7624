import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { isErrorCode, refuse } from '../src/core/errors.ts'
import { readOptions } from '../src/core/options.ts'
import { accountPage } from '../src/pages/account.ts'
import { errorPage } from '../src/pages/error.ts'
import { contentSecurityPolicy } from '../src/pages/layout.ts'
import { type PagesOptions, pagesOptionRules } from '../src/pages/options.ts'
import { signInPage } from '../src/pages/sign-in.ts'
import { registerOwnRoutes } from './own-routes.ts'
import { signInOf } from './sign-in.ts'

export type { PagesOptions } from '../src/pages/options.ts'

/** What people see: the sign-in, account and error pages. */
const pages: FastifyPluginAsync<PagesOptions> = async (app, given) => {
  const options = readOptions<PagesOptions>('fastify-entra/pages', pagesOptionRules, given)
  const signIn = signInOf(app)
  const loginPath = signIn.signInUrl
  const frame = { simulated: signIn.config.simulated }

  signIn.signInUrl = options.signInPath!
  signIn.signedOutUrl = options.signInPath!
  signIn.errorUrl ??= options.errorPath!
  signIn.landingUrl = options.accountPath!
  signIn.reservedPaths.push(options.signInPath!, options.errorPath!)

  app.addHook('onListen', async () => app.log.info(`sign in at ${signIn.config.origin}${options.signInPath!}`))
  await registerOwnRoutes(app, (scope) => {
    scope.get(options.signInPath!, showSignIn)
    scope.get(options.accountPath!, showAccount)
    scope.get(options.errorPath!, showError)
  })

  /** A target that is not allowed is left out. */
  async function showSignIn (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { return_to: returnTo } = request.query as Record<string, unknown>
    return sendPage(reply, signInPage(frame, startUrl(returnTo)))
  }

  function startUrl (asked: unknown): string {
    const returnTo = signIn.allowedReturnTarget(asked)
    return returnTo === null ? loginPath : `${loginPath}?return_to=${encodeURIComponent(returnTo)}`
  }

  async function showAccount (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const user = signIn.userOf!(request)
    if (user === null) return reply.redirect(options.signInPath!, 303)
    const signOut = { path: signIn.logoutPath!, csrfToken: signIn.csrfTokenOf!(request) }
    return sendPage(reply, accountPage(frame, user, signOut))
  }

  async function showError (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { error } = request.query as Record<string, unknown>
    const code = isErrorCode(error) ? error : 'server_error'
    return sendPage(reply.code(refuse(code, 'shown').statusCode), errorPage(frame, code, options.signInPath!))
  }
}

function sendPage (reply: FastifyReply, page: string): FastifyReply {
  return reply
    .header('content-security-policy', contentSecurityPolicy)
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

import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { reasonOf } from '../../src/core/errors.ts'
import { framesOf } from '../failure-frames.ts'
import { cookieNames } from './configuration.ts'
import type { Parts } from './parts.ts'

/** For what is no page of ours: nothing may run, and nobody may frame it (abuse case P23). */
const closedPolicy = "default-src 'none'; script-src 'none'; frame-ancestors 'none'; base-uri 'none'"

/** What holds for all answers of a provider, and what its log says. */
export function answerPlainly (provider: Provider, parts: Parts): void {
  const { log, owners } = parts
  const session = cookieNames(parts).session

  provider.use(async (ctx, next) => {
    ctx.set({
      'cache-control': 'no-store',
      'content-security-policy': closedPolicy,
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff'
    })
    await next()
    const policy = ctx.response.get('content-security-policy')
    // The page that posts an answer to an app has put the hash of its script there.
    ctx.set('content-security-policy', policy.replace("'none' 'sha256-", "'sha256-"))
    if (ctx._matchedRouteName === 'end_session') leaveAtOnce(ctx as unknown as KoaContextWithOIDC)
    dropCookie(ctx as unknown as KoaContextWithOIDC, session)
  })

  // Koa's own word for what fails before or after the provider's own handlers.
  const { on } = provider as unknown as { on: (event: string, listener: (error: unknown) => void) => void }
  on.call(provider, 'error', (error) => log.error({ failure: nameOf(error) }, 'an answer of the identity provider failed'))
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: unknown) =>
    owners.requestOf(ctx.req).log.error({ route: ctx.oidc.route, failure: nameOf(error), reason: reasonOf(error), frames: framesOf(error) }, 'the identity provider failed'))
  for (const event of ['authorization.error', 'grant.error', 'userinfo.error', 'revocation.error', 'end_session.error', 'end_session_confirm.error'] as const) {
    provider.on(event as 'grant.error', (ctx, error) => {
      const { error: code, error_detail: detail, cause } = error as typeof error & { error_detail?: string, cause?: unknown }
      // A cause's own words may hold what the app has sent.
      owners.requestOf(ctx.req).log.info({ route: ctx.oidc.route, client: ctx.oidc.client?.clientId, code, detail: cause === undefined ? detail : undefined }, 'an app was refused')
    })
  }
}

/**
 * Where nobody is signed in there is nothing to ask: the browser goes on, instead of posting a form of its own accord.
 * Only to a URL that is registered for the app: all others were dropped.
 */
function leaveAtOnce (ctx: KoaContextWithOIDC): void {
  const { session, urlFor } = ctx.oidc
  if (ctx.status !== 200 || session?.accountId !== undefined) return
  const { postLogoutRedirectUri, state } = session!.state as { postLogoutRedirectUri?: string, state?: string }
  const url = new URL(postLogoutRedirectUri ?? urlFor.call(ctx.oidc, 'end_session_success'))
  if (postLogoutRedirectUri !== undefined && state !== undefined) url.searchParams.set('state', state)
  ctx.status = 303
  ctx.redirect(url.href)
}

/** The session has no cookie of its own. */
function dropCookie ({ res }: KoaContextWithOIDC, name: string): void {
  const kept = [res.getHeader('set-cookie') ?? []].flat().map(String).filter((cookie) => !cookie.startsWith(`${name}=`))
  if (kept.length === 0) res.removeHeader('set-cookie')
  else res.setHeader('set-cookie', kept)
}

/** What failed may hold anything in its message. */
function nameOf (error: unknown): string {
  return String(Object(error).name)
}

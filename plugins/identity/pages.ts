import type { KoaContextWithOIDC } from 'oidc-provider'
import { appErrorPage } from '../../src/pages/app-error.ts'
import { appSignedOutPage, appSignOutPage } from '../../src/pages/app-sign-out.ts'
import { formTargetOf } from '../../src/pages/form-target.ts'
import { contentSecurityPolicy, contentSecurityPolicyTo } from '../../src/pages/layout.ts'
import type { SessionUser } from '../../src/session/types.ts'
import type { Parts } from './parts.ts'

/** What somebody is called on a page. */
export function nameOf ({ displayName, email }: SessionUser): string {
  return displayName ?? email?.address ?? 'somebody without a name'
}

/** The page that asks before an app signs somebody out. Each time: a link of anybody's may lead here (abuse case P14). */
export function askSignOut ({ owners, signIn }: Parts) {
  return async function askSignOutPage (ctx: KoaContextWithOIDC): Promise<void> {
    const { secret, postLogoutRedirectUri } = ctx.oidc.session!.state as { secret: string, postLogoutRedirectUri?: string }
    const user = signIn.sessionUserOf!(owners.exchangeOf(ctx.req).request)!
    send(ctx, appSignOutPage({ simulated: signIn.config.simulated }, {
      appName: ctx.oidc.client?.clientName ?? null,
      person: nameOf(user),
      action: new URL(ctx.oidc.urlFor('end_session_confirm')).pathname,
      secret
    }), contentSecurityPolicyTo(postLogoutRedirectUri === undefined ? [] : [formTargetOf(postLogoutRedirectUri)]))
  }
}

/** The page after it, where no app waits. */
export function showSignedOut ({ owners, signIn }: Parts) {
  return async function showSignedOutPage (ctx: KoaContextWithOIDC): Promise<void> {
    const signedIn = await owners.ownerOf(owners.exchangeOf(ctx.req).request) !== null
    send(ctx, appSignedOutPage({ simulated: signIn.config.simulated }, { signedIn, wayOn: signedIn ? signIn.landingUrl : signIn.signInUrl }))
  }
}

/** The page for what cannot be answered by sending the browser back to an app. */
export function showError ({ signIn }: Parts) {
  return async function showErrorPage (ctx: KoaContextWithOIDC, { error }: { error: string }): Promise<void> {
    send(ctx, appErrorPage({ simulated: signIn.config.simulated }, error))
  }
}

function send (ctx: KoaContextWithOIDC, page: string, policy: string = contentSecurityPolicy): void {
  ctx.set('content-security-policy', policy)
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = page
}

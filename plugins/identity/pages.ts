import type { KoaContextWithOIDC } from 'oidc-provider'
import { formTargetOf } from '../../src/pages/form-target.ts'
import { referenceOf } from '../../src/pages/reference.ts'
import type { PageName, PageViews } from '../../src/pages/renderer.ts'
import type { SessionUser } from '../../src/session/types.ts'
import type { Parts } from './parts.ts'

/** What somebody is called on a page; `null` for who has neither name nor address. */
export function nameOf ({ displayName, email }: SessionUser): string | null {
  return displayName ?? email?.address ?? null
}

/** The page that asks before an app signs somebody out. Each time: a link of anybody's may lead here (abuse case P14). */
export function askSignOut (parts: Parts) {
  const { owners, signIn } = parts
  return async function askSignOutPage (ctx: KoaContextWithOIDC): Promise<void> {
    const { secret, postLogoutRedirectUri } = ctx.oidc.session!.state as { secret: string, postLogoutRedirectUri?: string }
    const user = signIn.sessionUserOf!(owners.requestOf(ctx.req))!
    send(parts, ctx, 'appSignOut', {
      appName: ctx.oidc.client?.clientName ?? null,
      person: nameOf(user),
      action: new URL(ctx.oidc.urlFor('end_session_confirm')).pathname,
      secret
    }, postLogoutRedirectUri === undefined ? [] : [formTargetOf(postLogoutRedirectUri)])
  }
}

/** The page after it, where no app waits. */
export function showSignedOut (parts: Parts) {
  const { owners, signIn } = parts
  return async function showSignedOutPage (ctx: KoaContextWithOIDC): Promise<void> {
    const signedIn = await owners.ownerOf(owners.requestOf(ctx.req)) !== null
    send(parts, ctx, 'appSignedOut', { signedIn, wayOn: signedIn ? signIn.landingUrl : signIn.signInUrl })
  }
}

/** The page for what cannot be answered by sending the browser back to an app. */
export function showError (parts: Parts) {
  return async function showErrorPage (ctx: KoaContextWithOIDC, { error }: { error: string }): Promise<void> {
    send(parts, ctx, 'appError', { error, reference: referenceOf(parts.owners.requestOf(ctx.req).id) })
  }
}

function send<Name extends PageName> ({ signIn: { renderer } }: Parts, ctx: KoaContextWithOIDC, name: Name, view: PageViews[Name], formTargets: readonly string[] = []): void {
  const language = renderer.languageFor({ acceptLanguage: ctx.get('accept-language'), uiLocales: ctx.oidc.params?.ui_locales })
  const { document, policy } = renderer.render(name, view, { language, formTargets })
  ctx.set('content-security-policy', policy)
  ctx.type = 'text/html; charset=utf-8'
  ctx.body = document
}

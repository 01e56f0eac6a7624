import { html, type SafeHtml } from '@remix-run/html-template'
import { page, type PageFrame } from './layout.ts'

/** What brought a person to the sign-in page, where that needs a word. */
export type SignInNotice = 'signed_out' | 'signed_out_at_microsoft' | 'recent_sign_in' | 'consented'

const notices: Readonly<Record<SignInNotice, SafeHtml>> = {
  signed_out: html`<p role="status">You are signed out here. At Microsoft you may still be signed in.</p>`,
  signed_out_at_microsoft: html`<p role="status">You are signed out here, and back from signing out at Microsoft.</p>`,
  recent_sign_in: html`<p role="status">What you asked for needs a recent sign-in. Sign in again to go on.</p>`,
  consented: html`<p role="status">Microsoft has sent you back: if you have allowed this application for your organisation, its people can sign in now.</p>`
}

/**
 * The sign-in page.
 *
 * @param startUrl - Path of the start route, with the return target in its query; `null` where signing in is switched off.
 */
export function signInPage (frame: PageFrame, startUrl: string | null, notice: SignInNotice | null = null): string {
  return page('Sign in', frame, html`${notice === null ? null : notices[notice]}
${startUrl === null
? html`<p>Signing in with Microsoft is switched off at the moment.</p>`
: html`<p>Use your work, school or personal Microsoft account.</p>
<p><a class="button" href="${startUrl}">Sign in with Microsoft</a></p>`}`)
}

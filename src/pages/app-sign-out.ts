import { html } from '@remix-run/html-template'
import { page, type PageFrame } from './layout.ts'

/** What the page asks, and where the answer goes. */
export interface AppSignOutPageView {
  /** The app that asks for it; `null` where none says so. */
  readonly appName: string | null
  /** Who is signed in. */
  readonly person: string
  readonly action: string
  /** Bound to this question and this session (abuse case P14). */
  readonly secret: string
}

/** The page that asks whether an app shall sign a person out. Plain form, no script. */
export function appSignOutPage (frame: PageFrame, { appName, person, action, secret }: AppSignOutPageView): string {
  return page('Sign out?', frame, html`<p>${appName === null ? 'An app' : html`<strong>${appName}</strong>`} asks whether you want to sign out. You are signed in as <strong>${person}</strong>.</p>
<p>You would be signed out here, and of all apps that you have used with this sign-in.</p>
<form method="post" action="${action}" class="choices">
<input type="hidden" name="xsrf" value="${secret}">
<button class="button" type="submit" name="logout" value="yes">Sign out</button>
<button class="button other" type="submit">Stay signed in</button>
</form>`)
}

/** The page after it, for who came from no app that one could go back to. */
export function appSignedOutPage (frame: PageFrame, { signedIn, wayOn }: { readonly signedIn: boolean, readonly wayOn: string }): string {
  return page(signedIn ? 'You are still signed in' : 'You are signed out', frame, html`<p>${signedIn ? 'Nothing was changed.' : 'You are signed out here, and of the apps that you used with this sign-in. At Microsoft you may still be signed in.'}</p>
<p><a class="button" href="${wayOn}">${signedIn ? 'Your account' : 'Sign in again'}</a></p>`)
}

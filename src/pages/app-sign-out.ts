import { html } from '@remix-run/html-template'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import { named, personNamed, stepLink } from './parts.ts'

/** What the page asks, and where the answer goes. */
export interface AppSignOutPageView {
  /** The app that asks for it; `null` where none says so. */
  readonly appName: string | null
  /** Who is signed in; `null` for somebody without a name. */
  readonly person: string | null
  readonly action: string
  /** Bound to this question and this session (abuse case P14). */
  readonly secret: string
}

/** The page that asks whether an app shall sign a person out. Plain form, no script. */
export function appSignOutPage ({ appName, person, action, secret }: AppSignOutPageView, { say }: PageContext): PageParts {
  const who = personNamed(say, person)
  return {
    title: say('app_sign_out.title'),
    content: html`<p>${appName === null ? say('app_sign_out.asks_unnamed', { person: who }) : say('app_sign_out.asks', { app: named(appName), person: who })}</p>
<p>${say('app_sign_out.what_ends')}</p>
<form method="post" action="${action}" class="choices">
<input type="hidden" name="xsrf" value="${secret}">
<button class="button" type="submit" name="logout" value="yes">${say('app_sign_out.yes')}</button>
<button class="button other" type="submit">${say('app_sign_out.no')}</button>
</form>`
  }
}

/** What the page after it knows. */
export interface AppSignedOutPageView {
  /** Whether the person has stayed. */
  readonly signedIn: boolean
  readonly wayOn: string
}

/** The page after it, for who came from no app that one could go back to. */
export function appSignedOutPage ({ signedIn, wayOn }: AppSignedOutPageView, { say }: PageContext): PageParts {
  return {
    title: say(signedIn ? 'app_signed_out.stayed_title' : 'app_signed_out.title'),
    content: html`<p>${say(signedIn ? 'app_signed_out.stayed' : 'app_signed_out.text')}</p>
${stepLink(wayOn, say(signedIn ? 'app_signed_out.stayed_step' : 'app_signed_out.step'))}`
  }
}

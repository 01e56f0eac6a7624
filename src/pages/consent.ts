import { html, type SafeHtml } from '@remix-run/html-template'
import type { Place } from '../identity/redirect-host.ts'
import type { ScopeName } from '../identity/scopes.ts'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import { addressLink, buttonForm, named, personNamed } from './parts.ts'

/** What the page asks, and where the answer goes. */
export interface ConsentPageView {
  readonly appName: string
  /** The app's own page; `null` where it has none. */
  readonly appUrl: string | null
  /** Where the browser goes after the answer: people see who it is that asks. */
  readonly returnsTo: Place
  /** Who is signed in; `null` for somebody without a name. */
  readonly person: string | null
  /** What the app would have. */
  readonly wanted: readonly ScopeName[]
  readonly action: string
  readonly csrfToken: string
}

/** The page on which a person lets an app know who they are. Plain forms, no script. */
export function consentPage (view: ConsentPageView, { say }: PageContext): PageParts {
  const { appName, appUrl, returnsTo, person, wanted, action, csrfToken } = view
  const answer = (text: 'allow' | 'deny'): SafeHtml => buttonForm({ action, fields: { csrf_token: csrfToken, answer: text }, text: say(`consent.${text}`), main: text === 'allow' })
  const place = 'host' in returnsTo ? named(returnsTo.host) : html`<strong>${say('consent.device_app', { scheme: returnsTo.scheme })}</strong>`
  return {
    title: say('consent.title', { app: appName }),
    content: html`<p>${say('consent.intro', { person: personNamed(say, person), app: named(appName) })}</p>
<ul>
${wanted.map((scope) => html`<li>${say(`scope.${scope}`)}</li>
`)}</ul>
<p>${say('consent.returns_to', { place })}${appUrl === null ? null : html` ${say('consent.own_page', { link: addressLink(appUrl) })}`}</p>
<div class="choices">
${answer('allow')}
${answer('deny')}
</div>`
  }
}

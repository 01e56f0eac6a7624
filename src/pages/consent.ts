import { html, type SafeHtml } from '@remix-run/html-template'
import { page, type PageFrame } from './layout.ts'

/** What the page asks, and where the answer goes. */
export interface ConsentPageView {
  readonly appName: string
  /** The app's own page; `null` where it has none. */
  readonly appUrl: string | null
  /** Where the browser goes after the answer: people see who it is that asks. */
  readonly returnsTo: string
  /** Who is signed in. */
  readonly person: string
  /** What the app would have, in words. */
  readonly wanted: readonly string[]
  readonly action: string
  readonly csrfToken: string
}

/** The page on which a person lets an app know who they are. Plain forms, no script. */
export function consentPage (frame: PageFrame, view: ConsentPageView): string {
  const { appName, appUrl, returnsTo, person, wanted } = view
  return page(`Sign in to ${appName}?`, frame, html`<p>You are signed in as <strong>${person}</strong>. <strong>${appName}</strong> wants to:</p>
<ul>
${wanted.map((words) => html`<li>${words}</li>
`)}</ul>
<p>Then you go on to <strong>${returnsTo}</strong>.${appUrl === null ? null : html` The app's own page is <a href="${appUrl}" rel="noopener noreferrer">${appUrl}</a>.`}</p>
<div class="choices">
${answerForm(view, 'allow', 'button', html`Allow`)}
${answerForm(view, 'deny', 'button other', html`Deny`)}
</div>`)
}

function answerForm ({ action, csrfToken }: ConsentPageView, answer: 'allow' | 'deny', style: string, text: SafeHtml): SafeHtml {
  return html`<form method="post" action="${action}">
<input type="hidden" name="csrf_token" value="${csrfToken}">
<input type="hidden" name="answer" value="${answer}">
<button class="${style}" type="submit">${text}</button>
</form>`
}

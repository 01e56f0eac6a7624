import { html, type SafeHtml } from '@remix-run/html-template'
import type { ChecklistItem } from '../diagnosis/checklist.ts'
import type { Explanation } from '../diagnosis/explanation.ts'
import type { Finding } from '../diagnosis/types.ts'
import { page, type PageFrame } from './layout.ts'
import { explanationSection } from './setup-explanation.ts'

/** What the set-up assistant shows. */
export interface SetupPageView {
  /** Where its forms go: the page itself. */
  readonly path: string
  readonly redirectUris: readonly string[]
  /** `null` without the sign-out plugin. */
  readonly logoutUrl: string | null
  readonly checklist: readonly ChecklistItem[]
  readonly findings: readonly Finding[]
  /** The part of the manifest to paste, as JSON. */
  readonly manifest: string
  /** Where a sign-in starts. */
  readonly signInUrl: string
  /** What arrived last time; `null` while nobody has signed in since the start. */
  readonly arrival: Arrival | null
  /** What was pasted just now. */
  readonly pasted: Pasted | null
}

/** The last sign-in. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly explanation: Explanation
  /** What linking did: `E2`, or `C3: email_in_use`; `null` where it was not asked. */
  readonly result: string | null
}

/** What somebody has pasted into one of the forms. */
export type Pasted =
  | { readonly kind: 'token', readonly explanation: Explanation }
  | { readonly kind: 'manifest', readonly isOne: boolean }

const states = { right: 'Right', wrong: 'Wrong', unknown: 'Not known' } as const

/** The page of the set-up assistant. Plain forms, no script. */
export function setupPage (frame: PageFrame, view: SetupPageView): string {
  return page('Set-up assistant', frame, html`<p>What your app registration and this application have to agree on, and whether they do. For development only.</p>
${pastedSection(view)}
${section('findings', 'What is wrong', view.findings.length === 0
? html`<p>Nothing that can be seen from here.</p>`
: html`<ul class="entries">
${view.findings.map(findingEntry)}</ul>`)}
${section('checklist', 'Checklist', html`<ul class="entries">
${view.checklist.map(checklistEntry)}</ul>
<form method="get" action="${view.path}"><button class="button other" type="submit">Check again</button></form>`)}
${section('register', 'To register', html`<dl>
${view.redirectUris.map((url) => html`<dt>Redirect URL (Web)</dt><dd><code>${url}</code></dd>\n`)}
${view.logoutUrl === null ? null : html`<dt>Front-channel logout URL</dt><dd><code>${view.logoutUrl}</code></dd>`}
</dl>`)}
${section('part-of-manifest', 'To paste into the manifest', html`<label for="part">The optional claims, and the redirect URLs. Put the members in the place of those of the same name.</label>
<textarea id="part" readonly rows="12">${view.manifest}</textarea>`)}
${section('arrived', 'What arrived last time', arrivalSection(view))}
${section('explain', 'Explain a token', pasteForm(view.path, 'token', 'An ID token. It goes to this server alone, is not kept, and nobody is asked about it.', html`Explain it`))}
${section('check', 'Check a manifest', pasteForm(view.path, 'manifest', 'The manifest of the app registration, as the portal shows it. It holds no secret.', html`Check it`))}`)
}

function section (id: string, title: string, content: SafeHtml): SafeHtml {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}
</section>`
}

function findingEntry ({ id, severity, seen, why, remedy }: Finding): SafeHtml {
  return html`<li><strong>${severity === 'error' ? 'Error' : 'Warning'}: ${id}</strong><br>${seen}<br>${why}<br>${remedy}</li>
`
}

function checklistEntry ({ title, state, note }: ChecklistItem): SafeHtml {
  return html`<li><strong>${states[state]}</strong>: ${title}.${note === null ? null : html` ${note}`}</li>
`
}

function arrivalSection ({ arrival, signInUrl }: SetupPageView): SafeHtml {
  if (arrival === null) return html`<p>Nobody has signed in since the server was started. <a href="${signInUrl}">Sign in</a>, then come back.</p>`
  return html`<p>At ${new Date(arrival.at).toISOString()}.${arrival.result === null ? null : html` Linking: ${arrival.result}.`}</p>
${explanationSection(arrival.explanation)}`
}

/** The answer comes first: who has pasted something looks for it at the top. */
function pastedSection ({ pasted }: SetupPageView): SafeHtml | null {
  if (pasted === null) return null
  if (pasted.kind === 'token') {
    return section('pasted', 'The token that you pasted', explanationSection(pasted.explanation))
  }
  return pasted.isOne
    ? html`<p role="status">The manifest was read: what is wrong with it is below. It counts until the server is started again.</p>`
    : html`<p class="problem" role="alert">That is no app manifest. Copy all of it from the portal: app registration, Manifest.</p>`
}

function pasteForm (path: string, name: string, label: string, button: SafeHtml): SafeHtml {
  return html`<form method="post" action="${path}">
<label for="${name}">${label}</label>
<textarea id="${name}" name="${name}" rows="6" required autocomplete="off" spellcheck="false"></textarea>
<p><button class="button" type="submit">${button}</button></p>
</form>`
}

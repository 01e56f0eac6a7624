import { html, type SafeHtml } from '@remix-run/html-template'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import type { Say } from './say.ts'

/** What brought a person to the sign-in page, where that needs a word. */
export type SignInNotice = 'signed_out' | 'signed_out_at_microsoft' | 'recent_sign_in' | 'consented'

/** What the page shows. */
export interface SignInPageView {
  /** Path of the start route, with the return target in its query; `null` where signing in is switched off. */
  readonly startUrl: string | null
  readonly notice: SignInNotice | null
}

/** The sign-in page. */
export function signInPage ({ startUrl, notice }: SignInPageView, { say }: PageContext): PageParts {
  return {
    title: say('sign_in.title'),
    content: html`${notice === null ? null : html`<p role="status">${say(`sign_in.${notice}`)}</p>`}
${startUrl === null ? html`<p>${say('sign_in.off')}</p>` : html`<p>${say('sign_in.text')}</p>\n${microsoftButton(startUrl, say)}`}`
  }
}

/** Microsoft's button, as its branding guidelines draw and word it; the colours are in the style. */
function microsoftButton (url: string, say: Say): SafeHtml {
  return html`<p><a class="microsoft" href="${url}">${fourSquares}<span>${say('sign_in.button')}</span></a></p>`
}

const fourSquares = html`<svg width="21" height="21" viewBox="0 0 21 21" aria-hidden="true" focusable="false"><path fill="#f25022" d="M0 0h10v10H0z"/><path fill="#7fba00" d="M11 0h10v10H11z"/><path fill="#00a4ef" d="M0 11h10v10H0z"/><path fill="#ffb900" d="M11 11h10v10H11z"/></svg>`

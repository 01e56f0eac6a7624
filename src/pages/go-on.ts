import { html } from '@remix-run/html-template'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import { stepLink } from './parts.ts'

/** What the page leads to. */
export interface GoOnPageView {
  /** Of our own. */
  readonly url: string
}

/**
 * The page between a sign-in and the app that it was for. It goes on by itself, by a header; the link is for browsers
 * that do not.
 *
 * A page and no redirect: the sign-in has ended with a form, at Microsoft or on the page for a one-time code, and
 * browsers let a form lead only to where the policy of *its* page allows (CSP 3 section 6.4.1). That page knows nothing of apps.
 */
export function goOnPage ({ url }: GoOnPageView, { say }: PageContext): PageParts {
  return { title: say('go_on.title'), content: html`<p>${say('go_on.text')}</p>\n${stepLink(url, say('go_on.step'))}` }
}

import { html } from '@remix-run/html-template'
import { page, type PageFrame } from './layout.ts'

/**
 * The page between a sign-in and the app that it was for. It goes on by itself, by a header; the link is for browsers
 * that do not.
 *
 * A page and no redirect: the sign-in has ended with a form, at Microsoft or on the page for a one-time code, and
 * browsers let a form lead only to where the policy of *its* page allows (CSP 3 section 6.4.1). That page knows nothing of apps.
 *
 * @param url - Of our own.
 */
export function goOnPage (frame: PageFrame, url: string): string {
  return page('You are signed in', frame, html`<p>You go on to the app.</p>
<p><a class="button" href="${url}">Go on</a></p>`)
}

import { html } from '../core/html.ts'
import { page, type PageFrame } from './layout.ts'

/**
 * The sign-in page.
 *
 * @param startUrl - Path of the start route, with the return target in its query; `null` where signing in is switched off.
 */
export function signInPage (frame: PageFrame, startUrl: string | null): string {
  if (startUrl === null) return page('Sign in', frame, html`<p>Signing in with Microsoft is switched off at the moment.</p>`)
  return page('Sign in', frame, html`<p>Use your work, school or personal Microsoft account.</p>
<p><a class="button" href="${startUrl}">Sign in with Microsoft</a></p>`)
}

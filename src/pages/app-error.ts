import { html } from '@remix-run/html-template'
import { page, type PageFrame } from './layout.ts'

/** What went wrong, by the codes of OAuth 2.0 and OpenID Connect that a person can come to see. */
const texts: Readonly<Record<string, string>> = {
  access_denied: 'The sign-in to the app was refused.',
  invalid_client: 'The app is not known here.',
  invalid_redirect_uri: 'The app wants to be returned to at an address that is not registered for it.',
  invalid_request: 'The request is not valid, was used already, has expired, or was started in another browser.',
  server_error: 'Something went wrong on our side.'
}

/**
 * The error page for requests of apps that cannot be answered by sending the browser back: nothing from the request is shown.
 *
 * @param error - The code; one that is not known is shown as `invalid_request`.
 */
export function appErrorPage (frame: PageFrame, error: string): string {
  const code = Object.hasOwn(texts, error) ? error : 'invalid_request'
  return page('That did not work', frame, html`<p>${texts[code]!}</p>
<p>Go back to the app, and start again there. If that does not help, tell the people who run the app this code.</p>
<p>Code: <code>${code}</code></p>`)
}

import { html } from '@remix-run/html-template'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'

/** The codes of OAuth 2.0 and OpenID Connect that a person can come to see. */
const codes = ['access_denied', 'invalid_client', 'invalid_redirect_uri', 'invalid_request', 'server_error'] as const

/** What the page is about. */
export interface AppErrorPageView {
  /** One that is not known is shown as `invalid_request`. */
  readonly error: string
  /** The id of the request, which is in the log; `null` where it is not shown. */
  readonly reference: string | null
}

/** The error page for requests of apps that cannot be answered by sending the browser back: nothing from the request is shown. */
export function appErrorPage ({ error, reference }: AppErrorPageView, { say }: PageContext): PageParts {
  const code = codes.find((one) => one === error) ?? 'invalid_request'
  return {
    title: say('app_error.title'),
    content: html`<p>${say(`app_error.${code}`)}</p>
<p>${say('app_error.go_back')}</p>
<p class="small">${say('refused.code', { code: html`<code>${code}</code>` })}${reference === null ? null : html`<br>${say('refused.reference', { reference: html`<code>${reference}</code>` })}`}</p>`
  }
}

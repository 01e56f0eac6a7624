import { type ErrorCode, errorText } from '../core/errors.ts'
import { html } from '../core/html.ts'
import { page, type PageFrame } from './layout.ts'

/** What a person can do about a refusal, where there is more to say than to try again. */
const advice: Partial<Record<ErrorCode, string>> = {
  access_denied: 'If your organisation has to allow this application first, ask its administrator.',
  tenant_not_allowed: 'Choose an account of an organisation that may sign in here, or ask the people who run this application.',
  unverified_email: 'Ask the administrator of your organisation, or sign in with another Microsoft account.',
  signup_disabled: 'Ask the people who run this application for an invitation.',
  account_disabled: 'Ask the people who run this application.',
  email_in_use: 'If you have signed in here with another Microsoft account, use that one. If the address was given to you after somebody else had it, ask the people who run this application.',
  insecure_transport: 'The people who run this application find the remedy in its log.'
}

/** The error page. It says what the code means; nothing from the address is shown. */
export function errorPage (frame: PageFrame, code: ErrorCode, signInUrl: string): string {
  return page('You are not signed in', frame, html`<p>${errorText(code)}</p>
${advice[code] === undefined ? null : html`<p>${advice[code]}</p>`}
<p><a class="button" href="${signInUrl}">Back to sign-in</a></p>
<p>Code: <code>${code}</code></p>`)
}

import { type ErrorCode, errorText, isErrorCode } from '../core/errors.ts'
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
  identity_in_use: 'If that account is yours as well, sign in with this Microsoft account and unlink it there first.',
  insecure_transport: 'The people who run this application find the remedy in its log.'
}

/** Refusals of what somebody asked for who is signed in, and stays so. */
const sessionStays: ReadonlySet<string> = new Set<ErrorCode>(['identity_in_use', 'last_identity', 'session_mismatch', 'cross_site_request'])

/** Whether whoever is refused with a code is still signed in, so that the way on leads to the account. */
export function keepsSession (code: string): boolean {
  return sessionStays.has(code)
}

/**
 * The error page. It says what the code means; nothing from the address is shown.
 *
 * @param code - One of ours, or one of `ownTexts`; anything else is shown as `server_error`. For what stands in an address there is {@link noErrorPage}.
 * @param wayOn - Where it goes on: to sign in, or to the account where {@link keepsSession}.
 * @param ownTexts - The application's own codes, each with its text.
 */
export function errorPage (frame: PageFrame, code: string, wayOn: string, ownTexts: Readonly<Record<string, string>> = {}): string {
  const known = isErrorCode(code) ? code : 'server_error'
  const isOwn = Object.hasOwn(ownTexts, code)
  const hint = isOwn ? undefined : advice[known]
  return page(titleOf(known), frame, html`<p>${isOwn ? ownTexts[code]! : errorText(known)}</p>
${hint === undefined ? null : html`<p>${hint}</p>`}
<p><a class="button" href="${wayOn}">${keepsSession(known) ? 'Back to your account' : 'Back to sign-in'}</a></p>
<p>Code: <code>${isOwn ? code : known}</code></p>`)
}

/** The error page for who was sent there by none of our refusals: it claims nothing, neither a fault nor that anybody is signed out. */
export function noErrorPage (frame: PageFrame, wayOn: string): string {
  return page('Nothing to show', frame, html`<p>This page says why a sign-in was refused, and the address that led here names no reason that it knows.</p>
<p><a class="button" href="${wayOn}">Go to sign-in</a></p>`)
}

function titleOf (code: ErrorCode): string {
  if (keepsSession(code)) return 'That was not done'
  return code === 'reauth_required' ? 'Sign in again' : 'You are not signed in'
}

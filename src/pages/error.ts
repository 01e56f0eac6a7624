import { html, type SafeHtml } from '@remix-run/html-template'
import { type ErrorCode, errorText, isErrorCode } from '../core/errors.ts'
import type { HelpWord } from '../core/help.ts'
import { page, type PageFrame } from './layout.ts'

/** What a person can do about a refusal, where there is more to say than to try again. */
const advice: Partial<Record<ErrorCode, string>> = {
  access_denied: 'If your organisation has to allow this application first, ask its administrator.',
  interaction_required: 'Microsoft has a question that it could not ask meanwhile.',
  invalid_state: 'It happens when a sign-in is finished twice, by the button "back" for example, when it took longer than ten minutes, or when this browser does not keep cookies.',
  tenant_not_allowed: 'Choose an account of an organisation that may sign in here, or ask the people who run this application.',
  unverified_email: 'Ask the administrator of your organisation, or sign in with another Microsoft account.',
  signup_disabled: 'Ask the people who run this application for an invitation.',
  account_disabled: 'Ask the people who run this application.',
  identity_in_use: 'If that account is yours as well, sign in with this Microsoft account and unlink it there first.',
  insecure_transport: 'The people who run this application find the remedy in its log.'
}

/** Who must act, and what they do; the link for administrators aside. */
const helps: Readonly<Record<HelpWord, string>> = {
  admin_consent: 'An administrator of your organisation has to allow this application first.',
  not_assigned: 'Your organisation lets only those use this application whom its administrator has assigned to it. Ask the administrator.',
  device_or_policy: 'A rule of your organisation does not let this sign-in through: from this device, from this place or to this application. Ask its administrator.',
  other_account: 'This account does not belong to the organisation whose people sign in here. Use another one, or ask that organisation\'s administrator to invite you.',
  microsoft_account: 'Microsoft wants something of you first, such as a second factor or a new password. Sign in again and answer what it asks.',
  account_blocked: 'This account is locked or disabled at Microsoft. Ask the administrator of your organisation.',
  application_setup: 'It is nothing that you have done. The people who run this application find the remedy in its log.'
}

/** What the page says for a help word. */
export function helpText (word: HelpWord): string {
  return helps[word]
}

/** Refusals of what somebody asked for who is signed in, and stays so. */
const sessionStays: ReadonlySet<string> = new Set<ErrorCode>(['identity_in_use', 'last_identity', 'session_mismatch', 'cross_site_request'])

/** Whether whoever is refused with a code is still signed in, so that the way on leads to the account. */
export function keepsSession (code: string): boolean {
  return sessionStays.has(code)
}

/** Refusals of an account, and not of the person: the same one again would be refused again. */
const accountRefusals: ReadonlySet<string> = new Set<ErrorCode>(['email_in_use', 'tenant_not_allowed', 'unverified_email', 'account_disabled'])

/** Whether the way on is another account, so that Microsoft must be told to ask for one: it would take the same one without a word. */
export function needsOtherAccount (code: string): boolean {
  return accountRefusals.has(code)
}

/** What the page is about. */
export interface ErrorPageView {
  /** One of ours, or one of `ownTexts`; anything else is shown as `server_error`. For what stands in an address there is {@link noErrorPage}. */
  readonly code: string
  /** Where it goes on: to sign in, or to the account where {@link keepsSession}. */
  readonly wayOn: string
  /** Says more than the code does. */
  readonly help?: HelpWord | undefined
  /** The application's own codes, each with its text. */
  readonly ownTexts?: Readonly<Record<string, string>>
  /** Absolute address at which an administrator consents; `null` where there is none. */
  readonly adminConsentUrl?: string | null
  /** Whether people can link identities by hand. */
  readonly canLink?: boolean
}

/** The error page. It says what the code means, who must act and the one next step; nothing from the address is shown. */
export function errorPage (frame: PageFrame, view: ErrorPageView): string {
  const { code, wayOn, ownTexts = {} } = view
  if (Object.hasOwn(ownTexts, code)) return refusalPage(frame, code, [ownTexts[code]!], wayOn, 'You are not signed in', 'Back to sign-in')
  const known = isErrorCode(code) ? code : 'server_error'
  return refusalPage(frame, known, sentencesOf(known, view), wayOn, titleOf(known), nextStep(known))
}

function refusalPage (frame: PageFrame, code: string, sentences: ReadonlyArray<SafeHtml | string>, wayOn: string, title: string, step: string): string {
  return page(title, frame, html`${sentences.map((sentence) => html`<p>${sentence}</p>
`)}<p><a class="button" href="${wayOn}">${step}</a></p>
<p>Code: <code>${code}</code></p>`)
}

/** The error page for who was sent there by none of our refusals: it claims nothing, neither a fault nor that anybody is signed out. */
export function noErrorPage (frame: PageFrame, wayOn: string): string {
  return page('Nothing to show', frame, html`<p>This page says why a sign-in was refused, and the address that led here names no reason that it knows.</p>
<p><a class="button" href="${wayOn}">Go to sign-in</a></p>`)
}

/** A help word knows more than its code, so that it stands in the place of the code's text. */
function sentencesOf (code: ErrorCode, { help, adminConsentUrl = null, canLink = false }: ErrorPageView): Array<SafeHtml | string> {
  if (help === 'admin_consent' && adminConsentUrl !== null) {
    return [helpText(help), html`Send them this address: <a href="${adminConsentUrl}">${adminConsentUrl}</a>`]
  }
  if (help !== undefined) return [helpText(help)]
  const hint = code === 'email_in_use' ? emailInUse(canLink) : advice[code]
  return hint === undefined ? [errorText(code)] : [errorText(code), hint]
}

/** The way out of the dead end: the account that has the address, and linking from there. */
function emailInUse (canLink: boolean): string {
  const link = canLink ? ' On your account page you can then link this one to it.' : ''
  return `If you have signed in here with another Microsoft account, use that one.${link} If the address was given to you after somebody else had it, ask the people who run this application.`
}

function titleOf (code: ErrorCode): string {
  if (keepsSession(code)) return 'That was not done'
  return code === 'reauth_required' ? 'Sign in again' : 'You are not signed in'
}

function nextStep (code: ErrorCode): string {
  if (keepsSession(code)) return 'Back to your account'
  if (code === 'email_in_use') return 'Sign in with the account you used before'
  if (needsOtherAccount(code)) return 'Sign in with another account'
  return code === 'invalid_state' ? 'Start again' : 'Back to sign-in'
}

import { html, type SafeHtml } from '@remix-run/html-template'
import { type ErrorCode, isErrorCode } from '../core/errors.ts'
import type { HelpWord } from '../core/help.ts'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import { addressLink, stepLink } from './parts.ts'
import type { Say } from './say.ts'
import type { TextKey } from './texts.ts'
import { en } from './texts/en.ts'

/** What the page says for a help word, in English. */
export function helpText (word: HelpWord): string {
  return en[`help.${word}`]
}

/** Refusals of what somebody asked for who is signed in, and stays so. */
const sessionStays: ReadonlySet<string> = new Set<ErrorCode>(['identity_in_use', 'last_identity', 'session_mismatch', 'cross_site_request'])

/** Whether whoever is refused with a code is still signed in, so that the way on leads to the account. */
export function keepsSession (code: string): boolean {
  return sessionStays.has(code)
}

/** Refusals of an account, and not of the person: the same one again would be refused again. */
const accountRefusals: ReadonlySet<string> = new Set<ErrorCode>(['email_in_use', 'tenant_not_allowed', 'unverified_email', 'account_disabled'])

/** Help words that say the same of an account. */
const accountHelps: ReadonlySet<string | undefined> = new Set<HelpWord>(['not_assigned', 'account_blocked', 'device_or_policy'])

/** Whether the way on is another account, so that Microsoft must be told to ask for one: it would take the same one without a word. */
export function needsOtherAccount (code: string, help?: HelpWord): boolean {
  return accountRefusals.has(code) || accountHelps.has(help)
}

/** What the page is about. */
export interface ErrorPageView {
  /** One of ours, or one that `ownText` is the text of; anything else is shown as `server_error`. For what stands in an address there is {@link noErrorPage}. */
  readonly code: string
  /** Where it goes on: to sign in, or to the account where {@link keepsSession}. */
  readonly wayOn: string
  /** Says more than the code does. */
  readonly help?: HelpWord | undefined
  /** What the application says for its own code, where the language has nothing else. */
  readonly ownText?: string | undefined
  /** Absolute address at which an administrator consents; `null` where there is none. */
  readonly adminConsentUrl?: string | null
  /** Whether people can link identities by hand. */
  readonly canLink?: boolean
  /** The id of the request that was refused, which is in the log; `null` where it is not known. */
  readonly reference?: string | null
}

/** The error page. It says what the code means, who must act and the one next step; nothing from the address is shown. */
export function errorPage (view: ErrorPageView, context: PageContext): PageParts {
  const { code, wayOn, ownText, reference = null } = view
  const { say, language } = context
  if (ownText !== undefined) {
    return refusal(say, { title: 'refused.title', sentences: [html`${language.refusals[code] ?? ownText}`], wayOn, step: 'refused.step_sign_in', code, reference })
  }
  const known = isErrorCode(code) ? code : 'server_error'
  return refusal(say, { title: titleOf(known), sentences: sentencesOf(known, view, say), wayOn, step: nextStep(known, view), code: known, reference })
}

interface Refusal {
  readonly title: TextKey
  readonly sentences: readonly SafeHtml[]
  readonly wayOn: string
  readonly step: TextKey
  readonly code: string
  readonly reference: string | null
}

function refusal (say: Say, { title, sentences, wayOn, step, code, reference }: Refusal): PageParts {
  return {
    title: say(title),
    content: html`${sentences.map((sentence) => html`<p>${sentence}</p>
`)}${stepLink(wayOn, say(step))}
<p class="small">${say('refused.code', { code: html`<code>${code}</code>` })}${reference === null ? null : html`<br>${say('refused.reference', { reference: html`<code>${reference}</code>` })}<br>${say('refused.quote')}`}</p>`
  }
}

/** What the page shows to who was sent there by none of our refusals. */
export interface NoErrorPageView {
  readonly wayOn: string
}

/** The page claims nothing, neither a fault nor that anybody is signed out. */
export function noErrorPage ({ wayOn }: NoErrorPageView, { say }: PageContext): PageParts {
  return { title: say('refused.nothing_title'), content: html`<p>${say('refused.nothing')}</p>\n${stepLink(wayOn, say('refused.nothing_step'))}` }
}

/** A help word knows more than its code, so that it stands in the place of the code's text. */
function sentencesOf (code: ErrorCode, { help, adminConsentUrl = null, canLink = false }: ErrorPageView, say: Say): SafeHtml[] {
  if (help === 'admin_consent' && adminConsentUrl !== null) return [say(`help.${help}`), say('refused.send_address', { link: addressLink(adminConsentUrl) })]
  if (help !== undefined) return [say(`help.${help}`)]
  const text = say(`error.${code}`)
  if (code === 'email_in_use') return [text, emailInUse(canLink, say)]
  const advice = `advice.${code}`
  return isText(advice) ? [text, say(advice)] : [text]
}

function isText (key: string): key is TextKey {
  return Object.hasOwn(en, key)
}

/** The way out of the dead end: the account that has the address, and linking from there. */
function emailInUse (canLink: boolean, say: Say): SafeHtml {
  return html`${say('refused.use_holder')} ${canLink ? html`${say('refused.link_there')} ` : null}${say('refused.reassigned')}`
}

function titleOf (code: ErrorCode): TextKey {
  if (keepsSession(code)) return 'refused.title_not_done'
  return code === 'reauth_required' ? 'refused.title_again' : 'refused.title'
}

function nextStep (code: ErrorCode, { help }: ErrorPageView): TextKey {
  if (keepsSession(code)) return 'refused.step_account'
  if (code === 'email_in_use') return 'refused.step_holder'
  if (help === 'admin_consent') return 'refused.step_consented'
  if (needsOtherAccount(code, help)) return 'refused.step_other'
  if (code === 'reauth_required') return 'refused.step_recent'
  return code === 'invalid_state' ? 'refused.step_start' : 'refused.step_sign_in'
}

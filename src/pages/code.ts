import { html, type SafeHtml } from '@remix-run/html-template'
import type { ErrorCode } from '../core/errors.ts'
import type { PageContext } from './context.ts'
import type { PageParts } from './layout.ts'
import { buttonForm, named, stepLink } from './parts.ts'
import type { Say } from './say.ts'
import type { TextKey } from './texts.ts'

/** What the page knows about the code that is on its way. */
export interface CodeOnItsWay {
  /** Where it was mailed to. */
  readonly address: string
  /** How long it is valid; 0 where it has expired. */
  readonly minutesLeft: number
  readonly triesLeft: number
  /** Whether another one may be asked for. */
  readonly mayResend: boolean
  readonly csrfToken: string
}

/** What the page shows. */
export interface CodePageView {
  /** `null` where no code is on its way to this browser. */
  readonly code: CodeOnItsWay | null
  /** What went wrong a moment ago. */
  readonly error: ErrorCode | null
  /** Path of the code route; those for another code and for giving up lie below it. */
  readonly codePath: string
  readonly signInUrl: string
  /** The simulator's mailbox, where it keeps the mails. */
  readonly mailboxPath: string | null
  /** Other origins that the form may lead to. */
  readonly formTargets: readonly string[]
}

/** The page on which a one-time code is entered. Works without script; nothing that was entered is shown again. */
export function codePage (view: CodePageView, { say }: PageContext): PageParts {
  const { code, codePath } = view
  if (code === null) return { title: say('code.none_title'), content: startAgain(view, say) }
  const mayEnter = code.minutesLeft > 0 && code.triesLeft > 0
  const button = (action: string, text: TextKey): SafeHtml => buttonForm({ action, fields: { csrf_token: code.csrfToken }, text: say(text) })
  return {
    title: say('code.title'),
    content: html`<p>${say('code.sent', { address: named(code.address) })} ${say('code.why')}</p>
${problem(view.error, say)}
${mailboxLink(view.mailboxPath, say)}
${mayEnter ? codeForm(view, code, say) : nothingToEnter(code, say)}
<div class="choices">
${code.mayResend ? button(`${codePath}/resend`, 'code.resend') : null}
${button(`${codePath}/cancel`, 'code.cancel')}
</div>`
  }
}

function startAgain ({ signInUrl, error }: CodePageView, say: Say): SafeHtml {
  return html`${problem(error, say)}
<p>${say('code.none')}</p>
${stepLink(signInUrl, say('code.back'))}`
}

function problem (error: ErrorCode | null, say: Say): SafeHtml | null {
  return error === null ? null : html`<p class="problem" id="problem" role="alert">${say(`error.${error}`)}</p>`
}

function mailboxLink (path: string | null, say: Say): SafeHtml | null {
  if (path === null) return null
  return html`<p>${say('code.mailbox', { link: html`<a href="${path}" target="_blank" rel="noopener">${say('code.mailbox_link')}</a>` })}</p>`
}

function codeForm ({ codePath, error }: CodePageView, { csrfToken, minutesLeft, triesLeft }: CodeOnItsWay, say: Say): SafeHtml {
  const describedBy = error === null ? 'hint' : 'problem hint'
  return html`<form method="post" action="${codePath}">
<input type="hidden" name="csrf_token" value="${csrfToken}">
<label for="code">${say('code.label')}</label>
<input class="code" id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" title="${say('code.format')}" required autofocus aria-describedby="${describedBy}"${error === 'otp_invalid' ? html` aria-invalid="true"` : null}>
<p id="hint">${say('code.minutes_left', { count: minutesLeft })} ${say('code.tries_left', { count: triesLeft })}</p>
<button class="button" type="submit">${say('code.continue')}</button>
</form>`
}

function nothingToEnter ({ triesLeft, mayResend }: CodeOnItsWay, say: Say): SafeHtml {
  if (triesLeft === 0) return html`<p>${say('code.no_try')}</p>`
  return html`<p>${say(mayResend ? 'code.expired_resend' : 'code.expired_cancel')}</p>`
}

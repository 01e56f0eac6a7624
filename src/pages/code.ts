import { html, type SafeHtml } from '@remix-run/html-template'
import { type ErrorCode, errorText } from '../core/errors.ts'
import { page, type PageFrame } from './layout.ts'

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
export function codePage (frame: PageFrame, view: CodePageView): string {
  const { code } = view
  if (code === null) return page('No code is expected', frame, startAgain(view))
  const mayEnter = code.minutesLeft > 0 && code.triesLeft > 0
  return page('Enter the code', frame, html`<p>A code of six digits was mailed to <strong>${code.address}</strong>.</p>
${problem(view.error)}
${mailboxLink(view.mailboxPath)}
${mayEnter ? codeForm(view, code) : nothingToEnter(code)}
<div class="choices">
${code.mayResend ? postForm(`${view.codePath}/resend`, code, 'Send another code') : null}
${postForm(`${view.codePath}/cancel`, code, 'Cancel')}
</div>`)
}

function startAgain ({ signInUrl, error }: CodePageView): SafeHtml {
  return html`${problem(error)}
<p>It was used already, has expired, or was asked for in another browser. Sign in again, and you are mailed a new one where it is needed.</p>
<p><a class="button" href="${signInUrl}">Back to sign-in</a></p>`
}

function problem (error: ErrorCode | null): SafeHtml | null {
  return error === null ? null : html`<p class="problem" id="problem" role="alert">${errorText(error)}</p>`
}

function mailboxLink (path: string | null): SafeHtml | null {
  return path === null ? null : html`<p>Simulated: no mail was sent. <a href="${path}" target="_blank" rel="noopener">Open the mailbox</a> to read it.</p>`
}

function codeForm ({ codePath, error }: CodePageView, { csrfToken, minutesLeft, triesLeft }: CodeOnItsWay): SafeHtml {
  const describedBy = error === null ? 'hint' : 'problem hint'
  return html`<form method="post" action="${codePath}">
<input type="hidden" name="csrf_token" value="${csrfToken}">
<label for="code">Code</label>
<input class="code" id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" title="Six digits" required autofocus aria-describedby="${describedBy}"${error === 'otp_invalid' ? html` aria-invalid="true"` : null}>
<p id="hint">It is valid for ${count(minutesLeft, 'more minute')}. You have ${count(triesLeft, 'try', 'tries')}.</p>
<button class="button" type="submit">Continue</button>
</form>`
}

function nothingToEnter ({ triesLeft, mayResend }: CodeOnItsWay): SafeHtml {
  if (triesLeft === 0) return html`<p>No try is left. Cancel, and sign in again later.</p>`
  return html`<p>The code has expired. ${mayResend ? 'Have another one sent.' : 'Cancel, and sign in again.'}</p>`
}

function postForm (action: string, { csrfToken }: CodeOnItsWay, text: string): SafeHtml {
  return html`<form method="post" action="${action}">
<input type="hidden" name="csrf_token" value="${csrfToken}">
<button class="button other" type="submit">${text}</button>
</form>`
}

function count (number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

import { html, type SafeHtml } from '@remix-run/html-template'
import type { Environment } from '../core/environment.ts'
import type { Mail, SendMail } from '../mail/types.ts'
import { page } from './page.ts'
import type { EndpointAnswer } from './types.ts'

/** How many mails are kept; the oldest goes first. */
const keptAtMost = 50

/** A mail that would have been sent. */
export interface SimulatedMail extends Mail {
  /** When, in milliseconds since 1970. */
  readonly at: number
}

/** Where the mails of an application are kept that has no mailer. */
export interface Mailbox {
  /** Keeps a mail in place of sending it. */
  readonly mailer: SendMail
  /** What was kept, newest first. */
  readonly mails: () => readonly SimulatedMail[]
  /** The page that shows them. */
  readonly page: () => EndpointAnswer
}

/** An empty mailbox. */
export function createMailbox (environment: Pick<Environment, 'now'>): Mailbox {
  const mails: SimulatedMail[] = []
  return {
    mailer: async ({ to, subject, text, html: document }) => {
      mails.unshift(Object.freeze({ to, subject, text, html: document, at: environment.now() }))
      mails.splice(keptAtMost)
    },
    mails: () => [...mails],
    page: () => page('Mailbox', html`<p>These mails were not sent: no mailer is set.</p>
${mails.length === 0 ? html`<p>There are none yet.</p>` : mails.map(section)}`)
  }
}

/** The text alone: what a mail's HTML part would do here is nobody's business. */
function section ({ to, subject, text, at }: SimulatedMail): SafeHtml {
  return html`<h2>${subject}</h2>
<p class="quiet">To ${to}, ${new Date(at).toUTCString()}</p>
<pre>${text}</pre>
`
}

import { refuse } from '../core/errors.ts'
import type { Mail, MailTransport, SendMail } from './types.ts'

/** Mails to one address that may be under way at once. A mailer that hangs has them all when it wakes up. */
const underWayAtMost = 5

/**
 * Sends a mail, within a time.
 *
 * @throws otp_unavailable with a short word of the mailer's, such as `mailer_ECONNREFUSED`: its error stays
 * behind, since that holds addresses and texts.
 */
export type Deliver = (mail: Mail) => Promise<void>

/**
 * @param send - The mailer.
 * @param timeout - How long it may take, in milliseconds. Nothing takes a mail back: it may arrive later.
 */
export function createDelivery (send: SendMail, timeout: number): Deliver {
  const underWay = new Map<string, number>()

  return async function deliver (mail) {
    // Whoever was told to try again does, and what was given up on is still under way (abuse cases L41 and L44).
    const before = underWay.get(mail.to) ?? 0
    if (before >= underWayAtMost) throw unavailable('backlog')
    underWay.set(mail.to, before + 1)
    await inTime(hand(mail), timeout)
  }

  async function hand (mail: Mail): Promise<void> {
    try {
      await send(mail)
    } catch (error) {
      throw unavailable(wordOf(error))
    } finally {
      const left = underWay.get(mail.to)! - 1
      if (left === 0) underWay.delete(mail.to)
      else underWay.set(mail.to, left)
    }
  }
}

async function inTime (sending: Promise<void>, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable('timeout')), timeout)
  })
  try {
    await Promise.race([sending, late])
  } finally {
    clearTimeout(timer)
  }
}

function unavailable (word: string): Error {
  return refuse('otp_unavailable', `mailer_${word}`)
}

/** Codes of Node and nodemailer (`ECONNREFUSED`, `EAUTH`) are words in capitals; anything else may hold anything. */
function wordOf (error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^E[A-Z]{2,30}$/.test(code) ? code : 'failed'
}

/** Sends through a transport. */
export function sendThrough (transport: MailTransport, from: string): SendMail {
  return async ({ to, subject, text, html }) => await transport.sendMail({
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    // Nobody's holiday notice shall answer (RFC 3834 section 5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    // Nodemailer can read texts from files and URLs; ours are here.
    disableFileAccess: true,
    disableUrlAccess: true
  })
}

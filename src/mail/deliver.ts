import { elapsed, type Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { Mail, MailTransport, SendMail } from './types.ts'

/** Mails to one address that may be under way at once. A mailer that hangs has them all when it wakes up. */
const underWayAtMost = 5
/** How long one counts that is never heard of again, in milliseconds: as long as a mail does in the limit of one-time codes. */
const forgottenAfter = 3_600_000
/** Mails that are remembered as under way, whoever they go to; the oldest is forgotten first. */
const rememberedAtMost = 1_000

/**
 * Sends a mail, within a time.
 *
 * @param onLate - Called where the time is over, before that is thrown, with what is still under way: it settles when the mailer does.
 * @throws otp_unavailable with a short word of the mailer's, such as `mailer_ECONNREFUSED`: its error stays
 * behind, since that holds addresses and texts.
 */
export type Deliver = (mail: Mail, onLate?: OnLate) => Promise<void>

/** Is told that a mail is still under way whose time is over. */
export type OnLate = (sending: Promise<void>) => void

interface UnderWay {
  readonly to: string
  readonly since: number
}

/**
 * @param send - The mailer.
 * @param timeout - How long it may take, in milliseconds. Nothing takes a mail back: it may arrive later.
 */
export function createDelivery (send: SendMail, timeout: number, environment: Pick<Environment, 'now'>): Deliver {
  // Oldest first.
  const underWay = new Set<UnderWay>()

  return async function deliver (mail, onLate = () => {}) {
    // Whoever was told to try again does, and what was given up on is still under way (abuse cases L41 and L44).
    if (countOf(mail.to) >= underWayAtMost) throw unavailable('backlog')
    await inTime(hand(mail), timeout, onLate)
  }

  /** How many are under way to an address. A mailer that never answers must not lock it until the next start. */
  function countOf (to: string): number {
    let count = 0
    for (const one of underWay) {
      if (elapsed(environment, one.since) >= forgottenAfter) underWay.delete(one)
      else if (one.to === to) count += 1
    }
    return count
  }

  async function hand (mail: Mail): Promise<void> {
    const one = { to: mail.to, since: environment.now() }
    if (underWay.size >= rememberedAtMost) underWay.delete(underWay.values().next().value!)
    underWay.add(one)
    try {
      await send(mail)
    } catch (error) {
      throw unavailable(wordOf(error))
    } finally {
      underWay.delete(one)
    }
  }
}

async function inTime (sending: Promise<void>, timeout: number, onLate: OnLate): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onLate(sending)
      reject(unavailable('timeout'))
    }, timeout)
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

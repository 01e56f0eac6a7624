import { scoreEmail } from './score.ts'
import type { EmailPolicy, MailboxControl, VerifiedToken } from './types.ts'
import { verifiedEmailOf } from './verified-email.ts'

/**
 * A token whose person has proven to read a mailbox: scored anew, from the
 * same claims. Lifts that address and no other, and only for this token.
 *
 * @param token - What the second step gave.
 */
export function proveMailbox (token: VerifiedToken, mailbox: MailboxControl, policy: EmailPolicy): VerifiedToken {
  const email = scoreEmail(token.claims, token.identity, policy, mailbox)
  return Object.freeze({ ...token, email, verifiedEmail: verifiedEmailOf(email) })
}

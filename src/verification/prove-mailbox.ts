import { describeToken, type TokenPolicy } from './describe-token.ts'
import type { MailboxControl, VerifiedToken } from './types.ts'

/**
 * A token whose person has proven to read a mailbox: scored anew, from the
 * same claims. Lifts that address and no other, and only for this token.
 *
 * @param token - What the second step gave.
 * @param policy - As it is now: the token may have waited for a while, and another version of this may have read it.
 */
export function proveMailbox ({ identity, claims }: Pick<VerifiedToken, 'identity' | 'claims'>, mailbox: MailboxControl, policy: TokenPolicy): VerifiedToken {
  return describeToken(identity, claims, policy, mailbox)
}

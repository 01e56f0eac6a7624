import { isEntraError } from '../core/errors.ts'
import type { Decision } from './decide.ts'
import type { LinkingPolicy, LinkingRequest } from './types.ts'

/** Counts, for each tenant, sign-ins that learn whether somebody has an address. */
export interface Guesses {
  /**
   * Counts one more, before it is told anything: of any number at once, so many are told.
   *
   * @returns takes it back: the address was nobody's.
   * @throws too_many_requests; store_unavailable.
   */
  readonly take: (tid: string) => Promise<() => Promise<void>>
}

const telling: ReadonlyArray<Decision['row']> = ['C3', 'C4', 'F']

/** Whether an address that nobody vouches for is looked up for somebody new: row C3 asks for it, where nothing refuses or mails before. */
export function looksUpUnverified (policy: LinkingPolicy): boolean {
  return !policy.verify_email && !policy.requireVerifiedEmail && policy.allow_email_account_merge
}

/**
 * Whether a decision tells somebody new whether an address is anybody's that nobody vouches for: row C3, or what
 * comes after it. Whoever administers a tenant states any address they like (abuse case L24).
 */
export function isGuess ({ row }: Decision, policy: LinkingPolicy, { verifiedEmail, email }: LinkingRequest): boolean {
  return telling.includes(row) && verifiedEmail === null && email.canonical !== null && looksUpUnverified(policy)
}

/** Whether a guess was right. */
export function wasRight (failure: unknown): boolean {
  return isEntraError(failure) && failure.detail.row === 'C3'
}

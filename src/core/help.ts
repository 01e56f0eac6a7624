import type { ErrorCode } from './errors.ts'

/** Who can put a refusal right. */
export type Actor = 'person' | 'administrator' | 'developer'

/**
 * What more can be said about a refusal than its code does: who must act, and what the next step is. A closed set;
 * it goes to the error page as `help` beside `error`, and says nothing that the address of a page may not say.
 *
 * - `admin_consent`: an administrator of the person's organisation must allow the application.
 * - `not_assigned`: an administrator must assign the person to the application.
 * - `device_or_policy`: a rule of the person's organisation (Conditional Access) does not let this sign-in through.
 * - `other_account`: the account does not belong where this application takes its people from.
 * - `microsoft_account`: Microsoft wants something of the person first: a new password, a second factor.
 * - `account_blocked`: the account is locked or disabled at Microsoft.
 * - `application_setup`: whoever runs the application has to repair its set-up.
 */
export type HelpWord =
  | 'admin_consent' | 'not_assigned' | 'device_or_policy' | 'other_account'
  | 'microsoft_account' | 'account_blocked' | 'application_setup'

/** The codes that each word can stand beside: what does not fit was written by hand into an address. */
const fitting: Readonly<Record<HelpWord, readonly ErrorCode[]>> = {
  admin_consent: ['access_denied'],
  not_assigned: ['access_denied'],
  device_or_policy: ['access_denied'],
  other_account: ['tenant_not_allowed'],
  microsoft_account: ['interaction_required', 'invalid_state', 'access_denied'],
  account_blocked: ['access_denied'],
  application_setup: ['provider_error']
}

/** All words, in the order in which the documents list them. */
export const helpWords: readonly HelpWord[] = Object.freeze(Object.keys(fitting) as HelpWord[])

/** The codes that a word can stand beside. */
export function helpCodes (word: HelpWord): readonly ErrorCode[] {
  return fitting[word]
}

/** The word that `value` is, where it can stand beside a code; `undefined` for anything else. */
export function helpFor (code: string, value: unknown): HelpWord | undefined {
  return helpWords.find((word) => word === value && helpCodes(word).includes(code as ErrorCode))
}

import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { AccountStore, AccountTransaction } from './store.ts'
import type { User } from './types.ts'

/** Gives the canonical form of an address, or why it has none. Never throws. */
export type CanonicalAddress = (value: unknown) =>
  { readonly canonical: string } | { readonly canonical: null, readonly refusal: string }

/** What `accounts` works with. */
export interface AccountsParts {
  readonly store: AccountStore
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Ends all sessions of a user, in all processes. */
  readonly endSessions: (userId: string) => Promise<void>
  readonly canonicalAddress: CanonicalAddress
}

/** An address as it was given, with its canonical form. */
export interface GivenAddress {
  readonly address: string
  readonly canonical: string
}

/** In UTF-16 units. */
const longestName = 200

/** @throws invalid_request where the value is no address. */
export function readAddress (value: unknown, canonicalAddress: CanonicalAddress): GivenAddress {
  const reading = canonicalAddress(value)
  if (reading.canonical === null) throw refuse('invalid_request', `wrong_address_${reading.refusal}`)
  return { address: value as string, canonical: reading.canonical }
}

/**
 * A display name that the application gives: 1 to 200 characters, none of
 * them a control character (PostgreSQL takes no NUL in text; abuse case E20).
 *
 * @throws invalid_request
 */
export function readDisplayName (value: unknown): string | null {
  if (value === null) return null
  const isName = typeof value === 'string' && value.trim() !== '' && value.length <= longestName && !/\p{Cc}/u.test(value)
  if (!isName) throw refuse('invalid_request', 'wrong_display_name')
  return value
}

/** @throws invalid_request where there is no such user. */
export async function requireUser (userId: string, accounts: AccountTransaction): Promise<User> {
  const user = await accounts.findUser(userId)
  if (user === null) throw refuse('invalid_request', 'unknown_user')
  return user
}

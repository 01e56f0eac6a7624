import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { ReportEvent } from '../core/events.ts'
import { isGuid } from '../core/guid.ts'
import type { AccountStore, AccountTransaction } from './store.ts'
import type { User } from './types.ts'

/** Gives the canonical form of an address, or why it has none. Never throws. */
export type CanonicalAddress = (value: unknown) =>
  { readonly canonical: string } | { readonly canonical: null, readonly refusal: string }

/** An identity by its key, GUIDs in either letter case. */
export interface IdentityKey {
  readonly tid: string
  readonly oid: string
}

/** A session as its person is told of it: when and roughly where, no id and no key. Times are milliseconds since 1970. */
export interface AccountSession {
  readonly createdAt: number
  readonly lastSeenAt: number
  /** Such as 'Firefox on Windows'; `null` where that is not known. */
  readonly device: string | null
}

/** That Microsoft's tokens of an identity are kept, and since when (milliseconds since 1970). */
export interface AccountGrant extends IdentityKey {
  readonly savedAt: number
}

/** What `accounts` cannot work without. */
export interface AccountsCore {
  readonly store: AccountStore
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Ends all sessions of a user, in all processes; but for that of a request, where one is given. */
  readonly endSessions: (userId: string, exceptRequest?: object) => Promise<void>
  readonly canonicalAddress: CanonicalAddress
}

/** What others add to `accounts`. */
export interface AccountsNeighbours {
  /** Told after the commit. Default: nobody is. */
  readonly report: ReportEvent
  /** Removes Microsoft's tokens that are kept of a user, or of one identity of the user's. Default: none are kept. */
  readonly endGrants: (userId: string, identity?: IdentityKey) => Promise<void>
  /** Of which identities of a user tokens are kept, for an export: never the tokens. Default: of none. */
  readonly grantsOf: (userId: string) => Promise<readonly AccountGrant[]>
  /** The sessions of a user, for an export. Default: none are kept. */
  readonly sessionsOf: (userId: string) => Promise<readonly AccountSession[]>
  /** What the audit keeps about a user, for an export. Default: there is none. */
  readonly auditOf: (userId: string) => Promise<readonly object[]>
  /** Whether an identity could sign in under the options as they are now. Default: each could. */
  readonly isWayIn: (identity: IdentityKey) => boolean | Promise<boolean>
  /** Whether a user without any identity has another door. Default: none has. */
  readonly hasOtherWayIn: (userId: string) => Promise<boolean>
}

/** What `accounts` works with. */
export interface AccountsParts extends AccountsCore, AccountsNeighbours {}

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
 * The key of an identity, in lower case.
 *
 * @throws invalid_request where one of the two is no GUID.
 */
export function readIdentity ({ tid, oid }: { readonly tid: unknown, readonly oid: unknown }): IdentityKey {
  if (!isGuid(tid) || !isGuid(oid)) throw refuse('invalid_request', 'wrong_identity')
  return { tid: tid.toLowerCase(), oid: oid.toLowerCase() }
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

import { refuse } from '../core/errors.ts'
import { type AccountEmails, createAccountEmails } from './account-emails.ts'
import { type AccountIdentities, createAccountIdentities } from './account-identities.ts'
import type { AccountsCore, AccountsNeighbours, AccountsParts } from './account-input.ts'
import { type AccountLifecycle, createAccountLifecycle } from './account-lifecycle.ts'
import { type AccountLookup, createAccountLookup } from './account-lookup.ts'

/**
 * The accounts, for the other doors of an application: its administration,
 * its own registration, its requests for data. Whoever calls this is trusted.
 *
 * A call that cannot be done rejects with `invalid_request` and a reason for
 * the log (`wrong_user_id`, `wrong_identity`, `unknown_user`, `unknown_identity`, `unknown_address`, `wrong_display_name`,
 * `wrong_address_…`), where nothing else is said. Every call may reject with `store_unavailable`.
 */
export interface Accounts extends AccountLifecycle, AccountLookup, AccountEmails, AccountIdentities {}

/** Makes the {@link Accounts} of a store. */
export function createAccounts (given: AccountsCore & Partial<AccountsNeighbours>): Accounts {
  const parts: AccountsParts = { ...nobodyElse, ...given }
  const accounts: Accounts = {
    ...createAccountLifecycle(parts),
    ...createAccountLookup(parts),
    ...createAccountEmails(parts),
    ...createAccountIdentities(parts)
  }
  for (const name of takingUserId) Object.assign(accounts, { [name]: withUserId(accounts[name]) })
  return Object.freeze(accounts)
}

const nobodyElse: AccountsNeighbours = {
  report: async () => {},
  endGrants: async () => {},
  grantsOf: async () => [],
  sessionsOf: async () => [],
  auditOf: async () => [],
  isWayIn: () => true,
  hasOtherWayIn: async () => false
}

const takingUserId = [
  'find', 'identities', 'emails', 'isActive', 'export', 'disable', 'enable', 'delete', 'addEmail', 'verifyEmail', 'removeEmail', 'releaseEmail', 'canUnlink', 'unlink'
] as const

type Method = (userId: string, ...rest: never[]) => Promise<unknown>

/** What is no text is nobody's id, and no store is asked for it: an `undefined` of the application's stays an error of its own. */
function withUserId (method: Method) {
  return async (userId: unknown, ...rest: never[]): Promise<unknown> => {
    if (typeof userId !== 'string') throw refuse('invalid_request', 'wrong_user_id')
    return await method(userId, ...rest)
  }
}

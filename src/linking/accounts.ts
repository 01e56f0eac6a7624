import { type AccountEmails, createAccountEmails } from './account-emails.ts'
import { type AccountLifecycle, createAccountLifecycle } from './account-lifecycle.ts'
import { type AccountLookup, createAccountLookup } from './account-lookup.ts'
import type { AccountsParts } from './account-input.ts'

/**
 * The accounts, for the other doors of an application: its administration,
 * its own registration, its requests for data. Whoever calls this is trusted.
 *
 * A call that cannot be done rejects with `invalid_request` and a reason for
 * the log (`unknown_user`, `unknown_address`, `wrong_display_name`,
 * `wrong_address_…`), where nothing else is said. Every call may reject with `store_unavailable`.
 */
export interface Accounts extends AccountLifecycle, AccountLookup, AccountEmails {}

/** Makes the {@link Accounts} of a store. */
export function createAccounts (parts: AccountsParts): Accounts {
  return Object.freeze({
    ...createAccountLifecycle(parts),
    ...createAccountLookup(parts),
    ...createAccountEmails(parts)
  })
}

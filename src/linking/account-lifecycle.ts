import { refuse } from '../core/errors.ts'
import { type AccountsParts, readAddress, readDisplayName, requireUser } from './account-input.ts'
import type { AccountTransaction } from './store.ts'
import type { User } from './types.ts'
import { newUserId } from './user-id.ts'

/** How users come and go. */
export interface AccountLifecycle {
  /** Makes a user who comes in by another door. */
  create: (user?: { displayName?: string | null | undefined }) => Promise<User>
  /**
   * Makes a user who is awaited: the first identity that proves the address
   * is attached, even where sign-up is off (row E1). An address that is
   * awaited already gives its user. No mail is sent: that is the application's.
   *
   * @throws email_in_use where a user holds the address.
   */
  invite: (invitation: { email: string, displayName?: string | null | undefined }) => Promise<User>
  /** Bars a user (`account_disabled`), and ends the user's sessions, and Microsoft's tokens that are kept, before it returns. */
  disable: (userId: string) => Promise<void>
  /** Lets a user in again. */
  enable: (userId: string) => Promise<void>
  /** Removes a user and all that is theirs, and ends the user's sessions, and Microsoft's tokens that are kept, before it returns. */
  delete: (userId: string) => Promise<void>
}

/** Makes the part of `accounts` by which users come and go. */
export function createAccountLifecycle (parts: AccountsParts): AccountLifecycle {
  const { store, environment, canonicalAddress, report } = parts
  return {
    create: async ({ displayName = null } = {}) => {
      const name = readDisplayName(displayName)
      const user = await store.transaction((accounts) => insertUser(name, accounts))
      await report({ type: 'user_created', userId: user.id })
      return user
    },

    invite: async ({ email, displayName = null }) => {
      const address = readAddress(email, canonicalAddress)
      const name = readDisplayName(displayName)
      const { user, isNew } = await store.transaction(async (accounts) => {
        if (await accounts.findHolder(address.canonical) !== null) throw refuse('email_in_use', 'invited_address_is_held')
        const invitation = await accounts.findInvitation(address.canonical)
        if (invitation !== null) return { user: await requireUser(invitation.userId, accounts), isNew: false }
        const user = await insertUser(name, accounts)
        await accounts.insertInvitation({ ...address, userId: user.id, createdAt: user.createdAt })
        return { user, isNew: true }
      })
      if (isNew) await report({ type: 'user_invited', userId: user.id, address: address.canonical })
      return user
    },

    disable: async (userId) => {
      await store.transaction(async (accounts) => await requireUser(userId, accounts))
      // Before as well: were the process to die after the commit, nobody would be signed in from before the call.
      await endSessions(userId)
      const isChanged = await setDisabled(userId, true)
      // Also where the user was disabled before: the call that did it may have been cut off here.
      await endSessions(userId)
      if (isChanged) await report({ type: 'user_disabled', userId })
    },

    enable: async (userId) => {
      if (await setDisabled(userId, false)) await report({ type: 'user_enabled', userId })
    },

    delete: async (userId) => {
      // Before as well: were the process to die after the commit, nobody would be signed in from before the call. Also
      // where there is no such user: a call that was cut off is made again, and ends what is left.
      await endSessions(userId)
      const wasThere = await store.transaction((accounts) => accounts.deleteUser(userId))
      // After it no session begins any more.
      await endSessions(userId)
      if (!wasThere) throw refuse('invalid_request', 'unknown_user')
      await report({ type: 'user_deleted', userId })
    }
  }

  /** Nobody acts for the user any more: neither a browser nor the application itself. */
  async function endSessions (userId: string): Promise<void> {
    await parts.endSessions(userId)
    await parts.endGrants(userId)
  }

  async function insertUser (displayName: string | null, accounts: AccountTransaction): Promise<User> {
    const user = { id: newUserId(environment), displayName, createdAt: environment.now(), disabledAt: null }
    await accounts.insertUser(user)
    return user
  }

  /** Says whether that was a change: the first time counts. */
  async function setDisabled (userId: string, disabled: boolean): Promise<boolean> {
    return await store.transaction(async (accounts) => {
      const user = await requireUser(userId, accounts)
      if ((user.disabledAt !== null) === disabled) return false
      await accounts.updateUser({ ...user, disabledAt: disabled ? environment.now() : null })
      return true
    })
  }
}

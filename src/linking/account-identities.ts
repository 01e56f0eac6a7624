import { refuse } from '../core/errors.ts'
import { type AccountsParts, type IdentityKey, readIdentity, requireUser } from './account-input.ts'
import type { LinkedIdentity } from './types.ts'
import { remainingIdentities, removeIdentity } from './unlink.ts'

/** How an identity is taken from its user. */
export interface UnlinkOptions {
  /** A request of the user's own: its session goes on, all others end. Default: none, so that all end. */
  readonly keepSessionOf?: object | undefined
}

/** The identities of users. */
export interface AccountIdentities {
  /** The identities of a user, oldest first. */
  identities: (userId: string) => Promise<LinkedIdentity[]>
  /** Whether {@link AccountIdentities.unlink} would take an identity from its user now: `false` for the last way in. */
  canUnlink: (userId: string, identity: IdentityKey) => Promise<boolean>
  /**
   * Takes an identity from its user, with the addresses that it alone had
   * proven and Microsoft's tokens that are kept of it, and ends the user's sessions before it returns (abuse case L17).
   *
   * @param identity - Its tenant and object id, GUIDs in either letter case.
   * @throws last_identity where it is the user's last way in; invalid_request where it is not the user's.
   */
  unlink: (userId: string, identity: IdentityKey, options?: UnlinkOptions) => Promise<void>
}

/** Makes the part of `accounts` that is about identities. */
export function createAccountIdentities (parts: AccountsParts): AccountIdentities {
  const { store, endSessions, endGrants, isWayIn, hasOtherWayIn, report } = parts
  return {
    identities: async (userId) => await store.transaction(async (accounts) => {
      await requireUser(userId, accounts)
      return await accounts.identitiesOf(userId)
    }),

    canUnlink: async (userId, identity) => await doorBeside(userId, readIdentity(identity)) !== null,

    unlink: async (userId, given, { keepSessionOf } = {}) => {
      const identity = readIdentity(given)
      const door = await doorBeside(userId, identity)
      if (door === null) throw lastIdentity()
      // Before as well: were the process to die after the commit, no session would have outlived the identity.
      await endSessions(userId, keepSessionOf)
      const lost = await store.transaction(async (accounts) => {
        const remaining = await remainingIdentities(userId, identity, accounts)
        if (door !== 'application' && !remaining.some((other) => isOneOf(other, door))) throw lastIdentity()
        return await removeIdentity(userId, identity, remaining, accounts)
      })
      await endSessions(userId, keepSessionOf)
      // A store of the application's own knows nothing of tokens.
      await endGrants(userId, identity)
      await report(
        { type: 'identity_unlinked', userId, identity },
        ...lost.map((address) => ({ type: 'identifier_removed' as const, userId, identity, address }))
      )
    }
  }

  /**
   * What a user could come in by without an identity: other identities, else the
   * application's own door; `null` for none. The application is asked where that
   * decides, and outside of any transaction, since it may look it up in the same database.
   */
  async function doorBeside (userId: string, identity: IdentityKey): Promise<readonly IdentityKey[] | 'application' | null> {
    const remaining = await store.transaction(async (accounts) => await remainingIdentities(userId, identity, accounts))
    const answers = await Promise.all(remaining.map(async (other) => await isWayIn(other)))
    const waysIn = remaining.filter((_other, index) => answers[index]!)
    if (waysIn.length > 0) return waysIn
    return await hasOtherWayIn(userId) ? 'application' : null
  }
}

function isOneOf ({ tid, oid }: IdentityKey, identities: readonly IdentityKey[]): boolean {
  return identities.some((other) => other.tid === tid && other.oid === oid)
}

function lastIdentity (): Error {
  return refuse('last_identity', 'no_other_way_in')
}

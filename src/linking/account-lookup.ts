import { refuse } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { type AccountsParts, readAddress, requireUser } from './account-input.ts'
import type { Identifier, Invitation, LinkedIdentity, Proof, User } from './types.ts'

/** All that is kept about a user, sessions aside. Plain data, fit for JSON. Times are milliseconds since 1970. */
export interface AccountExport {
  readonly user: User
  readonly identities: readonly LinkedIdentity[]
  readonly identifiers: readonly Identifier[]
  readonly proofs: readonly Proof[]
  readonly invitations: readonly Invitation[]
}

/** How users are found and shown. */
export interface AccountLookup {
  /** The user of an id; `null` where there is none. */
  find: (userId: string) => Promise<User | null>
  /** The user of an identity at Microsoft, GUIDs in either letter case; `null` where there is none. */
  findByIdentity: (identity: { tid: string, oid: string }) => Promise<User | null>
  /** The holder: the user who has the address as a *verified* identifier. */
  findByEmail: (email: string) => Promise<User | null>
  /** The identities of a user, oldest first. */
  identities: (userId: string) => Promise<LinkedIdentity[]>
  /** Whether a user is there and not disabled. */
  isActive: (userId: string) => Promise<boolean>
  /** All that is kept about a user, for whoever asks for their data. */
  export: (userId: string) => Promise<AccountExport>
}

/** Makes the part of `accounts` that reads. */
export function createAccountLookup ({ store, canonicalAddress }: AccountsParts): AccountLookup {
  return {
    find,

    findByIdentity: async ({ tid, oid }) => {
      if (!isGuid(tid) || !isGuid(oid)) throw refuse('invalid_request', 'wrong_identity')
      return await store.transaction(async (accounts) => {
        const identity = await accounts.findIdentity(tid.toLowerCase(), oid.toLowerCase())
        return identity === null ? null : await accounts.findUser(identity.userId)
      })
    },

    findByEmail: async (email) => {
      const { canonical } = readAddress(email, canonicalAddress)
      return await store.transaction(async (accounts) => {
        const userId = await accounts.findHolder(canonical)
        return userId === null ? null : await accounts.findUser(userId)
      })
    },

    identities: async (userId) => await store.transaction(async (accounts) => {
      await requireUser(userId, accounts)
      return await accounts.identitiesOf(userId)
    }),

    isActive: async (userId) => {
      const user = await find(userId)
      return user !== null && user.disabledAt === null
    },

    export: async (userId) => await store.transaction(async (accounts) => ({
      user: await requireUser(userId, accounts),
      identities: await accounts.identitiesOf(userId),
      identifiers: await accounts.identifiersOf(userId),
      proofs: await accounts.proofsOf(userId),
      invitations: await accounts.invitationsOf(userId)
    }))
  }

  async function find (userId: string): Promise<User | null> {
    return await store.transaction((accounts) => accounts.findUser(userId))
  }
}

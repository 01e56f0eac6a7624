import { type AccountGrant, type AccountsParts, type AccountSession, type IdentityKey, readAddress, readIdentity, requireUser } from './account-input.ts'
import type { Identifier, Invitation, LinkedIdentity, Proof, User } from './types.ts'

/** All that is kept about a user. Plain data, fit for JSON; no secret is in it. Times are milliseconds since 1970. */
export interface AccountExport {
  readonly user: User
  readonly identities: readonly LinkedIdentity[]
  readonly identifiers: readonly Identifier[]
  readonly proofs: readonly Proof[]
  readonly invitations: readonly Invitation[]
  /** Where the user is signed in, newest first. */
  readonly sessions: readonly AccountSession[]
  /** Of which identities Microsoft's tokens are kept: never the tokens themselves. */
  readonly microsoftTokens: readonly AccountGrant[]
  /** What the audit keeps about the user; empty where none is kept. */
  readonly audit: readonly object[]
}

/** How users are found and shown. */
export interface AccountLookup {
  /** The user of an id; `null` where there is none. */
  find: (userId: string) => Promise<User | null>
  /** The user of an identity at Microsoft, GUIDs in either letter case; `null` where there is none. */
  findByIdentity: (identity: IdentityKey) => Promise<User | null>
  /** The holder: the user who has the address as a *verified* identifier. */
  findByEmail: (email: string) => Promise<User | null>
  /** The addresses of a user, oldest first. */
  emails: (userId: string) => Promise<Identifier[]>
  /** Whether a user is there and not disabled. */
  isActive: (userId: string) => Promise<boolean>
  /** All that is kept about a user, for whoever asks for their data. */
  export: (userId: string) => Promise<AccountExport>
}

/** Makes the part of `accounts` that reads. */
export function createAccountLookup ({ store, canonicalAddress, sessionsOf, grantsOf, auditOf, report }: AccountsParts): AccountLookup {
  return {
    find,

    findByIdentity: async (identity) => {
      const { tid, oid } = readIdentity(identity)
      if (store.userOf !== undefined) return await store.userOf(tid, oid)
      return await store.transaction(async (accounts) => {
        const known = await accounts.findIdentity(tid, oid)
        return known === null ? null : await accounts.findUser(known.userId)
      })
    },

    findByEmail: async (email) => {
      const { canonical } = readAddress(email, canonicalAddress)
      return await store.transaction(async (accounts) => {
        const userId = await accounts.findHolder(canonical)
        return userId === null ? null : await accounts.findUser(userId)
      })
    },

    emails: async (userId) => await store.transaction(async (accounts) => {
      await requireUser(userId, accounts)
      return await accounts.identifiersOf(userId)
    }),

    isActive: async (userId) => {
      const user = await find(userId)
      return user !== null && user.disabledAt === null
    },

    export: async (userId) => {
      const account = await store.transaction(async (accounts) => ({
        user: await requireUser(userId, accounts),
        identities: await accounts.identitiesOf(userId),
        identifiers: await accounts.identifiersOf(userId),
        proofs: await accounts.proofsOf(userId),
        invitations: await accounts.invitationsOf(userId)
      }))
      const sessions = (await sessionsOf(userId)).map(({ createdAt, lastSeenAt, device }) => ({ createdAt, lastSeenAt, device }))
      const microsoftTokens = await grantsOf(userId)
      const audit = await auditOf(userId)
      await report({ type: 'user_exported', userId })
      return { ...account, sessions, microsoftTokens, audit }
    }
  }

  async function find (userId: string): Promise<User | null> {
    return await store.transaction((accounts) => accounts.findUser(userId))
  }
}

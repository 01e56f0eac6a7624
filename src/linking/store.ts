import type { Durability } from '../core/durability.ts'
import type { Identifier, Invitation, LinkedIdentity, Proof, User } from './types.ts'

/**
 * Where users, identities and addresses are kept. An application with an
 * account table of its own brings it by implementing this.
 *
 * Rules that the store itself must keep, by unique constraints and not by checks:
 * one identity per (`tid`, `oid`); one identifier per user and canonical address; at most one
 * *verified* identifier per canonical address over all users; one invitation per canonical address.
 */
export interface AccountStore {
  /**
   * Runs `work` in one transaction, and gives its result after the commit.
   *
   * - All or nothing: where `work` rejects, nothing of it is kept, and the call rejects with the same error.
   * - Isolated: what `work` has read still holds when it is committed.
   * - Where one of the rules above refuses a write, another transaction was first: `work` is run again from the
   *   start, in a new transaction, some times at most. So the loser of a race is answered as one who came later.
   *
   * @param durability - When it has to survive a power cut; default `now`. `later` is for a sign-in, whose session and
   * audit are committed after it: a store that makes everything durable at once may leave it unread.
   * @throws store_unavailable where the store cannot be reached or written.
   */
  transaction: <Result>(work: (accounts: AccountTransaction) => Promise<Result>, durability?: Durability) => Promise<Result>
  /**
   * The user of an identity: what `findIdentity` and `findUser` give together, in one read. Left out, a transaction
   * does it.
   */
  userOf?: (tid: string, oid: string) => Promise<User | null>
}

/** The reads and writes of one transaction. None is used after it has ended. */
export interface AccountTransaction {
  findUser: (userId: string) => Promise<User | null>
  insertUser: (user: User) => Promise<void>
  /** Replaces the display name and the time of disabling. */
  updateUser: (user: User) => Promise<void>
  /** Removes a user with all identities, identifiers, proofs and invitations. Says whether it was there. */
  deleteUser: (userId: string) => Promise<boolean>

  findIdentity: (tid: string, oid: string) => Promise<LinkedIdentity | null>
  /** The identities of a user, oldest first. */
  identitiesOf: (userId: string) => Promise<LinkedIdentity[]>
  insertIdentity: (identity: LinkedIdentity) => Promise<void>
  /** Replaces all of an identity but its key (`tid`, `oid`), its user and its time of creation. */
  updateIdentity: (identity: LinkedIdentity) => Promise<void>
  /** Removes an identity, and nothing else: identifiers and proofs stay. Says whether it was there. */
  deleteIdentity: (tid: string, oid: string) => Promise<boolean>
  /** Whether there is any identity that a simulator vouched for (its authority is on this machine), or any other. */
  hasIdentities: (simulated: boolean) => Promise<boolean>

  /** Id of the user who has an address as a verified identifier. */
  findHolder: (canonical: string) => Promise<string | null>
  /** The identifiers of a user, oldest first. */
  identifiersOf: (userId: string) => Promise<Identifier[]>
  /** Adds an identifier; where the user has the canonical address already, replaces all of it but its time of creation. */
  putIdentifier: (identifier: Identifier) => Promise<void>
  /** Says whether it was there. */
  deleteIdentifier: (userId: string, canonical: string) => Promise<boolean>
  /** Removes an address from everybody but one user where it is not verified. Gives what was removed. */
  deleteUnverified: (canonical: string, exceptUserId: string) => Promise<Identifier[]>

  /** Who ever proved an address of a user, or any of a user's addresses; oldest first. */
  proofsOf: (userId: string, canonical?: string) => Promise<Proof[]>
  /** Keeps the first proof of each identity; a second one changes nothing, but for one of kind `mailbox_control`, which replaces it. */
  insertProof: (proof: Proof) => Promise<void>
  /** Says whether there were any. */
  deleteProofs: (userId: string, canonical: string) => Promise<boolean>

  findInvitation: (canonical: string) => Promise<Invitation | null>
  invitationsOf: (userId: string) => Promise<Invitation[]>
  insertInvitation: (invitation: Invitation) => Promise<void>
  /** Removes all invitations of a user. */
  deleteInvitations: (userId: string) => Promise<void>
}

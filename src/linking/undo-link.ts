import type { AccountTransaction } from './store.ts'
import type { Identifier, Invitation, LinkedIdentity, LinkingRequest, Proof, User } from './types.ts'
import { remainingIdentities, removeIdentity } from './unlink.ts'

/** What was there before row A5 attached an identity, as far as that changes it. */
export interface Known {
  readonly user: User
  /** The verified address of the identity. */
  readonly canonical: string | null
  /** What awaited the user. */
  readonly invitations: readonly Invitation[]
  /** What the user had of the address of the identity. */
  readonly identifier: Identifier | null
  readonly proofs: readonly Proof[]
}

/** What it takes to undo a link by hand. */
export interface Before extends Known {
  /** The identity as it was attached. */
  readonly identity: LinkedIdentity
  /** The display name that the user got. */
  readonly renamed: string | null
  /** What others had of the address, unverified, and lost. */
  readonly losers: readonly Identifier[]
}

/** Reads what attaching an identity to a user is going to change. */
export async function readBefore (
  user: User, { verifiedEmail }: LinkingRequest, accounts: AccountTransaction
): Promise<Known> {
  const invitations = await accounts.invitationsOf(user.id)
  if (verifiedEmail === null) return { user, canonical: null, invitations, identifier: null, proofs: [] }
  const { canonical } = verifiedEmail
  const identifiers = await accounts.identifiersOf(user.id)
  return {
    user,
    canonical,
    invitations,
    identifier: identifiers.find((one) => one.canonical === canonical) ?? null,
    proofs: await accounts.proofsOf(user.id, canonical)
  }
}

/**
 * Undoes a link by hand: takes exactly this identity from its user, with what
 * came with it, and puts back what it had replaced. Where the identity has gone
 * meanwhile, or was linked anew, there is nothing of it to undo.
 */
export async function undoLink (before: Before, accounts: AccountTransaction): Promise<void> {
  const { identity, canonical } = before
  const { tid, oid, userId, createdAt } = identity
  const found = await accounts.findIdentity(tid, oid)
  if (found === null || found.userId !== userId || found.createdAt !== createdAt) return
  await removeIdentity(userId, identity, await remainingIdentities(userId, identity, accounts), accounts)
  await restoreUser(before, accounts)
  for (const invitation of before.invitations) {
    if (await accounts.findInvitation(invitation.canonical) === null) await accounts.insertInvitation(invitation)
  }
  if (canonical === null) return
  await restoreProofs(before, canonical, accounts)
  const own = before.identifier === null ? [] : [before.identifier]
  for (const identifier of [...own, ...before.losers]) await restoreIdentifier(identifier, accounts)
}

async function restoreUser ({ user, renamed }: Before, accounts: AccountTransaction): Promise<void> {
  if (user.displayName === renamed) return
  const found = (await accounts.findUser(user.id))!
  if (found.displayName === renamed) await accounts.updateUser({ ...found, displayName: user.displayName })
}

/** The proof of this identity is as it was; what others have proven meanwhile stays. */
async function restoreProofs ({ identity: { tid, oid, userId }, proofs }: Before, canonical: string, accounts: AccountTransaction): Promise<void> {
  const isOurs = (proof: Proof): boolean => proof.tid === tid && proof.oid === oid
  const others = (await accounts.proofsOf(userId, canonical)).filter((proof) => !isOurs(proof))
  await accounts.deleteProofs(userId, canonical)
  for (const proof of [...others, ...proofs.filter(isOurs)]) await accounts.insertProof(proof)
}

/** Who lost an address has it again, but for a user who is gone. An address that the user still has is left alone. */
async function restoreIdentifier (identifier: Identifier, accounts: AccountTransaction): Promise<void> {
  if (await accounts.findUser(identifier.userId) === null) return
  const known = await accounts.identifiersOf(identifier.userId)
  if (!known.some(({ canonical }) => canonical === identifier.canonical)) await accounts.putIdentifier(identifier)
}

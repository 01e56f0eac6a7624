import { refuse } from '../core/errors.ts'
import type { IdentityKey } from './account-input.ts'
import type { AccountTransaction } from './store.ts'
import type { Identifier, Proof } from './types.ts'

/** What is known when an identity is to go. */
export interface Unlinking {
  /** The identity that goes. */
  readonly identity: IdentityKey
  /** The identities that the user has besides. */
  readonly remaining: readonly IdentityKey[]
  readonly identifiers: readonly Identifier[]
  readonly proofs: readonly Proof[]
}

/** What becomes of the identifiers that the identity had proven. */
export interface Leftovers {
  /** Proven by this identity alone: they go with it. */
  readonly lost: readonly Identifier[]
  /** Proven by another one of the user's as well: they stay, and name that one. */
  readonly kept: readonly Identifier[]
}

/**
 * Decides which identifiers go with an identity. Pure. What the application
 * vouched for, and what another identity proved in the first place, is not concerned.
 */
export function settleIdentifiers ({ identity, remaining, identifiers, proofs }: Unlinking): Leftovers {
  const lost: Identifier[] = []
  const kept: Identifier[] = []
  for (const identifier of identifiers) {
    if (!isSame(identifier.provenance, identity)) continue
    const heir = proofs.find((proof) => proof.canonical === identifier.canonical && remaining.some((other) => isSame(proof, other)))
    if (heir === undefined) lost.push(identifier)
    else kept.push({ ...identifier, provenance: { tid: heir.tid, oid: heir.oid, kind: heir.kind, at: heir.at } })
  }
  return { lost, kept }
}

/**
 * The identities that stay when one goes.
 *
 * @throws invalid_request where the identity is not the user's.
 */
export async function remainingIdentities (
  userId: string, identity: IdentityKey, accounts: AccountTransaction
): Promise<IdentityKey[]> {
  const identities = await accounts.identitiesOf(userId)
  const remaining = identities.filter((other) => !isSame(other, identity))
  if (remaining.length === identities.length) throw refuse('invalid_request', 'unknown_identity')
  return remaining
}

/**
 * Takes an identity from its user, with the identifiers that it alone had
 * proven. Who ever proved what is still remembered (row D2, abuse case E24).
 *
 * @returns the canonical addresses that the user lost.
 */
export async function removeIdentity (
  userId: string, identity: IdentityKey, remaining: readonly IdentityKey[], accounts: AccountTransaction
): Promise<string[]> {
  const identifiers = await accounts.identifiersOf(userId)
  const proofs = await accounts.proofsOf(userId)
  const { lost, kept } = settleIdentifiers({ identity, remaining, identifiers, proofs })
  await accounts.deleteIdentity(identity.tid, identity.oid)
  for (const identifier of kept) await accounts.putIdentifier(identifier)
  for (const { canonical } of lost) await accounts.deleteIdentifier(userId, canonical)
  return lost.map(({ canonical }) => canonical)
}

function isSame (one: { readonly tid: string | null, readonly oid: string | null } | null, other: IdentityKey): boolean {
  return one !== null && one.tid === other.tid && one.oid === other.oid
}

import { looksUpUnverified } from './guess.ts'
import type { AccountTransaction } from './store.ts'
import type { Holder, Knowledge, LinkingPolicy, LinkingRequest, Owner, User } from './types.ts'

/**
 * Reads what the decision needs to know, and no more: an unverified address
 * is looked up only where C3 asks for it, and never where C2 refuses before
 * any look-up, so that a stranger learns nothing about who has an address
 * (abuse case L24).
 */
export async function gather (
  policy: LinkingPolicy, request: LinkingRequest, accounts: AccountTransaction
): Promise<Knowledge> {
  const canonical = request.verifiedEmail?.canonical ?? null
  const owner = await findOwner(request, canonical, accounts)
  const linker = request.linker === undefined ? null : await accounts.findUser(request.linker.userId)
  const isUnknown = owner === null && request.linker === undefined
  const holder = canonical === null ? null : await findHolder(canonical, { owner, isUnknown }, accounts)
  const awaited = isUnknown && canonical !== null && holder === null
  const asked = isUnknown && canonical === null && looksUpUnverified(policy)
  return {
    linker,
    owner,
    holder,
    invited: awaited ? await findInvited(canonical, accounts) : null,
    unverifiedAddressIsHeld: asked && await isHeld(request.email.canonical, accounts)
  }
}

async function findOwner (
  { identity: { tid, oid } }: LinkingRequest, canonical: string | null, accounts: AccountTransaction
): Promise<Owner | null> {
  const identity = await accounts.findIdentity(tid, oid)
  const user = identity === null ? null : await accounts.findUser(identity.userId)
  if (identity === null || user === null) return null
  const proofs = canonical === null ? [] : await accounts.proofsOf(user.id, canonical)
  return { user, identity, provedAddress: proofs.length > 0, provedAddressItself: proofs.some((proof) => proof.tid === tid && proof.oid === oid) }
}

async function findHolder (
  canonical: string, { owner, isUnknown }: { readonly owner: Owner | null, readonly isUnknown: boolean }, accounts: AccountTransaction
): Promise<Holder | null> {
  const userId = await accounts.findHolder(canonical)
  const known = userId === owner?.user.id ? owner.user : null
  const user = known ?? (userId === null ? null : await accounts.findUser(userId))
  if (user === null) return null
  if (!isUnknown) return { user, identities: [], provers: [] }
  return {
    user,
    identities: await accounts.identitiesOf(user.id),
    provers: await accounts.proofsOf(user.id, canonical)
  }
}

async function findInvited (canonical: string, accounts: AccountTransaction): Promise<User | null> {
  const invitation = await accounts.findInvitation(canonical)
  return invitation === null ? null : await accounts.findUser(invitation.userId)
}

async function isHeld (canonical: string | null, accounts: AccountTransaction): Promise<boolean> {
  return canonical !== null && await accounts.findHolder(canonical) !== null
}

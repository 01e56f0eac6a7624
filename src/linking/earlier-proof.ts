import type { AccountTransaction } from './store.ts'
import type { LinkingRequest } from './types.ts'

/** Scores the address of a request as one whose mailbox the person controls. */
export type ProveMailbox = () => Pick<LinkingRequest, 'email' | 'verifiedEmail'>

/**
 * What a code has proven for an identity and an address stays proven: each later sign-in of that identity with that
 * address counts it again, though Microsoft's token says no more about it than before. It ends where the address is
 * released, or the identity is no longer its user's: linked again, it has to be proven again. While another user
 * holds the address it counts for nothing: the mailbox may have changed hands.
 */
export async function withEarlierProof (
  request: LinkingRequest, prove: ProveMailbox | undefined, accounts: AccountTransaction
): Promise<LinkingRequest> {
  const { identity: { tid, oid }, email: { canonical }, verifiedEmail } = request
  if (prove === undefined || verifiedEmail !== null || canonical === null) return request
  const identity = await accounts.findIdentity(tid, oid)
  if (identity === null) return request
  const proofs = await accounts.proofsOf(identity.userId, canonical)
  const isProven = proofs.some((proof) =>
    proof.kind === 'mailbox_control' && proof.tid === tid && proof.oid === oid && proof.at >= identity.createdAt)
  if (!isProven) return request
  const holder = await accounts.findHolder(canonical)
  return holder === null || holder === identity.userId ? { ...request, ...prove() } : request
}

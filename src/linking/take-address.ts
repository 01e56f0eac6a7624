import type { AccountTransaction } from './store.ts'
import type { Identifier, Provenance } from './types.ts'

/** An address that is proven to be a user's. */
export interface ProvenAddress {
  readonly userId: string
  /** As it was given. */
  readonly address: string
  readonly canonical: string
  readonly provenance: Provenance
}

/**
 * Makes an address a verified identifier of the user who proved it. Whoever
 * else had it unverified loses it: nobody reserves an address without proof
 * (abuse case L08). Where another user holds it, the store's unique
 * constraint refuses the write.
 *
 * @returns what those who lost it had.
 */
export async function takeAddress (proven: ProvenAddress, accounts: AccountTransaction): Promise<Identifier[]> {
  const losers = await accounts.deleteUnverified(proven.canonical, proven.userId)
  await accounts.putIdentifier({ ...proven, verified: true, createdAt: proven.provenance.at })
  return losers
}

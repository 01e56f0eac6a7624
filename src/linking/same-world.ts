import { isSimulatedAuthority } from '../core/authority.ts'
import { ConfigurationError, refuse } from '../core/errors.ts'
import type { AccountStore, AccountTransaction } from './store.ts'

/*
 * A simulator lets anybody be anybody, so its identities and Microsoft's never
 * share a store. A simulator is known by its authority, which is on this machine.
 */

/**
 * Refuses a store that holds identities of the other world, at boot.
 *
 * @param authority - Base of this server's authority.
 * @throws ConfigurationError
 */
export async function assertSameWorld (store: AccountStore, authority: string): Promise<void> {
  if (!await store.transaction(async (accounts) => await isMixed(accounts, authority))) return
  const [theirs, ours] = isSimulatedAuthority(authority) ? ['real', 'a simulator'] : ['simulated', 'Microsoft']
  throw new ConfigurationError(`fastify-entra: option "database": the accounts there belong to ${theirs} identities, but this server signs in with ${ours}. Give another database.`)
}

/**
 * The same, in the transaction of a sign-in: two servers of both worlds may
 * have booted while the store was empty.
 *
 * @throws server_error
 */
export async function requireSameWorld (accounts: AccountTransaction, authority: string): Promise<void> {
  if (!await isMixed(accounts, authority)) return
  throw refuse('server_error', {
    reason: 'store_of_other_world',
    remedy: 'The database holds identities of a simulator and this server signs in with Microsoft, or the other way round: give one of them another database.'
  })
}

async function isMixed (accounts: AccountTransaction, authority: string): Promise<boolean> {
  return await accounts.hasIdentities(!isSimulatedAuthority(authority))
}

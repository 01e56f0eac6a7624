import { isSimulatedAuthority } from '../core/authority.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { AccountStore } from './store.ts'

/**
 * Refuses a store that holds identities of the other world: a simulator lets
 * anybody be anybody, so its identities and Microsoft's never share a store.
 * A simulator is known by its authority, which is on this machine.
 *
 * @param authority - Base of this server's authority.
 * @throws ConfigurationError
 */
export async function assertSameWorld (store: AccountStore, authority: string): Promise<void> {
  const simulated = isSimulatedAuthority(authority)
  const isMixed = await store.transaction((accounts) => accounts.hasIdentities(!simulated))
  if (!isMixed) return
  const [theirs, ours] = simulated ? ['real', 'a simulator'] : ['simulated', 'Microsoft']
  throw new ConfigurationError(`fastify-entra: option "database": the accounts there belong to ${theirs} identities, but this server signs in with ${ours}. Give another database file.`)
}

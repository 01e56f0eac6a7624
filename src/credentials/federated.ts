import { TimedOut, within } from '../core/within.ts'
import { unusableCredential } from './refused.ts'
import { isToken } from './token.ts'
import type { FederatedCredential } from './types.ts'

/**
 * Asks the function of a federated credential for its token.
 *
 * @param timeout - In milliseconds. What comes later is dropped.
 * @throws provider_error with a reason of its own. What the function threw is left out: it may hold anything.
 */
export async function askFederated (federated: FederatedCredential['federated'], timeout: number): Promise<string> {
  const token = await ask(federated, timeout)
  if (!isToken(token)) throw unusableCredential('federated_no_token')
  return token
}

async function ask (federated: FederatedCredential['federated'], timeout: number): Promise<unknown> {
  try {
    return await within<unknown>(timeout, federated)
  } catch (error) {
    throw unusableCredential(error instanceof TimedOut ? 'federated_timeout' : 'federated_threw')
  }
}

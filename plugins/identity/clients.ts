import { ConfigurationError } from '../../src/core/errors.ts'
import { readClient } from '../../src/identity/client.ts'
import { isClientId } from '../../src/identity/client-options.ts'
import { scopeNames } from '../../src/identity/scopes.ts'
import type { ClientRecord, ClientStore } from '../../src/identity/types.ts'

const where = 'fastify-entra/identity: option "clients"'

/**
 * The clients of the options, checked.
 *
 * @throws ConfigurationError naming the client and what is wrong with it.
 */
export function readClients (given: readonly object[], now: number): ReadonlyMap<string, ClientRecord> {
  const clients = new Map<string, ClientRecord>()
  for (const client of given.map((one) => readClient(one, { where, withSecrets: true, at: now }))) {
    if (clients.has(client.id)) throw new ConfigurationError(`${where}: client ${JSON.stringify(client.id)} is there twice. Give each an id of its own.`)
    const unknown = client.scopes.find((scope) => !(scopeNames as readonly string[]).includes(scope))
    if (unknown !== undefined) throw new ConfigurationError(`${where}: client ${JSON.stringify(client.id)}: option "scopes": there is no scope ${JSON.stringify(unknown)}. The scopes are ${scopeNames.join(', ')}.`)
    clients.set(client.id, client)
  }
  return clients
}

/**
 * Finds a client: of the options first, so that nobody who can write to the store changes what is in the code. The store
 * is not asked for what is no id: whoever sends a NUL would make it fail (abuse case P20).
 */
export function clientFinder (clients: ReadonlyMap<string, ClientRecord>, store: ClientStore, project: string) {
  return async (id: string): Promise<ClientRecord | null> => clients.get(id) ?? (isClientId(id) ? await store.find(project, id) : null)
}

import type Provider from 'oidc-provider'
import type { EndedProviderSession } from '../../src/identity/types.ts'
import type { Parts } from './parts.ts'

/**
 * Tells apps that sessions ended (OpenID Connect Back-Channel Logout section 2.5): all at once, each once. An app that
 * does not listen keeps nobody signed in here; its own session is its own affair, and the log says so.
 */
export function tellApps ({ log }: Pick<Parts, 'log'>, currentProvider: () => Promise<Provider>) {
  return async function tellOf (ended: readonly EndedProviderSession[]): Promise<void> {
    if (ended.length === 0) return
    const provider = await currentProvider()
    await Promise.all(ended.flatMap(({ accountId, clients }) => clients.map(async ({ clientId, sid }) => {
      try {
        const client = await provider.Client.find(clientId) as ListeningClient | undefined
        if (client?.backchannelLogoutUri !== undefined) await client.backchannelLogout(accountId, sid)
      } catch (error) {
        // What was thrown may hold an answer of the app's, or an address within the network.
        log.warn({ client: clientId, failure: (error as Error).name }, 'an app could not be told that a session ended: see to its "backchannelLogoutUrl"')
      }
    })))
  }
}

interface ListeningClient {
  readonly backchannelLogoutUri?: string
  readonly backchannelLogout: (accountId: string, sid: string) => Promise<void>
}

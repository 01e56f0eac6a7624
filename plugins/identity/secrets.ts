import type Provider from 'oidc-provider'
import { isSecretOf } from '../../src/identity/client-secret.ts'
import type { Parts } from './parts.ts'

/** What is used of oidc-provider's client beyond its types. */
interface ComparingClient {
  readonly clientId: string
  readonly clientAuthMethod: string
  compareClientSecret: (this: ComparingClient, actual: string) => Promise<boolean>
}

/**
 * Compares client secrets by what is kept of them, and takes each only in the way that the client is registered for:
 * the package takes a secret of the body for one of the header and the other way round (abuse case P09).
 */
export function compareHashedSecrets (provider: Provider, { oidc, findClient }: Parts): void {
  const { prototype } = provider.Client as unknown as { prototype: ComparingClient }
  prototype.compareClientSecret = async function (actual) {
    const isInBody = oidc.default.ctx!.oidc.params!.client_secret !== undefined
    if (isInBody !== (this.clientAuthMethod === 'client_secret_post')) return false
    const client = await findClient(this.clientId)
    return client !== null && isSecretOf(client, actual)
  }
}

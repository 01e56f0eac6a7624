import type Provider from 'oidc-provider'
import { matchesSecret } from '../../src/identity/client-secrets.ts'
import type { Parts } from './parts.ts'

/** What is used of oidc-provider's client beyond its types. */
interface ComparingClient {
  readonly clientAuthMethod: string
  readonly secret_hashes: readonly string[]
  compareClientSecret: (this: ComparingClient, actual: string) => Promise<boolean>
}

/**
 * Compares client secrets by what is kept of them, and takes each only in the way that the client is registered for:
 * the package takes a secret of the body for one of the header and the other way round (abuse case P09).
 */
export function compareHashedSecrets (provider: Provider, { oidc }: Parts): void {
  const { prototype } = provider.Client as unknown as { prototype: ComparingClient }
  prototype.compareClientSecret = async function (actual) {
    const isInBody = oidc.default.ctx!.oidc.params!.client_secret !== undefined
    return isInBody === (this.clientAuthMethod === 'client_secret_post') && matchesSecret(actual, this.secret_hashes)
  }
}

import type Provider from 'oidc-provider'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'oidc-provider'
import type { KeySet } from '../../src/identity/types.ts'
import { configurationOf } from './configuration.ts'
import { answerPlainly } from './answers.ts'
import type { Parts } from './parts.ts'
import { compareHashedSecrets } from './secrets.ts'
import { tieSessions } from './sessions.ts'

/** A provider, and how it is asked. */
export interface Running {
  readonly provider: Provider
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
}

/**
 * The provider of a project. oidc-provider takes its keys once; so there is another one as soon as there are other
 * keys, and whatever the two keep is in the store.
 */
export function createProviders (parts: Parts, keysNow: () => Promise<KeySet>): () => Promise<Running> {
  let running: Running | null = null
  let current = ''
  return async function currentProvider () {
    const { keys, version } = await keysNow()
    if (running === null || version !== current) {
      running = start(parts, keys)
      current = version
    }
    return running
  }
}

function start (parts: Parts, keys: readonly JWK[]): Running {
  const { default: OidcProvider } = parts.oidc
  const provider = new OidcProvider(parts.issuer, configurationOf(parts, keys))
  // Fastify has decided what to believe of a proxy; what is handed on says so in headers that nobody else has set.
  provider.proxy = true
  tieSessions(provider, parts)
  compareHashedSecrets(provider, parts)
  answerPlainly(provider, parts)
  return { provider, handle: provider.callback() as unknown as Running['handle'] }
}

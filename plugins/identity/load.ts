import type * as oidcProvider from 'oidc-provider'
import { ConfigurationError } from '../../src/core/errors.ts'

/** The package, as it is imported. */
export type OidcProvider = typeof oidcProvider

/**
 * Loads oidc-provider, which only those need who register the plugin.
 *
 * @throws ConfigurationError where it is not installed.
 */
export async function loadOidcProvider (load: () => Promise<unknown> = async () => await import('oidc-provider')): Promise<OidcProvider> {
  try {
    return await load() as OidcProvider
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new ConfigurationError('fastify-entra/identity: the package oidc-provider is not installed. Install it: npm install oidc-provider')
  }
}

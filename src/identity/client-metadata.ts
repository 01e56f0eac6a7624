import { hasSecrets } from './client.ts'
import type { ClientRecord } from './types.ts'

/** What of our own oidc-provider keeps with a client: for its option `extraClientMetadata.properties`. */
export const extraClientMetadata: readonly string[] = ['secret_hashes', 'first_party']

/** What a client's metadata is made with. */
export interface MetadataSettings {
  /** Scopes that the provider has: of a stored client's, the others are left out, since the options may have changed. */
  readonly scopes: readonly string[]
  /**
   * Stands where oidc-provider wants a secret in the clear, which is nowhere. Random, made once a process and told
   * to nobody: should `compareClientSecret` not be replaced by {@link matchesSecret}, no secret is right.
   */
  readonly placeholder: string
}

/** A client as oidc-provider reads it (OpenID Connect Dynamic Client Registration section 2). */
export function clientMetadata (client: ClientRecord, { scopes, placeholder }: MetadataSettings): Record<string, unknown> {
  return {
    client_id: client.id,
    client_name: client.name,
    ...(client.url !== null && { client_uri: client.url }),
    // Of native ones alone may the port of a loopback address differ.
    application_type: client.type === 'native' ? 'native' : 'web',
    redirect_uris: [...client.redirectUrls],
    post_logout_redirect_uris: [...client.logoutRedirectUrls],
    response_types: ['code'],
    grant_types: client.refreshTokens ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    token_endpoint_auth_method: client.authentication,
    id_token_signed_response_alg: client.idTokenAlgorithm,
    scope: client.scopes.filter((scope) => scopes.includes(scope)).join(' '),
    ...(client.backchannelLogoutUrl !== null && { backchannel_logout_uri: client.backchannelLogoutUrl, backchannel_logout_session_required: true }),
    ...(client.jwks !== null && { jwks: structuredClone(client.jwks) }),
    ...(hasSecrets(client.authentication) && { client_secret: placeholder }),
    secret_hashes: client.secrets.map(({ hash }) => hash),
    first_party: client.firstParty
  }
}

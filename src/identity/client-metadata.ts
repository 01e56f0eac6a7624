import type { ClientRecord } from './types.ts'

/**
 * A client as OpenID Connect Dynamic Client Registration (section 2) writes it.
 *
 * Nothing in it is a secret. Where one is needed, a word stands in its place that no comparison ever takes: secrets are
 * compared by their hashes, and nothing is signed or encrypted with them.
 */
export function metadataOf (client: ClientRecord): Record<string, unknown> {
  const { authentication, refreshTokens, backchannelLogoutUrl, jwks } = client
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: client.type === 'native' ? 'native' : 'web',
    ...(client.url !== null && { client_uri: client.url }),
    redirect_uris: [...client.redirectUrls],
    post_logout_redirect_uris: [...client.logoutRedirectUrls],
    response_types: ['code'],
    grant_types: refreshTokens ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    scope: client.scopes.join(' '),
    token_endpoint_auth_method: authentication,
    ...(authentication.startsWith('client_secret_') && { client_secret: 'kept-as-hash-and-compared-elsewhere' }),
    ...(jwks !== null && { jwks: { keys: jwks.keys.map((key) => ({ ...key })) } }),
    ...(backchannelLogoutUrl !== null && { backchannel_logout_uri: backchannelLogoutUrl, backchannel_logout_session_required: true })
  }
}

import { type Authority, endpointsOf, issuerOf } from '../core/authority.ts'
import { hostsOf } from './cloud.ts'
import type { TenantReference } from './types.ts'

/**
 * The discovery document of a tenant: member by member what Microsoft's
 * endpoint gives (test/fixtures/recorded-answers.json).
 */
export function discoveryDocument (authority: Authority, tenant: TenantReference): Record<string, unknown> {
  const endpoints = endpointsOf(authority, tenant.name)
  const root = `${authority.base}/${tenant.name}`
  const hosts = hostsOf(authority)
  return {
    token_endpoint: endpoints.token,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: endpoints.keys,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: issuerOf(authority, tenant.id ?? '{tenantid}'),
    request_uri_parameter_supported: false,
    userinfo_endpoint: `https://${hosts.graph}/oidc/userinfo`,
    authorization_endpoint: endpoints.authorize,
    device_authorization_endpoint: `${root}/oauth2/v2.0/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: endpoints.logout,
    claims_supported: [
      'sub', 'iss', 'cloud_instance_name', 'cloud_instance_host_name', 'cloud_graph_host_name', 'msgraph_host',
      'aud', 'exp', 'iat', 'auth_time', 'acr', 'nonce', 'preferred_username', 'name', 'tid', 'ver', 'at_hash',
      'c_hash', 'email'
    ],
    kerberos_endpoint: `${root}/kerberos`,
    tenant_region_scope: tenant.id === null ? null : 'WW',
    cloud_instance_name: authority.cloudInstance,
    cloud_graph_host_name: hosts.directoryGraph,
    msgraph_host: hosts.graph,
    rbac_url: hosts.access
  }
}

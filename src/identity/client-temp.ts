import type { ClientRecord } from './types.ts'

export function readClient (given: object): ClientRecord {
  const g = given as Partial<ClientRecord>
  const refreshTokens = g.refreshTokens ?? false
  return {
    id: g.id!, name: g.name!, type: g.type!, url: g.url ?? null, redirectUrls: g.redirectUrls!, logoutRedirectUrls: g.logoutRedirectUrls ?? [],
    authentication: g.authentication!, refreshTokens, scopes: g.scopes ?? ['openid', 'profile', 'email', 'email_trust', ...(refreshTokens ? ['offline_access'] : [])],
    firstParty: g.firstParty ?? false, backchannelLogoutUrl: g.backchannelLogoutUrl ?? null, jwks: g.jwks ?? null, secrets: g.secrets ?? []
  }
}

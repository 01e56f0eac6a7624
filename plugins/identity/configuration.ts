import type { Adapter, Configuration, JWK } from 'oidc-provider'
import { clientMetadata, extraClientMetadata } from '../../src/identity/client-metadata.ts'
import { recentAcr } from '../../src/identity/recent-acr.ts'
import { claimsOfScope, scopeNames } from '../../src/identity/scopes.ts'
import { type Environment, realEnvironment } from '../../src/core/environment.ts'
import type { ArtifactAdapter, ArtifactKind, ArtifactPayload } from '../../src/identity/types.ts'
import { accountFinder } from './account.ts'
import { grantLoader } from './grants.ts'
import { askSignOut, showError, showSignedOut } from './pages.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy.ts'

/** An authorization request that has come without being asked for consent, and is: what the person has let through before is enough then. */
export const impliedConsent = 'consent_implied'

/** Names of the cookies that bind an interaction to its browser (abuse case P15). */
export function cookieNames ({ project, signIn: { config } }: Parts): { session: string, interaction: string, resume: string } {
  // Not __Host-: each is for one path alone.
  const prefix = `${config.secure ? '__Secure-' : ''}entra-${project.name}-${config.secure ? '' : `${new URL(config.origin).port}-`}`
  return { session: `${prefix}session`, interaction: `${prefix}interaction`, resume: `${prefix}resume` }
}

/** In seconds. A code is for the next moment (abuse case P08); an interaction, for as long as people look at a page. */
const lifetimes = { code: 60, interaction: 1_800 }

/**
 * How oidc-provider is set up: the code flow with PKCE and nothing else. What nobody asked for is off, and what it
 * would otherwise do by default is spelt out.
 *
 * @param keys - Private signing keys; of each algorithm the first one signs.
 */
export function configurationOf (parts: Parts, keys: readonly JWK[]): Configuration {
  const { options, signIn: { config: { environment, secure, simulated } } } = parts
  const cookies = { httpOnly: true, sameSite: 'lax' as const, secure, overwrite: true }
  return {
    adapter: (kind: string) => adapterOf(parts, kind),
    jwks: { keys: [...keys] },
    scopes: [...scopeNames],
    claims: { ...Object.fromEntries(Object.entries(claimsOfScope).map(([scope, claims]) => [scope, [...claims]])), acr: null, auth_time: null, iss: null, sid: null },
    acrValues: [recentAcr],
    responseTypes: ['code'],
    subjectTypes: ['public'],
    extraClientMetadata: { properties: [...extraClientMetadata] },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'ES256'],
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      userinfoSigningAlgValues: ['RS256', 'ES256']
    },
    routes: { authorization: '/authorize', token: '/token', userinfo: '/userinfo', jwks: '/jwks', revocation: '/revoke', end_session: '/logout' },
    cookies: { names: cookieNames(parts), long: cookies, short: cookies },
    // Exact, and said each time (abuse case P02).
    allowOmittingSingleRegisteredRedirectUri: false,
    extraParams: [impliedConsent],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: true, logoutSource: askSignOut(parts), postLogoutSuccessSource: showSignedOut(parts) },
      userinfo: { enabled: true },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      introspection: { enabled: false },
      registration: { enabled: false },
      deviceFlow: { enabled: false },
      clientCredentials: { enabled: false },
      requestObjects: { enabled: false }
    },
    interactions: { url: (_ctx, { uid }) => `${parts.path}/interaction/${uid}`, policy: policyOf(parts) },
    findAccount: accountFinder(parts),
    loadExistingGrant: grantLoader(parts),
    renderError: showError(parts),
    // A session's end is the store's to know, which ends all that was given in it.
    expiresWithSession: async () => false,
    issueRefreshToken: async (_ctx, client, { scopes }) => client.grantTypeAllowed('refresh_token') && scopes.has('offline_access'),
    rotateRefreshToken: () => true,
    // Only an app that runs in a browser asks from there, and from where it is registered.
    clientBasedCORS: (_ctx, origin, { applicationType, clientAuthMethod, redirectUris = [] }) =>
      applicationType === 'web' && clientAuthMethod === 'none' && redirectUris.some((url) => new URL(url).origin === origin),
    ttl: {
      AccessToken: seconds(options.accessTokenLifetime!),
      AuthorizationCode: lifetimes.code,
      Grant: seconds(options.refreshTokenAbsoluteLifetime!),
      IdToken: seconds(options.idTokenLifetime!),
      Interaction: lifetimes.interaction,
      RefreshToken: (_ctx, { iiat }) => {
        const age = seconds(environment.now()) - iiat!
        return Math.max(1, Math.min(seconds(options.refreshTokenLifetime!), seconds(options.refreshTokenAbsoluteLifetime!) - age))
      },
      Session: seconds(options.refreshTokenAbsoluteLifetime!)
    },
    // Clients are the operator's own, so their addresses may be within the operator's network: the package's guard against
    // those is left out. Redirects are not followed, and it takes no longer than it may.
    fetch: async (url, { dispatcher: _guard, ...request }: RequestInit & { dispatcher?: unknown }) =>
      // A simulator's own fetch reaches nobody but the simulator.
      await (simulated ? realEnvironment : environment).fetch(url, { ...request, signal: AbortSignal.timeout(options.backchannelLogoutTimeout!) })
  } as Configuration
}

function seconds (milliseconds: number): number {
  return Math.floor(milliseconds / 1_000)
}

/** Clients are the operator's, and are only ever read; all else is what oidc-provider keeps. */
function adapterOf ({ artifacts, findClient, oidc, placeholder, signIn: { config: { environment } } }: Parts, kind: string): Adapter {
  if (kind === 'Grant') return grantAdapter(untilItExpires(artifacts.adapter(kind), environment), () => oidc.default.ctx?.oidc.session?.uid) as unknown as Adapter
  if (kind !== 'Client') return untilItExpires(artifacts.adapter(kind as ArtifactKind), environment) as unknown as Adapter
  return {
    find: async (id: string) => {
      const client = await findClient(id)
      return client === null ? undefined : clientMetadata(client, { scopes: scopeNames, placeholder })
    }
  } as unknown as Adapter
}

/** What has expired is not there: to the second, and by the application's clock. The package allows for the clocks of others, and these are our own. */
function untilItExpires (adapter: ArtifactAdapter, environment: Pick<Environment, 'now'>): ArtifactAdapter {
  const living = (payload: ArtifactPayload | undefined): ArtifactPayload | undefined =>
    payload === undefined || Number(payload.exp) * 1_000 <= environment.now() ? undefined : payload
  return { ...adapter, find: async (id) => living(await adapter.find(id)), findByUid: async (uid) => living(await adapter.findByUid(uid)) }
}

/** Grants belong to the session that they are given in, which oidc-provider does not write down. */
function grantAdapter (adapter: ArtifactAdapter, sessionUid: () => string | undefined): ArtifactAdapter {
  return { ...adapter, upsert: async (id, payload, expiresIn) => await adapter.upsert(id, { ...payload, sessionUid: sessionUid() }, expiresIn) }
}

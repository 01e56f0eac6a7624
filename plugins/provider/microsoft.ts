import { ConfigurationError } from '../../src/core/errors.ts'
import type { CredentialSummary } from '../../src/credentials/types.ts'
import type { IdentityKey } from '../../src/linking/account-input.ts'
import { type AllowedHints, readHints } from '../../src/provider/authorization-request.ts'
import { withQuery } from '../query.ts'

/** What a link to a sign-in may ask for. */
export interface SignInLink {
  /** `MicrosoftOAuth`, or left out: it is the only one there is. */
  readonly provider?: 'MicrosoftOAuth'
  /** Where the sign-in ends: an own path, or what `allowedRedirectUrls` allows. */
  readonly return_to?: string
  /** Fills in the account name at Microsoft. */
  readonly login_hint?: string
  /** `organizations`, `consumers` or a domain name. */
  readonly domain_hint?: string
  readonly prompt?: 'login' | 'none' | 'consent' | 'select_account'
  /** How long ago the person may have shown who they are at Microsoft, in whole seconds; 0 asks in any case. Needs the optional claim `auth_time`. */
  readonly max_age?: number
  /** Languages of Microsoft's pages, best first: `de`, or `pt-BR pt`. Each must be in option `uiLocales`. */
  readonly ui_locales?: string
  /** Scopes that are asked for beside option `scopes`. Each must be there or in option `allowedScopes`. */
  readonly provider_scopes?: readonly string[] | string
}

/** What a link for an administrator may ask for. */
export interface AdminConsentLink {
  /** GUID or domain name of the tenant; left out, it is the administrator's own. */
  readonly tenant?: string
  /** Where the sign-in ends that follows: an own path, or what `allowedRedirectUrls` allows. */
  readonly return_to?: string
}

/** What an application can ask about Microsoft: `app.microsoft`. */
export interface Microsoft {
  /**
   * Where Microsoft Graph of this cloud is, no slash at the end: `https://graph.microsoft.com`, or the simulator's own,
   * whose tokens no other Graph takes. `null` where it is not known.
   */
  readonly graph: string | null
  /**
   * The address at which a browser starts to sign in: a link of this
   * application, since the attempt belongs to the browser that opens it.
   *
   * @returns an absolute URL below `baseUrl`.
   * @throws redirect_not_allowed where the sign-in may not end at `return_to`; invalid_request where it asks for what cannot
   * be, or what the options do not allow.
   */
  authorizationUrl: (link?: SignInLink) => string
  /** How each credential of the application does, and how long it lasts: for a gauge, or a page of an operator's. No secret is in it. */
  credentials: () => readonly CredentialSummary[]
  /**
   * The address at which an administrator starts to allow this application for a whole tenant: a link of this
   * application, to be shown or mailed to them.
   *
   * @returns an absolute URL below `baseUrl`.
   * @throws redirect_not_allowed; ConfigurationError without the admin-consent plugin, or while sign-ins are switched off.
   */
  adminConsentUrl: (link?: AdminConsentLink) => string
  /**
   * An access token for an identity, outside of any request: for work in the background.
   * `request.microsoft.accessToken` is the same for whoever is signed in.
   *
   * @param identity - Its tenant and object id, GUIDs in either letter case.
   * @param scopes - What the token is for, all of one API; each in option `scopes` or `allowedScopes`.
   * @throws interaction_required where the person has to come to Microsoft first (see `isInteractionRequired`);
   * account_disabled where Microsoft says so; tenant_not_allowed; invalid_request for a scope that is not allowed;
   * provider_unavailable, provider_timeout, provider_error, store_unavailable; ConfigurationError where no tokens are kept.
   */
  accessToken: (identity: IdentityKey, scopes: readonly string[], options?: { readonly forceRefresh?: boolean }) => Promise<string>
  /**
   * Removes the tokens that are kept for an identity. Unlinking, disabling and deleting do it by themselves.
   *
   * @throws store_unavailable; ConfigurationError where no tokens are kept.
   */
  forgetTokens: (identity: IdentityKey) => Promise<void>
}

/** What the answers follow from. */
export interface MicrosoftParts {
  /** The address of the start route. */
  readonly start: string
  readonly allowed: AllowedHints
  readonly checkReturnTarget: (target: unknown) => string
  readonly credentials: Microsoft['credentials']
  /** The address of the route for administrators, looked up when it is asked for; `null` where there is none. */
  readonly adminConsent: () => string | null
  readonly graph: Microsoft['graph']
}

/** Makes `app.microsoft`; what other plugins know they add. */
export function createMicrosoft ({ start, allowed, checkReturnTarget, credentials, adminConsent, graph }: MicrosoftParts): Microsoft {
  return {
    credentials,
    graph,
    adminConsentUrl: ({ tenant = null, return_to: returnTo } = {}) => {
      const url = adminConsent()
      if (url === null) throw new ConfigurationError('fastify-entra: app.microsoft.adminConsentUrl was asked, and there is no such route. Register the admin-consent plugin; with "tenant" "consumers", or while "enabled" is false, there is none.')
      return withQuery(url, { tenant, return_to: returnTo === undefined ? null : checkReturnTarget(returnTo) })
    },
    authorizationUrl: ({ provider, return_to: returnTo, ...link } = {}) => {
      const query = Object.fromEntries(Object.entries(link).filter(([, value]) => value !== undefined).map(([name, value]) => [name, asText(value)]))
      // A mistake is told to who makes the link, before somebody opens it.
      readHints({ provider, ...query }, allowed)
      return withQuery(start, { ...query, return_to: returnTo === undefined ? null : checkReturnTarget(returnTo) })
    },
    accessToken: async () => { throw tokensAreOff() },
    forgetTokens: async () => { throw tokensAreOff() }
  }
}

function asText (value: string | number | readonly string[]): string {
  return typeof value === 'object' ? value.join(' ') : String(value)
}

/** Whoever asks for tokens that nobody keeps has forgotten an option. */
export function tokensAreOff (): Error {
  return new ConfigurationError('fastify-entra: no tokens are kept. Give option "keepTokens": true (and register the tokens plugin, where the plugins are registered one by one).')
}

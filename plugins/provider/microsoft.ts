import { ConfigurationError, refuse } from '../../src/core/errors.ts'
import { requireAllowed } from '../../src/core/scopes.ts'
import type { IdentityKey } from '../../src/linking/account-input.ts'
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
  /** Scopes to ask for beside option `scopes`: each must be in it or in `allowedScopes`. */
  readonly provider_scopes?: readonly string[]
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
   * @throws redirect_not_allowed where the sign-in may not end at `return_to`.
   */
  authorizationUrl: (link?: SignInLink) => string
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

/** What {@link createMicrosoft} works with. */
export interface MicrosoftParts {
  /** The address of the start route. */
  readonly start: string
  readonly checkReturnTarget: (target: unknown) => string
  /** Scopes that a sign-in may ask for. */
  readonly scopesAtHand: readonly string[]
  /** Where Microsoft Graph is. */
  readonly graph: string | null
}

/** Makes what the provider plugin alone can answer; the tokens plugin adds its part. */
export function createMicrosoft ({ start, checkReturnTarget, scopesAtHand, graph }: MicrosoftParts): Microsoft {
  return {
    graph,
    authorizationUrl: ({ provider, return_to: returnTo, provider_scopes: scopes, ...hints } = {}) => {
      if (provider !== undefined && provider !== 'MicrosoftOAuth') throw refuse('invalid_request', 'malformed_provider')
      requireAllowed(scopes ?? [], scopesAtHand)
      return withQuery(start, {
        ...hints,
        provider_scopes: scopes?.join(' ') ?? null,
        return_to: returnTo === undefined ? null : checkReturnTarget(returnTo)
      })
    },
    accessToken: async () => { throw tokensAreOff() },
    forgetTokens: async () => { throw tokensAreOff() }
  }
}

/** Whoever asks for tokens that nobody keeps has forgotten an option. */
export function tokensAreOff (): Error {
  return new ConfigurationError('fastify-entra: no tokens are kept. Give option "keepTokens": true (and register the tokens plugin, where the plugins are registered one by one).')
}

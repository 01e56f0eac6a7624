import type { Photo } from '../../src/graph/photo.ts'

/** How an access token is asked for. */
export interface AccessTokenOptions {
  /**
   * Where the person ends who has to come to Microsoft first: an own path, or what `allowedRedirectUrls` allows.
   * Default: the page that was asked for, where it is one; else `defaultReturnTo`.
   */
  readonly returnTo?: string
  /** Whether a kept access token will not do, since the API has refused it (401). Default: `false`. */
  readonly forceRefresh?: boolean
}

/** Microsoft's tokens and the photo of whoever is signed in. */
export interface RequestMicrosoft {
  /**
   * A fresh access token for the identity that signed in: the kept one, while it has more than five minutes left,
   * else a new one.
   *
   * @param scopes - What it is for, all of one API, such as `['Mail.Read']`; each in option `scopes` or `allowedScopes`.
   * @throws unauthenticated where nobody is signed in; interaction_required where the person has to come to Microsoft first
   * (`isInteractionRequired`, with the address in `url`); account_disabled where Microsoft says so; invalid_request for a scope that
   * is not allowed; redirect_not_allowed for `returnTo`; provider_unavailable, provider_timeout, provider_error, store_unavailable.
   */
  readonly accessToken: (scopes: readonly string[], options?: AccessTokenOptions) => Promise<string>
  /**
   * The person's photo, 96 by 96 pixels; `null` where there is none, as with every personal account. Asked for
   * once an hour, and kept in memory.
   *
   * @throws what `accessToken(['User.Read'])` throws; provider_error where Microsoft sends what is no picture, or too large.
   */
  readonly photo: () => Promise<Photo | null>
}

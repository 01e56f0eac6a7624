import { ConfigurationError, refuse } from '../../src/core/errors.ts'
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
   * The address at which a browser starts to sign in: a link of this
   * application, since the attempt belongs to the browser that opens it.
   *
   * @returns an absolute URL below `baseUrl`.
   * @throws redirect_not_allowed where the sign-in may not end at `return_to`.
   */
  authorizationUrl: (link?: SignInLink) => string
  /**
   * The address at which an administrator starts to allow this application for a whole tenant: a link of this
   * application, to be shown or mailed to them.
   *
   * @returns an absolute URL below `baseUrl`.
   * @throws redirect_not_allowed; ConfigurationError without the admin-consent plugin, or while sign-ins are switched off.
   */
  adminConsentUrl: (link?: AdminConsentLink) => string
}

/**
 * @param start - The address of the start route.
 * @param adminConsent - The address of the route for administrators, looked up when it is asked for; `null` where there is none.
 */
export function createMicrosoft (
  start: string, checkReturnTarget: (target: unknown) => string, adminConsent: () => string | null
): Microsoft {
  return {
    adminConsentUrl: ({ tenant = null, return_to: returnTo } = {}) => {
      const url = adminConsent()
      if (url === null) throw new ConfigurationError('fastify-entra: app.microsoft.adminConsentUrl was asked, and there is no such route. Register the admin-consent plugin; with "tenant" "consumers", or while "enabled" is false, there is none.')
      return withQuery(url, { tenant, return_to: returnTo === undefined ? null : checkReturnTarget(returnTo) })
    },
    authorizationUrl: ({ provider, return_to: returnTo, ...hints } = {}) => {
      if (provider !== undefined && provider !== 'MicrosoftOAuth') throw refuse('invalid_request', 'malformed_provider')
      return withQuery(start, { ...hints, return_to: returnTo === undefined ? null : checkReturnTarget(returnTo) })
    }
  }
}

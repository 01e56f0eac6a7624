import { refuse } from '../../src/core/errors.ts'
import type { CredentialSummary } from '../../src/credentials/types.ts'
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
  /** How each credential of the application does, and how long it lasts: for a gauge, or a page of an operator's. No secret is in it. */
  credentials: () => readonly CredentialSummary[]
}

/** @param start - The address of the start route. */
export function createMicrosoft (
  start: string, checkReturnTarget: (target: unknown) => string, credentials: Microsoft['credentials']
): Microsoft {
  return {
    credentials,
    authorizationUrl: ({ provider, return_to: returnTo, ...hints } = {}) => {
      if (provider !== undefined && provider !== 'MicrosoftOAuth') throw refuse('invalid_request', 'malformed_provider')
      return withQuery(start, { ...hints, return_to: returnTo === undefined ? null : checkReturnTarget(returnTo) })
    }
  }
}

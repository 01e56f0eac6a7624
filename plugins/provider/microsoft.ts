import type { CredentialSummary } from '../../src/credentials/types.ts'
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

/** What an application can ask about Microsoft: `app.microsoft`. */
export interface Microsoft {
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
}

/** @param start - The address of the start route. */
export function createMicrosoft (
  start: string, allowed: AllowedHints, checkReturnTarget: (target: unknown) => string, credentials: Microsoft['credentials']
): Microsoft {
  return {
    credentials,
    authorizationUrl: ({ provider, return_to: returnTo, ...link } = {}) => {
      const query = Object.fromEntries(Object.entries(link).filter(([, value]) => value !== undefined).map(([name, value]) => [name, asText(value)]))
      // A mistake is told to who makes the link, before somebody opens it.
      readHints({ provider, ...query }, allowed)
      return withQuery(start, { ...query, return_to: returnTo === undefined ? null : checkReturnTarget(returnTo) })
    }
  }
}

function asText (value: string | number | readonly string[]): string {
  return typeof value === 'object' ? value.join(' ') : String(value)
}

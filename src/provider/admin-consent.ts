import type { Authority } from '../core/authority.ts'
import { refuse } from '../core/errors.ts'
import { isGuid } from '../core/guid.ts'
import { refusalOf } from './authorization-response.ts'
import type { ProviderConfig } from './config.ts'

/** What the browser says that came of it. Nothing of it is proven: see {@link readAdminConsentResponse}. */
export interface AdminConsentResult {
  /** The tenant, a lower-case GUID; `null` where none is named. */
  readonly tenant: string | null
  /** Whether the administrator has allowed the application. */
  readonly granted: boolean
  /** What was allowed; none where it was declined. */
  readonly scopes: readonly string[]
}

const domain = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i

/**
 * The tenant that a link asks for.
 *
 * @param asked - A GUID or a domain name; left out it is the tenant of the configuration, or else whichever the
 * administrator belongs to (`organizations`: Microsoft advises against `common`).
 * @throws invalid_request where it is neither; tenant_not_allowed where the configuration names another one.
 */
export function consentTenant (asked: unknown, { tenant }: Pick<ProviderConfig, 'tenant'>): string {
  const own = tenant === 'common' ? 'organizations' : tenant
  if (asked === undefined) return own
  if (typeof asked !== 'string' || !(isGuid(asked) || domain.test(asked))) throw refuse('invalid_request', 'malformed_tenant')
  const wanted = asked.toLowerCase()
  // Which GUID a domain name stands for is not known here: the same tenant is asked for in the same way, or not at all.
  if (own !== 'organizations' && wanted !== own) throw refuse('tenant_not_allowed', 'other_tenant')
  return wanted
}

/** Where an administrator is sent (Microsoft, 'Admin consent on the Microsoft identity platform'). */
export function adminConsentRequest (
  authority: Authority, tenant: string, parameters: { clientId: string, scopes: readonly string[], redirectUri: string, state: string }
): string {
  const url = new URL(`${authority.base}/${tenant}/v2.0/adminconsent`)
  url.searchParams.set('client_id', parameters.clientId)
  url.searchParams.set('scope', parameters.scopes.join(' '))
  url.searchParams.set('redirect_uri', parameters.redirectUri)
  url.searchParams.set('state', parameters.state)
  return url.href
}

const parameters = ['state', 'admin_consent', 'tenant', 'scope', 'error', 'error_description'] as const

type Query = Readonly<Record<string, unknown>>

/**
 * The state of an answer.
 *
 * @throws invalid_request where a parameter comes twice; invalid_state where the state cannot be one of ours.
 */
export function consentState (query: Query): string {
  for (const name of parameters) {
    if (query[name] !== undefined && typeof query[name] !== 'string') throw refuse('invalid_request', `repeated_${name}`)
  }
  const { state } = query as Record<string, string | undefined>
  if (state === undefined || !/^[\w-]{43}$/.test(state)) throw refuse('invalid_state', 'malformed_state')
  return state
}

// What an administrator who declines comes back with; `admin_consent=True` is beside it all the same.
const declined = ['access_denied', 'consent_required']

/**
 * Reads the answer. It comes through the browser and is signed by nobody, so that whoever sits at it can write what
 * they like: it decides nothing. Whether the application may be used shows when somebody of that tenant signs in.
 *
 * @param askedTenant - As it was asked for: where that is a GUID, the answer names the same.
 * @throws what Microsoft's error means, where it is no refusal of the administrator's; invalid_request where it is no answer.
 */
export function readAdminConsentResponse (query: Query, askedTenant: string): AdminConsentResult {
  const { admin_consent: flag, tenant, scope, error, error_description: description } = query as Record<string, string | undefined>
  if (error !== undefined) {
    if (!declined.includes(error)) throw refusalOf(error, description ?? null)
    return Object.freeze({ tenant: null, granted: false, scopes: Object.freeze([]) })
  }
  if (flag?.toLowerCase() !== 'true' || !isGuid(tenant)) throw refuse('invalid_request', 'no_admin_consent')
  const named = tenant.toLowerCase()
  if (isGuid(askedTenant) && named !== askedTenant) throw refuse('invalid_request', 'other_tenant')
  return Object.freeze({ tenant: named, granted: true, scopes: Object.freeze(scopesIn(scope)) })
}

/** What is no scope, and a list that is far too long, is left out (RFC 6749 section 3.3). */
function scopesIn (scope: string | undefined): string[] {
  if (scope === undefined || scope.length > 4_096) return []
  return scope.split(' ').filter((one) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one))
}

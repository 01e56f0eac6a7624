import type { EntraError, ErrorDetail } from '../core/errors.ts'

/**
 * What a refusal of Microsoft's to refresh means.
 *
 * - `person`: the person has to come to Microsoft: to consent, for a second factor, to sign in again.
 * - `disabled`: the account is disabled or gone, and no visit changes that.
 * - `outage`: Microsoft or the way to it is down, or it is the application that is refused; the tokens are as good as before.
 */
export type RefreshFailure =
  | { readonly kind: 'person', readonly isRefreshTokenDead: boolean }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'outage' }

// Microsoft, 'Microsoft Entra authentication and authorization error codes'. The account was disabled, or deleted.
const disabled: ReadonlySet<number | undefined> = new Set([50057, 50034])

// The person has to consent, to show a second factor, or to come from a device or place that a policy allows: the
// refresh token stays good, for other scopes or for later.
const stillGood: ReadonlySet<number | undefined> = new Set([
  65001, 65004, 50072, 50074, 50076, 50079, 50105, 50158, 53000, 53001, 53002, 53003, 53004
])

// Not used for long, revoked, too old for a policy, from a password or device that is no more.
const dead: ReadonlySet<number | undefined> = new Set([50132, 50133, 50173, 70008, 70043, 700003, 700082])

const personCodes: ReadonlySet<string> = new Set(['invalid_state', 'interaction_required', 'access_denied'])

/**
 * Decides by the number first: Microsoft says `invalid_grant` to most of
 * them. A refresh token that it does not take for a reason that is unknown here is not taken later either.
 */
export function refreshFailureOf ({ code, detail }: Pick<EntraError, 'code' | 'detail'>): RefreshFailure {
  const { aadsts } = detail
  if (disabled.has(aadsts)) return { kind: 'disabled' }
  if (!personCodes.has(code) && !dead.has(aadsts) && !stillGood.has(aadsts)) return { kind: 'outage' }
  return { kind: 'person', isRefreshTokenDead: dead.has(aadsts) || (code === 'invalid_state' && !stillGood.has(aadsts)) }
}

/** What the log is told of it. */
export function detailOf ({ detail: { reason, aadsts, correlationId, remedy } }: Pick<EntraError, 'detail'>): ErrorDetail {
  return { reason, aadsts, correlationId, remedy }
}

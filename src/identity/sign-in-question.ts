import { decodeJwt } from 'jose'
import { recentAcr } from './recent-acr.ts'

/** What a person was asked for, and who was signed in then. */
export interface Asked {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Key of the application's session; `null` where there was none. */
  readonly appSession: string | null
}

/** Who has come back. */
export interface Returned {
  readonly userId: string
  readonly appSession: string
  /** Milliseconds since 1970. */
  readonly authenticatedAt: number
}

/** Why a provider asks somebody to sign in: its own words for it. */
export type SignInReasons = readonly string[]

/** What Microsoft's clock may be behind ours, in milliseconds: the same as for its tokens. */
const skew = 60_000

/**
 * Whether who is signed in will do. Where it is enough that somebody is, it does; else only a session that began after
 * the question, by a sign-in that came after it.
 */
export function isSignedInFor (reasons: SignInReasons, asked: Asked | null, { appSession, authenticatedAt }: Returned): boolean {
  if (reasons.every((reason) => reason === 'no_session')) return true
  return asked !== null && appSession !== asked.appSession && authenticatedAt >= asked.at - skew
}

/** What Microsoft is to ask: another account where another person is wanted, else who they are, once more. */
export function promptFor (prompt: string, reasons: SignInReasons): 'login' | 'select_account' | null {
  if (prompt === 'select_account' || reasons.some((reason) => reason === 'id_token_hint' || reason === 'claims_id_token_sub_value')) return 'select_account'
  return reasons.every((reason) => reason === 'no_session') ? null : 'login'
}

/**
 * What is not as it was asked for even after a sign-in, as the error code that an app is given (OpenID Connect Core
 * section 3.1.2.6); `null` where all is. To ask again would be to ask for ever.
 *
 * @param details - Of the question. The hint has been verified.
 */
export function unmetBy (details: Readonly<Record<string, unknown>>, userId: string): 'login_required' | 'unmet_authentication_requirements' | null {
  const { id_token_hint: hint, sub, acr } = details as {
    id_token_hint?: string, sub?: { value?: unknown }, acr?: { value?: unknown, values?: readonly unknown[] }
  }
  if (hint !== undefined && decodeJwt(hint).sub !== userId) return 'login_required'
  if (sub !== undefined && sub.value !== userId) return 'login_required'
  const isAcrMet = acr === undefined || acr.value === recentAcr || acr.values?.includes(recentAcr) === true
  return isAcrMet ? null : 'unmet_authentication_requirements'
}

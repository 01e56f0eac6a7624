import { decodeJwt } from 'jose'
import { clockSkew } from '../core/clock-skew.ts'
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

/** Reasons that are about who it is. How long ago they showed it is another question, which is asked for other reasons. */
const aboutWho: ReadonlySet<string> = new Set(['no_session', 'select_account_prompt', 'id_token_hint', 'claims_id_token_sub_value'])

/** What there is of the sign-in that was asked for: none yet, one that will do, or one that Microsoft gave without asking the person. */
export type SignInState = 'awaited' | 'done' | 'too_old'

/**
 * Whether who is signed in will do. Where it is enough that somebody is, it does; else only a session that began after
 * the question, and where it matters when they showed who they are, by a sign-in that came after it.
 *
 * A sign-in of before in a session of after was given by an authority that does not heed `prompt=login`: to ask it
 * again would be to send the browser round for ever.
 */
export function stateOfSignIn (reasons: SignInReasons, asked: Asked | null, { appSession, authenticatedAt }: Returned): SignInState {
  if (reasons.every((reason) => reason === 'no_session')) return 'done'
  if (asked === null || appSession === asked.appSession) return 'awaited'
  return reasons.every((reason) => aboutWho.has(reason)) || authenticatedAt >= asked.at - clockSkew ? 'done' : 'too_old'
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

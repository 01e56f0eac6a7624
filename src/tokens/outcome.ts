import { type ErrorDetail, isEntraError, refuse } from '../core/errors.ts'
import { detailOf, refreshFailureOf } from './refresh-failure.ts'
import type { KeptTokens } from './types.ts'

/** What a call for an access token came to. */
export type AccessTokenOutcome =
  | { readonly token: string }
  | InteractionNeeded

/** The person has to come to Microsoft. */
export interface InteractionNeeded {
  /** Why, for the log. */
  readonly needed: ErrorDetail
  /** `consent` where Microsoft would not ask by itself. */
  readonly prompt?: 'consent'
  /** What Microsoft knows the person by. */
  readonly loginHint: string | null
}

/** Nothing is kept that is ours to open. */
export const nothingKept: InteractionNeeded = Object.freeze({ needed: Object.freeze({ reason: 'no_kept_tokens' }), loginHint: null })

/**
 * What a failed refresh means to whoever asked.
 *
 * @throws account_disabled where Microsoft says that; and whatever else the person cannot cure.
 */
export function outcomeOf (error: unknown, { loginHint }: Pick<KeptTokens, 'loginHint'>): InteractionNeeded {
  if (!isEntraError(error)) throw error
  const failure = refreshFailureOf(error)
  if (failure.kind === 'outage') throw error
  if (failure.kind === 'disabled') throw refuse('account_disabled', detailOf(error))
  // Who was asked and gave less would be sent to and fro without a word: this time Microsoft asks.
  const isDeclined = error.detail.reason === 'scopes_not_granted'
  return { needed: detailOf(error), loginHint, ...(isDeclined && { prompt: 'consent' as const }) }
}

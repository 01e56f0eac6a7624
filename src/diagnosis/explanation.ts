import type { PresetName } from '../core/presets.ts'
import type { LinkingRow } from '../linking/types.ts'
import type { Identity, ScoredEmail } from '../verification/types.ts'
import type { Rule } from './rules.ts'

/** What a sign-in with a token comes to, before anybody is looked up. */
export type TokenOutcome =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused', readonly code: string, readonly reason: string }

/** The situation that a linking decision is about. */
export type Situation =
  /** What the store of this application knows now. */
  | 'now'
  /** The account was never here, and nobody has its address. */
  | 'new'
  /** The account was never here, and a user holds its address. */
  | 'address_held'
  /** The same, and that user has an account of the same tenant: the address may have been given to somebody else. */
  | 'address_held_in_tenant'
  /** The account has signed in before. */
  | 'known'

/** What linking decides. */
export interface Forecast {
  readonly situation: Situation
  /** The situation, for people. */
  readonly title: string
  /** Row of the linking table. */
  readonly row: LinkingRow
  /** What happens: a user is made, is signed in, and so on. */
  readonly action: string
  /** The public code of a refusal; `null` where it is none. */
  readonly code: string | null
  readonly sentence: string
}

/** What a preset makes of a token. */
export interface PresetForecast {
  readonly preset: PresetName
  readonly email: ScoredEmail
  readonly forecasts: readonly Forecast[]
}

/** A token, rule by rule. Holds its claims, and never the token itself. */
export interface Explanation {
  readonly token: TokenOutcome
  readonly rules: readonly Rule[]
  /** `null` where they cannot be read. */
  readonly claims: Readonly<Record<string, unknown>> | null
  /** Whose token it is; `null` where it does not say so in the way it must. What follows is then `null`, or empty. */
  readonly identity: Identity | null
  readonly email: ScoredEmail | null
  /** The verdict about the address and its evidence, for people. */
  readonly sentences: readonly string[]
  readonly forecasts: readonly Forecast[]
  readonly presets: readonly PresetForecast[]
}

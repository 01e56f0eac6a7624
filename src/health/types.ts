import type { CredentialSummary } from '../credentials/types.ts'
import type { KeySetState } from '../verification/signing-keys.ts'

/**
 * How a part does. `warning`: it works, and somebody should look at it.
 */
export type PartState = 'ok' | 'warning' | 'failing'

/**
 * How the whole does. `degraded`: whoever is signed in stays so, and nobody else can sign in. `failing`: nobody can be
 * identified, so that nothing that needs a user works.
 */
export type HealthStatus = 'ok' | 'degraded' | 'failing'

/** Where something is kept, and whether it answers. */
export interface StoreHealth {
  readonly state: PartState
  /** In a word, why not; `null` where it answers. */
  readonly reason: string | null
}

/** The authority's public keys, which ID tokens are verified with. Times are milliseconds since 1970. */
export interface KeysHealth extends KeySetState {
  readonly state: PartState
}

/** How the application authenticates at Microsoft. */
export interface CredentialsHealth {
  readonly state: PartState
  readonly list: readonly CredentialSummary[]
}

/** What anybody may know. */
export interface HealthSummary {
  readonly status: HealthStatus
  /** When it was looked, in milliseconds since 1970: at most a second ago. */
  readonly checkedAt: number
}

/** What an operator wants to know. No secret is in it, and nobody's name. */
export interface Health extends HealthSummary {
  /** Whether people can start to sign in at all: option `enabled`. */
  readonly signIns: 'on' | 'off'
  /** Whether a simulator stands in for Microsoft. */
  readonly simulated: boolean
  readonly database: StoreHealth
  /** `null` without Redis. */
  readonly redis: StoreHealth | null
  /** `null` without the verification plugin. */
  readonly keys: KeysHealth | null
  readonly credentials: CredentialsHealth
}

/** What was found when it was looked. */
export interface HealthFacts {
  readonly now: number
  readonly signIns: 'on' | 'off'
  readonly simulated: boolean
  /** Why the database does not answer; `null` where it does. */
  readonly databaseFailure: string | null
  /** The same of Redis; `undefined` where there is none. */
  readonly redisFailure: string | null | undefined
  readonly keys: KeySetState | null
  readonly credentials: readonly CredentialSummary[]
}

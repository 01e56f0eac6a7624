import type { Authority } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import type { Directory } from './directory.ts'
import type { Grants } from './grants.ts'
import type { KeyRing } from './keys.ts'
import type { SsoSessions } from './sso.ts'
import type { Standings } from './standings.ts'
import type { Application, SimulatedPhoto, TokenResponseHook } from './types.ts'

/** All that the endpoints of one simulated Microsoft share. */
export interface Simulation {
  readonly authority: Authority
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  readonly directory: Directory
  readonly applications: readonly Application[]
  readonly grants: Grants
  readonly keys: KeyRing
  readonly standings: Standings
  /** Photos by the key of their account. */
  readonly photos: Map<string, SimulatedPhoto>
  /** Counts a refresh. */
  readonly countRefresh: () => void
  readonly sso: SsoSessions
  /** See {@link TokenResponseHook}; `null` leaves responses alone. */
  onTokenResponse: TokenResponseHook | null
}

import type { Authority } from '../core/authority.ts'
import type { Environment } from '../core/environment.ts'
import type { Directory } from './directory.ts'
import type { Grants } from './grants.ts'
import type { SsoSessions } from './sso.ts'
import type { Application, TokenResponseHook } from './types.ts'

/** All that the endpoints of one simulated Microsoft share. */
export interface Simulation {
  readonly authority: Authority
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  readonly directory: Directory
  readonly applications: readonly Application[]
  readonly grants: Grants
  readonly sso: SsoSessions
  /** See {@link TokenResponseHook}; `null` leaves responses alone. */
  onTokenResponse: TokenResponseHook | null
}

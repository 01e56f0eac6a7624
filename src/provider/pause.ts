import { elapsed, type Environment } from '../core/environment.ts'
import { type EntraError, isEntraError, refuse } from '../core/errors.ts'
import { longestPause } from '../core/retry-after.ts'

/** Keeps what Microsoft said about when to come back. One for each server process. */
export interface Pause {
  /** @throws provider_unavailable, with the seconds that are left. */
  readonly check: () => void
  /** Takes note of a refusal that says when to come back; any other is left alone. */
  readonly note: (refusal: unknown) => void
}

/** A pause after 429 and 5xx with `Retry-After` (RFC 9110 section 10.2.3): whoever is asked to wait waits. */
export function createPause (environment: Pick<Environment, 'now'>): Pause {
  let since = 0
  let length = 0
  return {
    check: () => {
      // Without sign: a clock that was set back must not make the pause longer (abuse case D22).
      const left = length - elapsed(environment, since)
      if (left > 0) throw refuse('provider_unavailable', { reason: 'token_paused', retryAfter: Math.ceil(left / 1_000) })
    },
    note: (refusal) => {
      const seconds = isBusy(refusal) ? refusal.detail.retryAfter : undefined
      if (seconds === undefined) return
      since = environment.now()
      length = Math.min(seconds * 1_000, longestPause)
    }
  }
}

function isBusy (refusal: unknown): refusal is EntraError {
  return isEntraError(refusal) && refusal.code === 'provider_unavailable'
}

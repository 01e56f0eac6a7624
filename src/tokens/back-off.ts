import { BoundedMap } from '../core/bounded-map.ts'
import { elapsed, type Environment } from '../core/environment.ts'
import { type EntraError, isEntraError } from '../core/errors.ts'

/** Milliseconds for which Microsoft is left alone after a failure for which it named no time. */
const standard = 5_000

/** Identities that are remembered: the oldest are forgotten first. */
const most = 10_000

/**
 * Remembers whose refresh failed since Microsoft was not to be had: until it
 * is asked again (`Retry-After`, else five seconds) the failure stands, so
 * that an outage neither costs every request a time-out nor is made worse.
 */
export interface BackOff {
  /** The failure that still stands; `null` where Microsoft may be asked. */
  readonly failureOf: (key: string) => EntraError | null
  readonly note: (key: string, error: unknown) => void
}

/** Makes a {@link BackOff}, with nothing to remember. */
export function createBackOff (environment: Pick<Environment, 'now'>): BackOff {
  const failures = new BoundedMap<string, { readonly error: EntraError, readonly at: number }>(most)
  return {
    failureOf: (key) => {
      const failure = failures.get(key)
      if (failure === undefined) return null
      const { retryAfter } = failure.error.detail
      if (elapsed(environment, failure.at) < (retryAfter === undefined ? standard : retryAfter * 1_000)) return failure.error
      failures.delete(key)
      return null
    },
    note: (key, error) => {
      if (!isEntraError(error) || !['provider_unavailable', 'provider_timeout'].includes(error.code)) return
      failures.set(key, { error, at: environment.now() })
    }
  }
}

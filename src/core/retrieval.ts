import { elapsed, type Environment } from './environment.ts'
import type { EntraError } from './errors.ts'
import { longestPause } from './retry-after.ts'

/**
 * Fetches something, or joins the fetch that is under way.
 *
 * @param backOff - Milliseconds for which a failure stands: within them it is
 *   thrown again and nothing is fetched, so that an authority that is down
 *   neither costs every sign-in a time-out nor is hammered. Longer, up to a minute,
 *   where the authority has said when to come back.
 */
export interface Retrieval<Value> {
  (backOff: number): Promise<Value>
  /** When it failed last, in milliseconds since 1970; `null` where it never did, or has worked since. */
  readonly failedAt: () => number | null
}

/**
 * Makes one call serve all who wait for it.
 *
 * @param retrieve - Throws refusals only, since what it throws is thrown again.
 */
export function createRetrieval<Value> (
  retrieve: () => Promise<Value>, environment: Pick<Environment, 'now'>
): Retrieval<Value> {
  let running: Promise<Value> | null = null
  let failure: { readonly error: EntraError, readonly at: number } | null = null
  return Object.assign(run, { failedAt: () => failure?.at ?? null })

  function run (backOff: number): Promise<Value> {
    if (running !== null) return running
    if (failure !== null && elapsed(environment, failure.at) < Math.max(backOff, askedPause(failure.error))) return Promise.reject(failure.error)
    running = attempt().finally(() => { running = null })
    return running
  }

  async function attempt (): Promise<Value> {
    try {
      const value = await retrieve()
      failure = null
      return value
    } catch (error) {
      failure = { error: error as EntraError, at: environment.now() }
      throw error
    }
  }
}

/** How long the authority wants to be left alone, in milliseconds. */
function askedPause ({ detail: { retryAfter = 0 } }: EntraError): number {
  return Math.min(retryAfter * 1_000, longestPause)
}

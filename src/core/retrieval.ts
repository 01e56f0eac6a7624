import { elapsed, type Environment } from './environment.ts'

/**
 * Fetches something, or joins the fetch that is under way.
 *
 * @param backOff - Milliseconds for which a failure stands: within them it is
 *   thrown again and nothing is fetched, so that an authority that is down
 *   neither costs every sign-in a time-out nor is hammered.
 */
export type Retrieval<Value> = (backOff: number) => Promise<Value>

/**
 * Makes one call serve all who wait for it.
 *
 * @param retrieve - Throws refusals only, since what it throws is thrown again.
 */
export function createRetrieval<Value> (
  retrieve: () => Promise<Value>, environment: Pick<Environment, 'now'>
): Retrieval<Value> {
  let running: Promise<Value> | null = null
  let failure: { readonly error: unknown, readonly at: number } | null = null
  return run

  function run (backOff: number): Promise<Value> {
    if (running !== null) return running
    if (failure !== null && elapsed(environment, failure.at) < backOff) return Promise.reject(failure.error)
    running = attempt().finally(() => { running = null })
    return running
  }

  async function attempt (): Promise<Value> {
    try {
      const value = await retrieve()
      failure = null
      return value
    } catch (error) {
      failure = { error, at: environment.now() }
      throw error
    }
  }
}

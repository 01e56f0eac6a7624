import { elapsed, type Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { fetchJson, type FetchLimits, fetchLimits } from '../core/fetch-json.ts'
import { createRetrieval } from '../core/retrieval.ts'
import { type KeySource, readSigningKeys, type SigningKey } from './signing-keys.ts'

// Microsoft, 'Signing key rollover in the Microsoft identity platform': look hourly,
// keep keys for a day, and look again for an unknown kid at most every five minutes.
const lifetime = 24 * 3_600_000
const refreshAfter = 3_600_000
const unknownKidPause = 300_000

/**
 * How long a failed first load stands. Sign-ins wait for this one, so it is
 * short: an authority that is back is noticed at once. But it is there, so that
 * while it hangs not every sign-in waits ten seconds of its own.
 */
const firstLoadPause = 5_000

/** What a {@link createKeySet | key set} is made of. */
export interface KeySetOptions {
  /** Address of the JWK Set: the authority's own, for the tenant that signs in. */
  readonly url: string
  readonly environment: Pick<Environment, 'fetch' | 'now'>
  /** Default: 10 s and 1 MiB. */
  readonly limits?: FetchLimits
}

interface LoadedKeys {
  readonly keys: ReadonlyMap<string, SigningKey>
  /** When the fetch was started, in milliseconds since 1970: the document is at least as new. */
  readonly asOf: number
}

/**
 * The key set of one authority and tenant, fetched when it is first needed.
 *
 * Keys live for 24 hours after the fetch that brought them, so that an outage
 * of the authority's documents stops nobody (abuse case D08); after an hour they
 * are fetched anew in the background, while the ones at hand still answer. A
 * `kid` that is not among them causes a fetch at most every five minutes (T11):
 * a key published a minute ago is found (D09), and two hundred made-up ones cost
 * one fetch. All who wait share one fetch. A removed key is gone with the first fetch
 * that brings the set without it (D10).
 */
export function createKeySet ({ url, environment, limits = fetchLimits }: KeySetOptions): KeySource {
  let loaded: LoadedKeys | null = null
  let lookedForUnknownAt: number | null = null
  const retrieve = createRetrieval(load, environment)
  return Object.freeze({ find })

  async function find (kid: string): Promise<SigningKey | undefined> {
    const current = living()
    const key = current?.keys.get(kid)
    if (current === null || key === undefined) return lookAgain(kid, current !== null)
    if (elapsed(environment, current.asOf) >= refreshAfter) refreshInBackground()
    return key
  }

  async function lookAgain (kid: string, isLoaded: boolean): Promise<SigningKey | undefined> {
    if (isLoaded && !mayLookForUnknown()) return undefined
    const { keys } = await retrieve(isLoaded ? unknownKidPause : firstLoadPause)
    const key = keys.get(kid)
    // A first load that lacks the kid has looked for it as well.
    if (isLoaded || key === undefined) lookedForUnknownAt = environment.now()
    return key
  }

  function mayLookForUnknown (): boolean {
    return lookedForUnknownAt === null || elapsed(environment, lookedForUnknownAt) >= unknownKidPause
  }

  /** The keys at hand, unless they are too old to be believed. */
  function living (): LoadedKeys | null {
    return loaded !== null && elapsed(environment, loaded.asOf) < lifetime ? loaded : null
  }

  function refreshInBackground (): void {
    // A failure is no news: the keys at hand are good for a day, and it is tried again after the pause.
    retrieve(unknownKidPause).catch(() => {})
  }

  async function load (): Promise<LoadedKeys> {
    const asOf = environment.now()
    const keys = readSigningKeys(await fetchJson('keys', url, environment, limits))
    // An empty set is a fault of the answer, and never takes the place of one that worked.
    if (keys === null || keys.size === 0) throw refuse('provider_error', 'keys_shape')
    loaded = { keys, asOf }
    return loaded
  }
}

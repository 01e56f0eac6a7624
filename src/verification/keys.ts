import { elapsed, type Environment, type FetchLimits } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { fetchJson } from '../core/fetch-json.ts'
import { createRetrieval } from '../core/retrieval.ts'
import { type FetchedKeySource, readSigningKeys, type SigningKey } from './signing-keys.ts'

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
  readonly environment: Pick<Environment, 'fetch' | 'now' | 'limits'>
  /** Default: those of the environment, else 10 s and 1 MiB. */
  readonly limits?: FetchLimits | undefined
}

interface LoadedKeys {
  readonly keys: ReadonlyMap<string, SigningKey>
  /** When the fetch was started, in milliseconds since 1970: the document is at least as new. */
  readonly asOf: number
}

/**
 * The key set of one authority and tenant, fetched when it is first needed.
 *
 * An hour after the fetch that brought them the keys are fetched anew by the next
 * sign-in, which waits for the answer: a key that was removed in an emergency is gone
 * an hour later (abuse case D10), also where nobody signed in for days. Only where that
 * fetch fails do the keys at hand answer on, until 24 hours after the fetch that brought
 * them: an outage of the authority's documents stops nobody (D08). A `kid` that is not
 * among them causes a fetch of its own: a key published a minute ago is found (D09). One
 * that is not found then is looked for at most every five minutes: two hundred made-up
 * ones cost one fetch (T11). All who wait share one fetch.
 */
export function createKeySet ({ url, environment, limits }: KeySetOptions): FetchedKeySource {
  let loaded: LoadedKeys | null = null
  let lookedForUnknownAt: number | null = null
  const retrieve = createRetrieval(load, environment)
  return Object.freeze({
    find,
    state: () => ({ count: loaded?.keys.size ?? 0, asOf: loaded?.asOf ?? null, failedAt: retrieve.failedAt(), usable: living() !== null })
  })

  async function find (kid: string): Promise<SigningKey | undefined> {
    const atHand = living()
    const current = await fresh(atHand)
    const key = current.keys.get(kid)
    if (key !== undefined || (current === atHand && !mayLookForUnknown())) return key
    // A fetch that lacks the kid has looked for it, whatever it was made for.
    const { keys } = current === atHand ? await retrieve(unknownKidPause) : current
    const found = keys.get(kid)
    if (found === undefined) lookedForUnknownAt = environment.now()
    return found
  }

  /** The keys to look in: those at hand while they are young, or where no younger ones can be had. */
  async function fresh (atHand: LoadedKeys | null): Promise<LoadedKeys> {
    if (atHand === null) return await retrieve(firstLoadPause)
    if (elapsed(environment, atHand.asOf) < refreshAfter) return atHand
    // A failure is no news: it is tried again after the pause, and the keys at hand are good for a day.
    return await retrieve(unknownKidPause).catch(() => atHand)
  }

  function mayLookForUnknown (): boolean {
    return lookedForUnknownAt === null || elapsed(environment, lookedForUnknownAt) >= unknownKidPause
  }

  /** The keys at hand, unless they are too old to be believed. */
  function living (): LoadedKeys | null {
    return loaded !== null && elapsed(environment, loaded.asOf) < lifetime ? loaded : null
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

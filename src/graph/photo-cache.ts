import { elapsed, type Environment } from '../core/environment.ts'
import type { Photo } from './photo.ts'

/** How long a photo is believed, and that there is none, in milliseconds: an hour, and ten minutes. */
export const photoLifetime = 3_600_000
export const absenceLifetime = 600_000

/** What all photos together may take in memory, in octets: 16 MiB. One that is not there counts as some. */
const room = 16_777_216
const overhead = 512

/** Photos that were fetched a while ago, in memory. */
export interface PhotoCache {
  /** The photo under a key; `null` where it is known that there is none, `undefined` where nothing is known. */
  readonly find: (key: string) => Photo | null | undefined
  /** Fetches a photo, once for all who ask at a time, and keeps it, or that there is none. What failed is not kept. */
  readonly fetch: (key: string, fetch: () => Promise<Photo | null>) => Promise<Photo | null>
  readonly forget: (key: string) => void
}

/** Makes a {@link PhotoCache}. Where it is full, those go first that nobody has asked for longest. */
export function createPhotoCache (environment: Pick<Environment, 'now'>, octets: number = room): PhotoCache {
  const kept = new Map<string, { readonly photo: Photo | null, readonly at: number }>()
  const running = new Map<string, Promise<Photo | null>>()
  let used = 0

  return {
    find,
    fetch: async (key, fetch) => {
      // Whoever had to look for a token first may come after the photo.
      const known = find(key)
      return known === undefined ? await (running.get(key) ?? fetchOnce(key, fetch)) : known
    },
    forget
  }

  function find (key: string): Photo | null | undefined {
    const known = kept.get(key)
    if (known === undefined || elapsed(environment, known.at) >= (known.photo === null ? absenceLifetime : photoLifetime)) return undefined
    // The last one in a Map is the one that was asked for last.
    kept.delete(key)
    kept.set(key, known)
    return known.photo
  }

  function fetchOnce (key: string, fetch: () => Promise<Photo | null>): Promise<Photo | null> {
    const photo = fetch().then((fetched) => {
      keep(key, fetched)
      return fetched
    }).finally(() => running.delete(key))
    running.set(key, photo)
    return photo
  }

  function keep (key: string, photo: Photo | null): void {
    forget(key)
    kept.set(key, { photo, at: environment.now() })
    used += sizeOf(photo)
    for (const oldest of kept.keys()) {
      if (used <= octets) break
      forget(oldest)
    }
  }

  function forget (key: string): void {
    const known = kept.get(key)
    if (known === undefined) return
    kept.delete(key)
    used -= sizeOf(known.photo)
  }
}

function sizeOf (photo: Photo | null): number {
  return overhead + (photo?.body.length ?? 0)
}

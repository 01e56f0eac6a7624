import { BoundedMap } from '../core/bounded-map.ts'
import { elapsed, type Environment } from '../core/environment.ts'
import type { SessionRecord, SessionStore } from './types.ts'

const believedAtMost = 10_000

/** What a process believes of the store's sessions for a while, so that not every request reads it. */
export interface BelievedSessions {
  /** The session of a key, as it was at most `sessionCache` ago; `null` where there is none. */
  readonly read: (key: string) => Promise<SessionRecord | null>
  /** Believes what a change of a session gives; `null` where it was not there. */
  readonly change: (key: string, change: () => Promise<SessionRecord | null>) => Promise<SessionRecord | null>
  /** Reads a session anew the next time. */
  readonly readAnew: (key: string) => void
  /** The same where this process has ended or changed it, or all: nor is believed what a read that is under way brings. */
  readonly forget: (key?: string) => void
}

/** A session that was read. */
interface Believed {
  readonly record: SessionRecord
  /** When it was so, in milliseconds since 1970. */
  readonly at: number
  /** What the store's version was before; `null` where it has none. */
  readonly version: number | null
}

/** @param sessionCache - How long it is believed, in milliseconds; 0 for not at all. */
export function createBelievedSessions (
  store: Pick<SessionStore, 'find' | 'version'>, sessionCache: number, environment: Pick<Environment, 'now'>
): BelievedSessions {
  const believed = new BoundedMap<string, Believed>(believedAtMost)
  // Counts endings: what was read before one is not kept after it.
  let endings = 0
  const askVersion = sessionCache === 0 ? undefined : store.version
  let asked: { readonly at: number, readonly version: Promise<number> } | null = null

  return {
    read: async (key) => {
      const found = believed.get(key)
      if (found !== undefined && isFresh(found.at)) return found.record
      if (askVersion === undefined) return await keep(key, null, async () => await store.find(key))
      const { at, version } = await versionNow(askVersion)
      // Not where it has ended meanwhile.
      if (found !== undefined && version === found.version && believed.get(key) === found) {
        believed.set(key, { ...found, at })
        return found.record
      }
      return await keep(key, version, async () => await store.find(key))
    },
    // What is changed is of when it was read.
    change: async (key, change) => await keep(key, believed.get(key)?.version ?? null, change),
    readAnew: (key) => { believed.delete(key) },
    forget: (key) => {
      endings += 1
      if (key === undefined) believed.clear()
      else believed.delete(key)
    }
  }

  function isFresh (at: number): boolean {
    return elapsed(environment, at) < sessionCache
  }

  /** Asked once within `sessionCache`, whichever session it is for: all of them were as they are when it was asked. */
  async function versionNow (ask: () => Promise<number>): Promise<{ readonly at: number, readonly version: number }> {
    if (asked === null || !isFresh(asked.at)) asked = { at: environment.now(), version: ask() }
    const { at, version } = asked
    try {
      return { at, version: await version }
    } catch (error) {
      asked = null
      throw error
    }
  }

  async function keep (key: string, version: number | null, work: () => Promise<SessionRecord | null>): Promise<SessionRecord | null> {
    const endingsBefore = endings
    const record = await work()
    if (endings !== endingsBefore) return record
    if (record === null || sessionCache === 0) believed.delete(key)
    else believed.set(key, { record, at: environment.now(), version })
    return record
  }
}

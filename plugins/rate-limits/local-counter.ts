import { BoundedMap } from '../../src/core/bounded-map.ts'
import { elapsed, type Environment } from '../../src/core/environment.ts'
import type { CountUp } from '../../src/store/redis-counter.ts'

/** How many names are remembered; the one that was asked for longest ago goes first. */
const remembered = 50_000

/**
 * Counts in this process alone. In place of the package's own store, which
 * gives out the object that it goes on counting with: of requests that
 * come at once each is told the number of the last, and all are refused.
 */
export function createLocalCounter (environment: Pick<Environment, 'now'>, atMost: number = remembered): CountUp {
  const counts = new BoundedMap<string, { count: number, since: number }>(atMost)
  return async (name, window) => {
    const known = counts.get(name)
    const isOver = known === undefined || elapsed(environment, known.since) >= window
    const { count, since } = isOver ? { count: 1, since: environment.now() } : { ...known, count: known.count + 1 }
    counts.set(name, { count, since })
    return { count, left: window - elapsed(environment, since) }
  }
}

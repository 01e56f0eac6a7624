import type { Redis } from './redis.ts'
import { countUp } from './redis-scripts.ts'

/** A count, and the milliseconds until it starts anew. */
export interface Count {
  readonly count: number
  readonly left: number
}

/** Counts something by name, for all servers of a Redis together; `window` is in milliseconds. */
export type CountUp = (name: string, window: number) => Promise<Count>

/** One script counts and sets the time to live: a count that never ended would lock somebody out for ever. */
export function createRedisCounter (redis: Redis): CountUp {
  return async (name, window) => {
    const [count, left] = await redis.send('EVAL', countUp, '1', `${redis.prefix}count:${name}`, String(window)) as [number, number]
    return { count, left }
  }
}

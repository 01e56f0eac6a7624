import { times } from './browser.ts'
import { median, quantile } from './statistics.ts'

/** What a work has cost. */
export interface Cost {
  /** Processor time of the servers for each operation, in microseconds. */
  readonly cpu: number
  /** That of the database, where it is a process of its own. */
  readonly database: number
  readonly perSecond: number
  /** How long an operation took for who waited for it, in milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** Whose processor time is looked at, in microseconds so far. */
export interface Clocks {
  readonly servers: () => number
  readonly database?: (() => number) | undefined
}

/** Does a work so many times, a few at once, and says what each has cost. */
export async function measure ({ servers, database = () => 0 }: Clocks, count: number, atOnce: number, work: (index: number) => Promise<unknown>): Promise<Cost> {
  const latencies: number[] = []
  const before = { servers: servers(), database: database(), at: performance.now() }
  await times(count, atOnce, async (index) => {
    const startedAt = performance.now()
    await work(index)
    latencies.push(performance.now() - startedAt)
  })
  const seconds = (performance.now() - before.at) / 1_000
  return {
    cpu: (servers() - before.servers) / count,
    database: (database() - before.database) / count,
    perSecond: count / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99)
  }
}

/** Of each figure the median. */
export function medianCost (costs: readonly Cost[]): Cost {
  const of = (figure: keyof Cost): number => median(costs.map((cost) => cost[figure]))
  return { cpu: of('cpu'), database: of('database'), perSecond: of('perSecond'), p50: of('p50'), p99: of('p99') }
}

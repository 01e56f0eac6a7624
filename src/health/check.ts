import { elapsed, type Environment } from '../core/environment.ts'
import { TimedOut, within } from '../core/within.ts'
import { reasonOf } from '../core/errors.ts'
import { judgeHealth } from './judge.ts'
import type { Health, HealthFacts } from './types.ts'

/** Milliseconds for which an answer stands: whoever asks all day loads no store. */
const standsFor = 1_000
/** Milliseconds that a store has: whoever asks mostly gives up after a few seconds. */
const patience = 2_000

/** Where the facts come from. */
export interface HealthSources extends Pick<HealthFacts, 'signIns' | 'simulated'> {
  readonly askDatabase: () => Promise<unknown>
  /** `null` without Redis. */
  readonly askRedis: (() => Promise<unknown>) | null
  readonly keys: () => HealthFacts['keys']
  readonly credentials: () => HealthFacts['credentials']
}

/** Looks how everything does, at most once a second; whoever asks meanwhile gets the same. Never rejects. */
export function createHealthCheck (sources: HealthSources, environment: Pick<Environment, 'now'>): () => Promise<Health> {
  let running: Promise<Health> | null = null
  let last: Health | null = null
  return async () => {
    if (running !== null) return await running
    if (last !== null && elapsed(environment, last.checkedAt) < standsFor) return last
    running = look().finally(() => { running = null })
    return await running
  }

  async function look (): Promise<Health> {
    const { signIns, simulated, askDatabase, askRedis } = sources
    const [databaseFailure, redisFailure] = await Promise.all([failureOf(askDatabase), askRedis === null ? undefined : failureOf(askRedis)])
    // After the stores: what was true while one of them hung is old.
    last = judgeHealth({ now: environment.now(), signIns, simulated, databaseFailure, redisFailure, keys: sources.keys(), credentials: sources.credentials() })
    return last
  }
}

/** Why something does not answer, in a word; `null` where it does. */
async function failureOf (ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await within(patience, ask)
    return null
  } catch (error) {
    return error instanceof TimedOut ? 'timeout' : reasonOf(error)
  }
}

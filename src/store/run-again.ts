import { setTimeout as pause } from 'node:timers/promises'
import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { isUniqueViolation } from './errors.ts'

/** How a database is opened. */
export interface DatabaseSettings {
  /**
   * How long a query waits for others, and for its turn, in milliseconds; also how long a transaction that has lost a
   * race is run again. After that: `store_unavailable`.
   */
  readonly patience: number
  /** Chance, for the pauses before another try. */
  readonly environment: Pick<Environment, 'randomBytes'>
}

/**
 * How often work is run that a unique constraint refuses. Each time the
 * winner is there to be read, so two do; what is refused five times is no race.
 */
const uniqueTries = 5

// Milliseconds, before chance: the first pause and the longest one.
const shortestPause = 4
const longestPause = 256

/** Runs work, and runs it again from the start where its failure `isLostRace`. The work is told how often it was run before. */
export type RunAgain = <Result>(work: (tries: number) => Promise<Result>, isLostRace: (error: unknown) => boolean) => Promise<Result>

/**
 * Makes {@link RunAgain}. Between two tries is a pause that doubles, and that
 * chance makes up to half shorter or longer: so those who met once do not meet again.
 */
export function createRunAgain ({ patience, environment }: DatabaseSettings): RunAgain {
  return async (work, isLostRace) => {
    try {
      return await work(0)
    } catch (error) {
      if (!isLostRace(error)) throw error
      return await tryAgain(work, isLostRace, error)
    }
  }

  async function tryAgain<Result> (work: (tries: number) => Promise<Result>, isLostRace: (error: unknown) => boolean, first: unknown): Promise<Result> {
    let isLate = false
    const timer = setTimeout(() => { isLate = true }, patience)
    try {
      return await tryFor(1, first, 0)
    } finally {
      clearTimeout(timer)
    }

    async function tryFor (tries: number, failure: unknown, conflicts: number): Promise<Result> {
      const lost = conflicts + (isUniqueViolation(failure) ? 1 : 0)
      if (lost === uniqueTries) throw refuse('store_unavailable', 'conflict')
      await pause(pauseAfter(tries - 1))
      try {
        return await work(tries)
      } catch (error) {
        if (!isLostRace(error) || isLate) throw error
        return await tryFor(tries + 1, error, lost)
      }
    }
  }

  function pauseAfter (tries: number): number {
    const chance = environment.randomBytes(1)[0]! / 256
    return Math.min(shortestPause * 2 ** tries, longestPause) * (0.5 + chance)
  }
}

import type { Environment } from '../core/environment.ts'
import { type ErrorCode, refuse } from '../core/errors.ts'
import type { ChallengeStore } from './types.ts'

/** How often something may happen to an address. */
export interface LimitRule {
  /** Names it in the store. */
  readonly kind: 'mail' | 'wrong'
  readonly most: number
  /** In milliseconds. */
  readonly window: number
  /** What is said to whoever comes once too often. */
  readonly code: ErrorCode
}

/** Counts what happens to an address, over all challenges and servers. Addresses are given as keyed hashes, newest key first. */
export interface Limit {
  /**
   * Counts one more.
   *
   * @returns takes it back: it did not happen.
   * @throws the rule's code with `Retry-After` where there were too many.
   */
  readonly take: (addressHashes: readonly string[]) => Promise<() => Promise<void>>
  /** The same refusal, without counting. */
  readonly require: (addressHashes: readonly string[]) => Promise<void>
  /** How many more there may be now. */
  readonly left: (addressHashes: readonly string[]) => Promise<number>
}

/**
 * A limit by numbered slots, as many as there may be events: who takes one
 * has the right to go on, and a unique key decides who does. So no two
 * servers count past each other, and no transaction has to be run again.
 */
export function createLimit (
  rule: LimitRule, store: Pick<ChallengeStore, 'slots' | 'takeSlot' | 'freeSlot'>, environment: Pick<Environment, 'now'>
): Limit {
  const numbers = Array.from({ length: rule.most }, (_, index) => index)

  return {
    take: async (addressHashes) => {
      for (const number of (await look(addressHashes)).free) {
        const id = idOf(addressHashes[0]!, number)
        const at = environment.now()
        const isOurs = await store.takeSlot(id, at, at - rule.window, at + rule.window)
        if (isOurs) return async () => await store.freeSlot(id, at)
      }
      // All were taken, the last perhaps just now by others.
      throw await tooMany(addressHashes)
    },
    require: async (addressHashes) => {
      if ((await look(addressHashes)).free.length === 0) throw await tooMany(addressHashes)
    },
    left: async (addressHashes) => (await look(addressHashes)).free.length
  }

  /** Which slots are free under all keys, and when the others were taken. */
  async function look (addressHashes: readonly string[]): Promise<{ free: number[], takenAt: number[] }> {
    const now = environment.now()
    const ids = (number: number): string[] => addressHashes.map((hash) => idOf(hash, number))
    // In either direction: a clock that was set back must not lock an address for ever (abuse case D22).
    const taken = (await store.slots(numbers.flatMap(ids))).filter(({ at }) => Math.abs(now - at) < rule.window)
    const free = numbers.filter((number) => !taken.some(({ id }) => ids(number).includes(id)))
    return { free, takenAt: taken.map(({ at }) => at) }
  }

  async function tooMany (addressHashes: readonly string[]): Promise<Error> {
    const now = environment.now()
    const { takenAt } = await look(addressHashes)
    const wait = Math.min(...takenAt, now) + rule.window - now
    return refuse(rule.code, { reason: `address_limit_${rule.kind}`, retryAfter: Math.max(1, Math.ceil(wait / 1_000)) })
  }

  function idOf (addressHash: string, number: number): string {
    return `${rule.kind}.${number}.${addressHash}`
  }
}

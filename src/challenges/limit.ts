import type { Environment } from '../core/environment.ts'
import { type ErrorCode, refuse } from '../core/errors.ts'
import type { ChallengeStore } from './types.ts'

/** How often something may happen to an address, or by the people of a tenant. */
export interface LimitRule {
  /** Names it in the store. */
  readonly kind: 'mail' | 'wrong' | 'collision'
  /** Who it is counted for. */
  readonly subject: 'address' | 'tenant'
  readonly most: number
  /** In milliseconds. */
  readonly window: number
  /** What is said to whoever comes once too often. */
  readonly code: ErrorCode
  /** What whoever runs the application can do about it, for the log. */
  readonly remedy?: string | undefined
}

/**
 * Counts what happens to an address or by a tenant, over all challenges and servers. Addresses are given as keyed
 * hashes, newest key first, tenants by their id alone.
 */
export interface Limit {
  /**
   * Counts one more.
   *
   * @returns takes it back: it did not happen.
   * @throws the rule's code with `Retry-After` where there were too many.
   */
  readonly take: (names: readonly string[]) => Promise<() => Promise<void>>
  /** The same refusal, without counting. */
  readonly require: (names: readonly string[]) => Promise<void>
  /** How many more there may be now. */
  readonly left: (names: readonly string[]) => Promise<number>
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
  // Who comes at once begins at other slots, and not all at the one that the first of them gets.
  let turn = 0

  return {
    take: async (names) => {
      const { free } = await look(names)
      const start = turn++ % Math.max(1, free.length)
      for (const number of [...free.slice(start), ...free.slice(0, start)]) {
        const id = idOf(names[0]!, number)
        const at = environment.now()
        const isOurs = await store.takeSlot(id, at, at - rule.window, at + rule.window)
        if (isOurs) return async () => await store.freeSlot(id, at)
      }
      // All were taken, the last perhaps just now by others.
      throw await tooMany(names)
    },
    require: async (names) => {
      if ((await look(names)).free.length === 0) throw await tooMany(names)
    },
    left: async (names) => (await look(names)).free.length
  }

  /** Which slots are free under all keys, and when the others were taken. */
  async function look (names: readonly string[]): Promise<{ free: number[], takenAt: number[] }> {
    const now = environment.now()
    const ids = (number: number): string[] => names.map((name) => idOf(name, number))
    // In either direction: a clock that was set back must not lock an address for ever (abuse case D22).
    const taken = (await store.slots(numbers.flatMap(ids))).filter(({ at }) => Math.abs(now - at) < rule.window)
    const takenIds = new Set(taken.map(({ id }) => id))
    const free = numbers.filter((number) => !ids(number).some((id) => takenIds.has(id)))
    return { free, takenAt: taken.map(({ at }) => at) }
  }

  async function tooMany (names: readonly string[]): Promise<Error> {
    const now = environment.now()
    const { takenAt } = await look(names)
    const wait = Math.min(...takenAt, now) + rule.window - now
    return refuse(rule.code, { reason: `${rule.subject}_limit_${rule.kind}`, retryAfter: Math.max(1, Math.ceil(wait / 1_000)), remedy: rule.remedy })
  }

  function idOf (name: string, number: number): string {
    return `${rule.kind}.${number}.${name}`
  }
}

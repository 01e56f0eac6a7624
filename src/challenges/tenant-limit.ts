import type { Environment } from '../core/environment.ts'
import { createLimit, type LimitRule } from './limit.ts'
import type { ChallengeStore } from './types.ts'

const hour = 3_600_000
/** No slot of any limit counts longer, in milliseconds. */
const longestWindow = 24 * hour
const sweptAtOnce = 10

/** What the people of one tenant may do together in an hour. */
export interface TenantLimitRule extends Pick<LimitRule, 'kind' | 'most'> {
  /** The option that says how much, for the log. */
  readonly option: string
  /** Which tenants are counted. */
  readonly isCounted: (tid: string) => boolean
}

/** Counts what the people of a tenant do, on all servers together. */
export interface TenantLimit {
  /**
   * Counts one more, before it is done: of any number at once, no more than the limit begin.
   *
   * @returns takes it back: it did not happen. Never rejects: what cannot be taken back counts for its hour.
   * @throws too_many_requests with `Retry-After`; store_unavailable.
   */
  readonly take: (tid: string) => Promise<() => Promise<void>>
}

/**
 * A limit for each tenant. Whoever administers one makes up people and their addresses as they like, so neither
 * the person nor the address says how often the same attacker has come; the tenant does (abuse cases L24 and L41).
 */
export function createTenantLimit (
  { kind, most, option, isCounted }: TenantLimitRule, store: Pick<ChallengeStore, 'slots' | 'takeSlot' | 'freeSlot' | 'sweepSlots'>, environment: Pick<Environment, 'now'>
): TenantLimit {
  const remedy = `The people of this tenant have reached what option "${option}" allows in an hour. A tenant that option "allowedTenants" lists is not counted.`
  const limit = createLimit({ kind, subject: 'tenant', most, window: hour, code: 'too_many_requests', remedy }, store, environment)

  return {
    take: async (tid) => {
      // Those of all limits, and so whoever it is: what is counted for an address alone has nobody else who does it.
      await store.sweepSlots(environment.now() - longestWindow, sweptAtOnce)
      if (!isCounted(tid)) return async () => {}
      const takeBack = await limit.take([tid])
      return async () => await takeBack().catch(() => {})
    }
  }
}

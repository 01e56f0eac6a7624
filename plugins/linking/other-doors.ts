import type { FastifyBaseLogger } from 'fastify'
import { within } from '../../src/core/within.ts'
import type { LinkingOptions } from '../../src/linking/options.ts'

/**
 * Asks the application for other doors. Where that fails, or takes too long, there are none: a last way in that is gone
 * cannot be had back. What was thrown may hold anything, so only its name is logged.
 *
 * @param timeout - In milliseconds.
 */
export function otherDoors (ask: LinkingOptions['hasOtherWayIn'], timeout: number, log: FastifyBaseLogger) {
  return async (userId: string): Promise<boolean> => {
    if (ask === undefined) return false
    try {
      return await within<unknown>(timeout, async () => await ask(userId)) === true
    } catch (error) {
      log.error({ failure: error instanceof Error ? error.name : typeof error }, 'option "hasOtherWayIn" failed, so the last identity stays')
      return false
    }
  }
}

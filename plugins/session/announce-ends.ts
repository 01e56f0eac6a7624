import type { SessionStore } from '../../src/session/types.ts'
import type { SessionsEnd, SessionsEndListener } from './types.ts'

/**
 * A session store that tells when it ends sessions, for whatever hangs on them. Before, so that nothing outlives a
 * process that dies in between; and after, for what began meanwhile. A session ends in any case; where it cannot be
 * told afterwards, the call rejects.
 *
 * @param listeners - Looked at when a session ends: plugins that come later are told as well.
 */
export function announceEnds (store: SessionStore, listeners: readonly SessionsEndListener[]): SessionStore {
  return {
    ...store,
    end: async (session, replacedBy) => await announced({ session, replacedBy: replacedBy ?? null }, async () => await store.end(session)),
    endAllOf: async (userId, exceptSession) => await announced(
      { userId, exceptSession: exceptSession ?? null }, async () => await store.endAllOf(userId, exceptSession))
  }

  async function announced (end: SessionsEnd, work: () => Promise<void>): Promise<void> {
    await tell(end, 'before').catch(() => {})
    await work()
    await tell(end, 'after')
  }

  async function tell (end: SessionsEnd, moment: 'before' | 'after'): Promise<void> {
    for (const listener of listeners) await listener(end, moment)
  }
}

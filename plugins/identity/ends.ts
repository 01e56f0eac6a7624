import type { EndedProviderSession } from '../../src/identity/types.ts'
import type { SessionsEnd } from '../session/types.ts'
import type { Parts } from './parts.ts'

/**
 * Ends what was given in a session when that ends, wherever and for whatever reason it does: signed out here or
 * elsewhere, put out, disabled, deleted, merged, unlinked (abuse cases P12 and L17). And tells the apps.
 *
 * What has merely expired keeps what was given for the time that nobody is there (`offline_access`).
 */
export function endWithSessions ({ signIn, artifacts, consents }: Parts, tell: (ended: readonly EndedProviderSession[]) => Promise<void>): void {
  signIn.sessionsEndListeners.push(async (end, moment) => await tell(await endOf(end, moment)))
  signIn.listen(async ({ type, userId }) => { if (type === 'user_deleted') await consents.removeAllOf(userId!) })

  async function endOf (end: SessionsEnd, moment: 'before' | 'after'): Promise<EndedProviderSession[]> {
    if ('userId' in end) return await endOfUser(end.userId, end.exceptSession, moment)
    const { session, replacedBy } = end
    return replacedBy === null ? await artifacts.endSession(session) : await artifacts.replaceSession(session, replacedBy.session, replacedBy.userId)
  }

  /** First each project ends what is its own, and tells its apps; then all goes that is left, also of projects that are not of this server. */
  async function endOfUser (userId: string, exceptSession: string | null, moment: 'before' | 'after'): Promise<EndedProviderSession[]> {
    const told = await artifacts.endOtherSessions(userId, exceptSession)
    if (moment === 'after' && exceptSession === null) await artifacts.endAccount(userId)
    return told
  }
}

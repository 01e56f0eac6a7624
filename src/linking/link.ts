import type { Environment } from '../core/environment.ts'
import { decide } from './decide.ts'
import { gather } from './gather.ts'
import { requireSameWorld } from './same-world.ts'
import type { AccountStore } from './store.ts'
import type { LinkingOutcome, LinkingPolicy, LinkingRequest } from './types.ts'
import { write } from './write.ts'

/** What linking works with. */
export interface LinkingParts {
  readonly policy: LinkingPolicy
  readonly store: AccountStore
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Ends all sessions of a user, in all processes. Called after a merge, before the new session begins. */
  readonly endSessions: (userId: string) => Promise<void>
}

/** The third step: from a verified token to a user. */
export interface Linking {
  /**
   * Finds or makes the user of an identity, by the linking table; or says that a one-time code is needed first.
   *
   * @throws account_disabled, email_in_use, identity_in_use, session_mismatch, signup_disabled, unverified_email:
   * then nothing was written; store_unavailable.
   */
  link: (request: LinkingRequest) => Promise<LinkingOutcome>
}

/** Links identities to users: what is known, what is decided and what is written are one transaction. */
export function createLinking ({ policy, store, environment, endSessions }: LinkingParts): Linking {
  return {
    link: async (request) => {
      const written = await store.transaction(async (accounts) => {
        await requireSameWorld(accounts, request.identity.authority)
        const knowledge = await gather(policy, request, accounts)
        const decision = decide(policy, request, knowledge)
        return await write(decision, { request, accounts, environment })
      })
      const { outcome } = written
      if (written.endSessions && outcome.row !== 'C1') {
        await endSessions(outcome.user.id)
        await finishMerge(request)
      }
      return outcome
    }
  }

  /**
   * Only now has the identity signed in. Were the process to die before, the
   * next sign-in would end the sessions: whoever had one before a merge keeps none.
   */
  async function finishMerge ({ identity: { tid, oid } }: LinkingRequest): Promise<void> {
    await store.transaction(async (accounts) => {
      const identity = await accounts.findIdentity(tid, oid)
      if (identity !== null) await accounts.updateIdentity({ ...identity, lastSignInAt: environment.now() })
    })
  }
}

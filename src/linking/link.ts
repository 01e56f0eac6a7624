import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { type Decision, decide } from './decide.ts'
import { type ProveMailbox, withEarlierProof } from './earlier-proof.ts'
import { gather } from './gather.ts'
import { type Guesses, isGuess, wasRight } from './guess.ts'
import { requireSameWorld } from './same-world.ts'
import { candidateOf, isSameSignUp, type SignUpCandidate } from './sign-up.ts'
import type { AccountStore } from './store.ts'
import type { LinkedUser, LinkingOutcome, LinkingPolicy, LinkingRequest, LinkingRow } from './types.ts'
import { type Before, undoLink } from './undo-link.ts'
import { write, type Written } from './write.ts'

/** How often an application is asked about one sign-up whose situation keeps changing under it. */
const askedAtMost = 5

/** What linking works with. */
export interface LinkingParts {
  readonly policy: LinkingPolicy
  readonly store: AccountStore
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Ends all sessions of a user, in all processes. Called after a merge, before the new session begins. */
  readonly endSessions: (userId: string) => Promise<void>
  /** Limits how often a tenant learns that an address is somebody's which it merely states. Default: nothing does. */
  readonly guesses?: Guesses | undefined
}

/** The third step: from a verified token to a user. */
export interface Linking {
  /**
   * Finds or makes the user of an identity, by the linking table; or says that a one-time code is needed first.
   *
   * @throws account_disabled, email_in_use, identity_in_use, session_mismatch, signup_disabled, too_many_requests, unverified_email:
   * then nothing was written; store_unavailable.
   *
   * @param help - What the other rooms lend for this request.
   */
  link: (request: LinkingRequest, help?: LinkingHelp) => Promise<LinkingOutcome>
  /**
   * Undoes what a link by hand (row A5) has changed, as this object's own `link` gave it; of other outcomes there is
   * nothing to undo.
   *
   * @throws store_unavailable, and then it is not undone.
   */
  undo: (linked: LinkedUser) => Promise<void>
}

/** What linking asks others for. */
export interface LinkingHelp {
  /**
   * Asked before a user is made, outside of the transaction: it may take its time. Where it
   * rejects, nothing was written, and the call rejects with the same error.
   */
  readonly beforeSignUp?: AskBeforeSignUp | undefined
  /** Asked where this identity has proven its address by a code at an earlier sign-in. */
  readonly proveMailbox?: ProveMailbox | undefined
}

/** Asks an application about a sign-up, by the row that would make it; rejects with the refusal. */
export type AskBeforeSignUp = (candidate: SignUpCandidate, row: LinkingRow) => Promise<void>
type SignUp = Extract<Decision, { action: 'create' }>
/** What somebody would be told is told once it is counted. */
type Uncounted = 'uncounted'

/** Links identities to users: what is known, what is decided and what is written are one transaction. */
export function createLinking ({ policy, store, environment, endSessions, guesses }: LinkingParts): Linking {
  // Beside the outcome, not in it: an application is given that.
  const befores = new WeakMap<LinkedUser, Before>()

  return {
    link: async (request, help = {}) => {
      const written = await count(request, help)
      const { outcome, before } = written
      if (before !== undefined && outcome.row !== 'C1') befores.set(outcome, before)
      if (written.endSessions && outcome.row !== 'C1') {
        await endSessions(outcome.user.id)
        await finishMerge(outcome)
      }
      return outcome
    },
    undo: async (linked) => {
      const before = befores.get(linked)
      if (before !== undefined) await store.transaction(async (accounts) => await undoLink(before, accounts))
    }
  }

  /** Counted before it is told, and taken back where it tells nothing (abuse case L24). */
  async function count (request: LinkingRequest, help: LinkingHelp): Promise<Written> {
    const written = await settle(request, help, guesses === undefined)
    if (written !== 'uncounted') return written
    const takeBack = await guesses!.take(request.identity.tid)
    try {
      const counted = await settle(request, help, true) as Written
      await takeBack()
      return counted
    } catch (error) {
      if (!wasRight(error)) await takeBack()
      throw error
    }
  }

  /** What an application has let in is written only where it is still what is decided; else it is asked again. */
  async function settle (request: LinkingRequest, help: LinkingHelp, isCounted: boolean, letIn: SignUp | null = null, asked = 0): Promise<Written | Uncounted> {
    const { beforeSignUp, proveMailbox } = help
    const result = await decideAndWrite(request, proveMailbox, isCounted, (signUp) => beforeSignUp === undefined || isSameSignUp(signUp, letIn))
    if (result === 'uncounted' || 'outcome' in result) return result
    if (asked === askedAtMost) throw refuse('store_unavailable', 'sign_up_conflict')
    await beforeSignUp!(candidateOf(request), result.row)
    return await settle(request, help, isCounted, result, asked + 1)
  }

  /** One transaction. A sign-up that may not be written yet is given back, as what is not counted yet is; and nothing is written. */
  async function decideAndWrite (
    given: LinkingRequest, prove: ProveMailbox | undefined, isCounted: boolean, isLetIn: (signUp: SignUp) => boolean
  ): Promise<Written | SignUp | Uncounted> {
    return await store.transaction(async (accounts) => {
      await requireSameWorld(accounts, given.identity.authority)
      const request = await withEarlierProof(given, prove, accounts)
      const knowledge = await gather(policy, request, accounts)
      const decision = decide(policy, request, knowledge)
      if (!isCounted && isGuess(decision, policy, request)) return 'uncounted'
      if (decision.action === 'create' && !isLetIn(decision)) return decision
      return await write(decision, { request, accounts, environment, isNoted: request !== given })
    }, given.linker === undefined ? 'later' : 'now')
  }

  /**
   * Only now has the identity signed in. Were the process to die before, the
   * next sign-in would end the sessions: whoever had one before a merge keeps none.
   */
  async function finishMerge ({ identity: { tid, oid }, email }: LinkedUser): Promise<void> {
    await store.transaction(async (accounts) => {
      const identity = await accounts.findIdentity(tid, oid)
      if (identity !== null) await accounts.updateIdentity({ ...identity, email, lastSignInAt: environment.now() })
    })
  }
}

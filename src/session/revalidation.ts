import { BoundedMap } from '../core/bounded-map.ts'
import { elapsed, type Environment } from '../core/environment.ts'
import type { Sessions } from './contract.ts'
import type { SessionRecord, SessionUser } from './types.ts'

/** How long Microsoft is not asked again about a session, in milliseconds: a minute. */
const askedAtMostEvery = 60_000

/** How many sessions are remembered to have been asked about. */
const rememberedAtMost = 10_000

/**
 * What Microsoft says about an account. `unknown`: it could not be asked now.
 * `cannot_ask`: nothing is kept to ask with, so the person's browser has to.
 */
export type AccountAnswer = 'confirmed' | 'gone' | 'unknown' | 'cannot_ask'

/** Asks Microsoft about an account, without the person. */
export type ConfirmAccount = (user: Pick<SessionUser, 'id' | 'identity'>) => Promise<AccountAnswer>

/**
 * Whether a session goes on: `yes`; `over`, since the account is gone; or only
 * after the person's browser has been to Microsoft: `ask`.
 */
export type Verdict = 'yes' | 'over' | 'ask'

/** Whether the last confirmation is good, has to be renewed, or is so old that nothing is believed without a new one. */
export type Standing = 'good' | 'due' | 'overdue'

/** What revalidation works with. */
export interface RevalidationParts {
  /** How old a confirmation may be, in milliseconds. */
  readonly every: number
  readonly sessions: Pick<Sessions, 'confirm' | 'endAllBy'>
  /** Looked up at each question; `null` where nothing can ask without the person. */
  readonly confirmAccount: () => ConfirmAccount | null
  /** Whether the person's browser can be sent to Microsoft. */
  readonly canAskPerson: boolean
  /** Told after the sessions of an account that is gone have ended. */
  readonly onGone: (user: SessionUser) => Promise<void>
  readonly environment: Pick<Environment, 'now'>
}

/** Asks Microsoft again, while a session lasts, whether its account may still sign in. */
export interface Revalidation {
  readonly standingOf: (record: SessionRecord) => Standing
  /**
   * Whether a session goes on; asks Microsoft where that is due. Requests that come at once share one question.
   *
   * @param id - Of the session.
   */
  readonly check: (id: string, record: SessionRecord) => Promise<Verdict>
  /** Notes that Microsoft is being asked by the browser, or could not be asked: for a minute the session goes on, if it is not overdue. */
  readonly noteAsked: (id: string) => void
}

/**
 * Where Microsoft cannot be asked, a session goes on for at most once more
 * `every`: a grace for outages, which a leaver gains nothing by after that.
 */
export function createRevalidation (parts: RevalidationParts): Revalidation {
  const { every, sessions, environment } = parts
  const asked = new BoundedMap<string, number>(rememberedAtMost)
  const confirmed = new BoundedMap<string, number>(rememberedAtMost)
  const asking = new Map<string, Promise<Verdict>>()
  return { standingOf, check, noteAsked }

  function standingOf ({ confirmedAt, authenticatedAt }: SessionRecord): Standing {
    const age = elapsed(environment, confirmedAt ?? authenticatedAt)
    if (age <= every) return 'good'
    return age <= 2 * every ? 'due' : 'overdue'
  }

  async function check (id: string, record: SessionRecord): Promise<Verdict> {
    // What a request has read may be older than what another one was told meanwhile.
    const standing = standingOf({ ...record, confirmedAt: confirmed.get(id) ?? record.confirmedAt })
    if (standing === 'good') return 'yes'
    const withoutAnswer = standing === 'due' ? 'yes' : 'ask'
    if (wasAsked(id)) return withoutAnswer
    const shared = asking.get(id) ?? ask(id, record, withoutAnswer).finally(() => asking.delete(id))
    asking.set(id, shared)
    return await shared
  }

  async function ask (id: string, { user }: SessionRecord, withoutAnswer: Verdict): Promise<Verdict> {
    switch (await answerAbout(user)) {
      case 'confirmed':
        if (!await sessions.confirm(id, { confirmedAt: environment.now() })) return 'over'
        note(confirmed, id)
        return 'yes'
      case 'gone':
        await sessions.endAllBy(user)
        await parts.onGone(user)
        return 'over'
      case 'unknown':
        noteAsked(id)
        return withoutAnswer
      default:
        // Sign-ins are switched off, and sessions live on.
        return parts.canAskPerson ? 'ask' : 'yes'
    }
  }

  /** Whoever fails at asking does not know. */
  async function answerAbout (user: SessionUser): Promise<AccountAnswer> {
    const confirmAccount = parts.confirmAccount()
    if (confirmAccount === null) return 'cannot_ask'
    return await confirmAccount({ id: user.id, identity: user.identity }).catch(() => 'unknown' as const)
  }

  function wasAsked (id: string): boolean {
    const at = asked.get(id)
    return at !== undefined && elapsed(environment, at) < askedAtMostEvery
  }

  function noteAsked (id: string): void {
    note(asked, id)
  }

  function note (times: Map<string, number>, id: string): void {
    times.set(id, environment.now())
  }
}

import type { Environment } from './environment.ts'

/**
 * What can happen to accounts and sessions.
 *
 * - `signed_in`, `signed_out`: a session began, or its person ended it.
 * - `refused`: a sign-in, or a change that somebody asked for, was refused; `code` says with what.
 * - `user_created`, `user_invited`, `user_disabled`, `user_enabled`, `user_exported`, `user_deleted`.
 * - `identity_linked`: an identity was attached to a user who was there before, by hand or by invitation.
 * - `identity_unlinked`: an identity was taken from its user.
 * - `account_merged`: an identity was attached to the holder of its address.
 * - `email_changed`: Microsoft says something else about the address than at the last sign-in.
 * - `identifier_added`, `identifier_removed`, `identifier_released`: an address became a user's, or is no longer.
 * - `identifier_held`: an address is verified, and another user holds it; nothing was moved.
 * - `identifier_reclaimed`: the user had the address unverified, and lost it to who proved it.
 * - `sessions_ended`: sessions of a user were ended from elsewhere.
 * - `code_sent`, `code_refused`: a one-time code was mailed, or a wrong one was given.
 * - `credential_failed`, `credential_expiring`: Microsoft did not take a credential of the application, or one ends soon;
 *   `reason` names it and says why. About nobody.
 */
export type AuthEventType =
  | 'signed_in' | 'signed_out' | 'refused'
  | 'user_created' | 'user_invited' | 'user_disabled' | 'user_enabled' | 'user_exported' | 'user_deleted'
  | 'identity_linked' | 'identity_unlinked' | 'account_merged'
  | 'email_changed' | 'identifier_added' | 'identifier_removed' | 'identifier_released' | 'identifier_held' | 'identifier_reclaimed'
  | 'sessions_ended' | 'code_sent' | 'code_refused'
  | 'credential_failed' | 'credential_expiring'

/** Something that happened: who, what, when, by which evidence, with what outcome. Plain and frozen. */
export interface AuthEvent {
  readonly type: AuthEventType
  /** Milliseconds since 1970. */
  readonly at: number
  /** The user it happened to; `null` where nobody is known yet. */
  readonly userId: string | null
  /** The identity at Microsoft that it is about. */
  readonly identity: { readonly tid: string, readonly oid: string } | null
  /** The canonical address that it is about. */
  readonly address: string | null
  /** What spoke for or against the address, strongest first. */
  readonly evidence: ReadonlyArray<{ readonly kind: string, readonly score: number }>
  /** The row of the linking table that decided, such as `D3`. */
  readonly row: string | null
  /** The public code of a refusal. */
  readonly code: string | null
  /** The internal word for why; for the log, not for people. */
  readonly reason: string | null
  /** Fastify's id of the request, where there was one. */
  readonly requestId: string | null
}

/** An event as whoever saw it happen tells it: what is left out is `null`, or nothing. */
export type AuthEventReport = Pick<AuthEvent, 'type'> & Partial<Omit<AuthEvent, 'type' | 'at'>>

/**
 * Tells everybody who wants to know. Awaited after the commit, before the answer. What happened together is
 * reported together: it is kept by one write.
 */
export type ReportEvent = (...events: AuthEventReport[]) => Promise<void>

/** Where events come together. */
export interface EventHub {
  /**
   * The same report, given again since it could not be kept, is kept by whoever has not kept it, as of the time when it
   * was given first; nobody is told of it twice.
   */
  readonly report: ReportEvent
  /**
   * Adds somebody who keeps what happened: asked before everybody else, with all events of a report at once. Where one
   * rejects, the report does, after the listeners were told what has happened all the same. They are not told of
   * `signed_in`: the session whose sign-in cannot be kept is taken back.
   */
  readonly record: (recorder: (events: readonly AuthEvent[]) => Promise<void>) => void
  /**
   * Adds somebody who wants to know. Listeners are asked one after the other, in the order in which they came;
   * where one rejects, the report does: whoever must not stop a sign-in catches its own errors.
   */
  readonly listen: (listener: (event: AuthEvent) => Promise<void>) => void
}

const nothing: Omit<AuthEvent, 'type' | 'at'> = Object.freeze({
  userId: null, identity: null, address: null, evidence: Object.freeze([]), row: null, code: null, reason: null, requestId: null
})

/** Makes an {@link EventHub} with nobody listening. */
export function createEventHub (environment: Pick<Environment, 'now'>): EventHub {
  const recorders: Array<{ readonly keep: (events: readonly AuthEvent[]) => Promise<void>, readonly kept: WeakSet<AuthEvent> }> = []
  const told = new WeakSet<AuthEvent>()
  const known = new WeakMap<AuthEventReport, AuthEvent>()
  const listeners: Array<(event: AuthEvent) => Promise<void>> = []
  return {
    record: (keep) => { recorders.push({ keep, kept: new WeakSet() }) },
    listen: (listener) => { listeners.push(listener) },
    report: async (...reports) => {
      const events = knownEvents(reports)
      try {
        for (const { keep, kept } of recorders) {
          const due = Object.freeze(events.filter((event) => !kept.has(event)))
          await keep(due)
          for (const event of due) kept.add(event)
        }
      } catch (error) {
        await tell(events.filter(({ type }) => type !== 'signed_in'))
        throw error
      }
      await tell(events)
    }
  }

  /** The event of each report, as it was made when the report was given first. */
  function knownEvents (reports: readonly AuthEventReport[]): readonly AuthEvent[] {
    const at = environment.now()
    for (const report of reports) {
      if (!known.has(report)) known.set(report, eventOf(report, at))
    }
    return reports.map((report) => known.get(report)!)
  }

  async function tell (events: readonly AuthEvent[]): Promise<void> {
    for (const event of events.filter((one) => !told.has(one))) {
      told.add(event)
      for (const listener of listeners) await listener(event)
    }
  }
}

/** Copies, and only what an event has: who is told could change or keep what it was told of. */
function eventOf ({ identity = null, evidence = [], ...report }: AuthEventReport, at: number): AuthEvent {
  return Object.freeze({
    ...nothing,
    ...report,
    identity: identity && Object.freeze({ tid: identity.tid, oid: identity.oid }),
    evidence: Object.freeze(evidence.map(({ kind, score }) => Object.freeze({ kind, score }))),
    at
  })
}

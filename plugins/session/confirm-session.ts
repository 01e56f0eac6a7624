import type { FastifyRequest } from 'fastify'
import type { EntraError } from '../../src/core/errors.ts'
import type { Seal } from '../../src/core/seal.ts'
import { confirmationFailureOf } from '../../src/session/confirmation-failure.ts'
import { openLoginHint } from '../../src/session/login-hint.ts'
import type { Revalidation } from '../../src/session/revalidation.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import type { SessionRecord } from '../../src/session/types.ts'
import { attemptOf } from '../provider/attempt-of.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import type { Carrier } from './carrier.ts'
import { type Ending, reportEnded } from './report-ended.ts'
import type { Visitors } from './visitors.ts'

/** What a silent sign-in works with. */
export interface ConfirmParts {
  readonly carrier: Carrier
  readonly sessions: Sessions
  readonly visitors: Visitors
  readonly revalidation: Revalidation
  readonly hints: Seal
}

/**
 * Says what a silent sign-in is to confirm. Only what is due: else a link of
 * another site (`prompt=none`) could end the session of whoever follows it and
 * is signed in at Microsoft no more.
 */
export function confirmationFor ({ visitors, revalidation, hints }: ConfirmParts): SignIn['confirmationFor'] & {} {
  return async (request) => {
    const record = visitors.anyOf(request)
    if (record === null || revalidation.standingOf(record) === 'good') return null
    const hint = await openLoginHint(hints, record.loginHint)
    // Of several accounts that are signed in at Microsoft, it is this one that is meant.
    return { confirms: signInOf(request.server).sessionOf!(request)!, hints: hint === null ? {} : { login_hint: hint } }
  }
}

/** Ends a silent sign-in that failed: by then the session has ended, or goes on for a while. The browser is back at its page, and never in a loop. */
export function settleConfirmation (parts: ConfirmParts): SignIn['settleConfirmation'] & {} {
  return async function settleConfirmationStep (request, reply, refusal) {
    const attempt = attemptOf(request)
    if (attempt?.confirms === undefined) return false
    const { allowedReturnTarget, defaultReturnTo } = signInOf(request.server)
    try {
      if (!await settle(parts, request, refusal)) return false
    } catch {
      // Whether it has ended is not known; the refusal is told as any other.
      return false
    }
    reply.redirect(allowedReturnTarget(attempt.returnTo) ?? defaultReturnTo(), 303)
    return true
  }
}

/** Gives whether the browser goes back to its page. */
async function settle (parts: ConfirmParts, request: FastifyRequest, refusal: EntraError): Promise<boolean> {
  const { carrier, sessions, visitors, revalidation } = parts
  const failure = confirmationFailureOf(refusal)
  const id = carrier.idOf(request)
  const record = visitors.anyOf(request)
  if (failure === 'changed') return true
  // Without a session here there was another account, whose sign-in was taken back.
  if (failure === 'silent' || id === null || record === null) return false
  const standing = revalidation.standingOf(record)
  if (failure === 'gone') {
    await sessions.endAllBy(record.user)
    await leave('account_gone', record)
  } else if (failure === 'unknown' && standing !== 'overdue') {
    revalidation.noteAsked(id)
  } else if (failure === 'refused' || standing !== 'good') {
    await sessions.end(id)
    await leave('not_confirmed', record)
  }
  return failure !== 'refused'

  async function leave (reason: Ending, { user }: SessionRecord): Promise<void> {
    await carrier.drop(request)
    visitors.set(request, null)
    await reportEnded(signInOf(request.server), request.log, user.id, reason, String(request.id))
  }
}

import type { FastifyRequest } from 'fastify'
import type { Seal } from '../../src/core/seal.ts'
import { refuse } from '../../src/core/errors.ts'
import type { LinkedUser } from '../../src/linking/types.ts'
import { authenticatedAtOf } from '../../src/session/authenticated-at.ts'
import { deviceOf } from '../../src/session/device.ts'
import { sealLoginHint } from '../../src/session/login-hint.ts'
import { microsoftSessionKey } from '../../src/session/microsoft-session.ts'
import { keptRoles, sessionUserOf } from '../../src/session/session-user.ts'
import type { Sessions } from '../../src/session/sessions.ts'
import type { SessionUser } from '../../src/session/types.ts'
import { type SignIn, signInOf } from '../sign-in.ts'
import type { VerifiedSignIn } from '../sign-in-result.ts'
import { type Carrier, newSessionId } from './carrier.ts'
import { reportEnded } from './report-ended.ts'
import type { Visitors } from './visitors.ts'

/** What the fourth step works with. */
export interface SessionParts {
  readonly carrier: Carrier
  readonly sessions: Sessions
  readonly visitors: Visitors
  /** Seals login hints. */
  readonly hints: Seal
}

/**
 * The fourth step. The row comes first, then the cookie: there is no cookie
 * without a stored row. Where the session that the browser had cannot be
 * ended, there is no new one either.
 */
export function startSession ({ carrier, sessions, visitors, hints }: SessionParts): SignIn['startSession'] & {} {
  return async function startSessionStep (request, linked, verified, verifiedAt) {
    const signIn = signInOf(request.server)
    const { config, isActive } = signIn
    // This plugin depends on the verification's, so there is a token.
    const { roles } = verified.token!
    if (keptRoles(roles) === null) {
      request.log.warn({ tid: linked.identity.tid, roles: roles.length }, 'the roles of this person do not fit into a session: request.user.roles is empty; give people fewer app roles, or take them from the token in option "onSignIn"')
    }
    const user = sessionUserOf(linked, roles)
    const microsoft = await microsoftOf(verified, linked, hints)
    if (await confirm(request, verified, user, { ...microsoft, confirmedAt: verifiedAt })) return 'confirmed'
    const id = newSessionId(config.environment)
    const { record, ended } = await sessions.begin(id, user, async () => await isActive!(user), {
      ...microsoft,
      device: deviceOf(request.headers['user-agent']),
      replaces: carrier.idOf(request) ?? undefined,
      authenticatedAt: authenticatedAtOf(verified.token!.session.authenticatedAt, verifiedAt),
      confirmedAt: verifiedAt
    })
    if (ended > 0) await reportEnded(signIn, request.log, user.id, 'too_many_sessions', String(request.id))
    try {
      await carrier.adopt(request, id)
    } catch (error) {
      // No browser has its id: it would only stand in the person's list.
      await sessions.end(id).catch(() => {})
      throw error
    }
    visitors.set(request, record)
    return 'begun'
  }

  /**
   * A silent sign-in of the same account confirms the session and leaves it as it is: its id, its beginning, and how
   * recent it is. Another account has a session of its own.
   *
   * @throws session_mismatch where the session has ended meanwhile: it does not come back.
   */
  async function confirm (
    request: FastifyRequest, { authorization: { attempt } }: VerifiedSignIn, user: SessionUser, { confirmedAt, ...microsoft }: Microsoft & { confirmedAt: number }
  ): Promise<boolean> {
    const record = visitors.anyOf(request)
    const isSame = attempt.confirms !== undefined && attempt.confirms === signInOf(request.server).sessionOf!(request)
    if (!isSame || record === null || !isSameAccount(record.user, user)) return false
    const given = Object.fromEntries(Object.entries(microsoft).filter(([, value]) => value !== null))
    if (await sessions.confirm(carrier.idOf(request)!, { confirmedAt, ...given })) return true
    throw refuse('session_mismatch', 'session_ended_meanwhile')
  }
}

interface Microsoft {
  readonly microsoftSession: string | null
  readonly loginHint: string | null
}

/** What the token says about the person's session at Microsoft, as the store keeps it. There is one: the plugin depends on the verification's. */
async function microsoftOf ({ token }: VerifiedSignIn, { identity }: LinkedUser, hints: Seal): Promise<Microsoft> {
  const { sid, loginHint } = token!.session
  return {
    microsoftSession: sid === null ? null : microsoftSessionKey(identity.authority, sid),
    loginHint: await sealLoginHint(hints, loginHint)
  }
}

function isSameAccount (one: SessionUser, other: SessionUser): boolean {
  return one.id === other.id && one.identity.tid === other.identity.tid && one.identity.oid === other.identity.oid
}

/** Takes a session back that was begun a moment ago, cookie and all. */
export function cancelSession (carrier: Carrier, sessions: Sessions, visitors: Visitors) {
  return async function cancelSessionStep (request: FastifyRequest): Promise<void> {
    const id = carrier.idOf(request)
    visitors.set(request, null)
    await carrier.drop(request)
    if (id !== null) await sessions.end(id)
  }
}

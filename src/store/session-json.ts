import { remembering } from '../core/bounded-map.ts'
import { refuse } from '../core/errors.ts'
import type { SessionUser } from '../session/types.ts'
import type { Evidence } from '../verification/types.ts'
import { asObject, isTextOrNull, parseObject, readScoredEmail } from './json.ts'

/** The longest user that is written or read, in bytes of JSON: a session is read at every request. */
const longest = 8_192
/** What is kept where the whole is longer: so many UTF-16 units of a text, so many pieces of evidence. */
const textKept = 200
const evidenceKept = 4
/** How many users are remembered by their text: of those who ask again and again, the row is read each second. */
const usersRemembered = 2_000

/**
 * The user of a session as JSON. A long name and long evidence are cut, so
 * that whoever has them can still sign in (abuse case S15).
 *
 * @throws server_error where even that is too long.
 */
export function writeSessionUser (user: SessionUser): string {
  const whole = JSON.stringify(user)
  if (isShort(whole)) return whole
  const short = JSON.stringify(shorten(user))
  if (isShort(short)) return short
  throw refuse('server_error', 'session_too_large')
}

/** The user of a session, or `null` where the text is none that {@link writeSessionUser} wrote. */
export function readSessionUser (text: unknown): SessionUser | null {
  return typeof text === 'string' && isShort(text) ? readText(text) : null
}

// Frozen through and through, since who asked before has the same.
const readText = remembering(parseSessionUser, usersRemembered, (user) => user !== null)

function parseSessionUser (text: string): SessionUser | null {
  const user = parseObject(text)
  const identity = asObject(user?.identity)
  if (user === null || identity === null) return null
  const { id, displayName } = user
  const { tid, oid } = identity
  const email = user.email === null ? null : readScoredEmail(user.email)
  if (typeof id !== 'string' || !isTextOrNull(displayName)) return null
  if (typeof tid !== 'string' || typeof oid !== 'string') return null
  if (email === null && user.email !== null) return null
  const roles = readRoles(user.roles)
  if (roles === null) return null
  return Object.freeze({ id, displayName, email, identity: Object.freeze({ tid, oid }), roles })
}

/** Sessions that were written before there were roles have none. What is none of ours makes nobody's session, and no other rights. */
function readRoles (value: unknown): readonly string[] | null {
  const roles = value === undefined ? [] : value
  return Array.isArray(roles) && roles.every((role) => typeof role === 'string') ? Object.freeze(roles) : null
}

function shorten ({ id, displayName, email, identity, roles }: SessionUser): SessionUser {
  return {
    id,
    displayName: displayName === null ? null : cut(displayName),
    email: email === null ? null : { ...email, evidence: shortenEvidence(email.evidence) },
    identity,
    roles
  }
}

/** The strongest comes first, so that it stays. */
function shortenEvidence (evidence: readonly Evidence[]): Evidence[] {
  return evidence.slice(0, evidenceKept).map((entry) => ({ ...entry, sentence: cut(entry.sentence) }))
}

function isShort (text: string): boolean {
  return Buffer.byteLength(text) <= longest
}

function cut (text: string): string {
  return text.length > textKept ? `${text.slice(0, textKept)}…` : text
}

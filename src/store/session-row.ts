import type { SessionRecord } from '../session/types.ts'
import { isTextOrNull } from './json.ts'
import type { SessionsTable } from './schema.ts'
import { readSessionUser } from './session-json.ts'

/** What is read of a stored session, whatever may really be there. */
export type SessionRow = Pick<SessionsTable, 'created_at' | 'authenticated_at' | 'last_seen_at'> & {
  readonly user_id: unknown
  readonly user: unknown
  readonly device: string | null | undefined
  readonly microsoft_session: unknown
  readonly login_hint: unknown
  readonly confirmed_at: number | null
}

/** The session of a row, or `null` where it is none that was written by us. */
export function readSessionRow (row: SessionRow): SessionRecord | null {
  const user = readSessionUser(row.user)
  const { microsoft_session: microsoftSession, login_hint: loginHint, confirmed_at: confirmedAt } = row
  const times = [row.created_at, row.authenticated_at, row.last_seen_at, confirmedAt ?? 0]
  // Who owns a row is in a column and in the record: both say the same, or somebody else wrote one of them.
  if (user === null || user.id !== row.user_id || !times.every(Number.isSafeInteger)) return null
  if (!isTextOrNull(microsoftSession) || !isTextOrNull(loginHint)) return null
  return {
    user,
    createdAt: row.created_at,
    authenticatedAt: row.authenticated_at,
    lastSeenAt: row.last_seen_at,
    device: row.device ?? null,
    microsoftSession,
    loginHint,
    confirmedAt
  }
}

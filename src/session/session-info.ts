import type { SessionRecord, SessionUser } from './types.ts'

/** Who is signed in, as a page is told that asks by script. Times are milliseconds since 1970. */
export interface SessionInfo {
  /** `null` where nobody is signed in. */
  readonly user: SessionInfoUser | null
  /** To be sent back in the header `x-csrf-token`, or the member `csrf_token`, by clients that send neither `Sec-Fetch-Site` nor `Origin`. */
  readonly csrfToken: string | null
  /** When the person last signed in at Microsoft for this session: what needs a recent sign-in asks for the last ten minutes. */
  readonly authenticatedAt: number | null
  /** When the session ends unless there is another request; this one has counted. */
  readonly expiresAt: number | null
  /** Whether there is a session that Microsoft has to confirm first: a sign-in with `prompt=none` does that without asking anybody. */
  readonly mustConfirm: boolean
}

/** The user without the evidence for the address, which is the server's affair. */
export interface SessionInfoUser extends Omit<SessionUser, 'email'> {
  readonly email: { readonly address: string, readonly score: number, readonly verified: boolean } | null
}

/** What a page is told of a session that is alive. */
export function sessionInfoOf (
  { user: { id, displayName, email, identity: { tid, oid }, roles }, authenticatedAt }: SessionRecord, csrfToken: string, expiresAt: number
): SessionInfo {
  const shown = email === null ? null : { address: email.address!, score: email.score, verified: email.verified }
  return { user: { id, displayName, email: shown, identity: { tid, oid }, roles }, csrfToken, authenticatedAt, expiresAt, mustConfirm: false }
}

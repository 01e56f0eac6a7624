import type { KeyedSession } from './types.ts'

/**
 * The keys of the sessions that are too many: the oldest go. The order is the
 * same for everybody who looks (age, then key), so that sign-ins that come at
 * once, at whatever server, agree on who goes.
 *
 * @param atMost - How many may stay.
 */
export function keysBeyond (atMost: number, sessions: readonly KeyedSession[]): string[] {
  return [...sessions].sort(newestFirst).slice(atMost).map(({ key }) => key)
}

function newestFirst (a: KeyedSession, b: KeyedSession): number {
  return b.createdAt - a.createdAt || (a.key < b.key ? -1 : 1)
}

/**
 * When a new session of a user began: after all that are there, also where a
 * clock was set back or two came in one millisecond. So the new one is never the oldest.
 */
export function beginningAfter (sessions: readonly KeyedSession[], now: number): number {
  return Math.max(now, ...sessions.map(({ createdAt }) => createdAt + 1))
}

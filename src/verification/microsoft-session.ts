import type { MicrosoftSession } from './types.ts'

/**
 * What a token says about the person's session at Microsoft (Microsoft,
 * 'Optional claims reference': `sid`, `login_hint`, `auth_time`). What is not
 * of its type, or too long to be kept, counts as not sent.
 */
export function microsoftSessionOf (claims: Readonly<Record<string, unknown>>): MicrosoftSession {
  const [sid, loginHint, authTime] = ['sid', 'login_hint', 'auth_time'].map((name) => Object.hasOwn(claims, name) ? claims[name] : null)
  return Object.freeze({
    sid: isPrintable(sid, 128) ? sid : null,
    loginHint: isPrintable(loginHint, 1_024) ? loginHint : null,
    authenticatedAt: isTime(authTime) ? authTime * 1_000 : null
  })
}

function isPrintable (value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest && /^[\x21-\x7e]+$/.test(value)
}

/** Seconds since 1970, of which the milliseconds are still a safe integer. */
function isTime (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && Number.isSafeInteger((value as number) * 1_000)
}

/** What Microsoft says with a front-channel logout. */
export interface FrontChannelLogout {
  readonly sid: string
  /** The issuer, where it was sent: Microsoft leaves it out. */
  readonly iss: string | null
}

/** As long as a `sid` of a token may be; see `microsoftSessionOf`. */
const sid = /^[\x21-\x7e]{1,128}$/

/**
 * Reads the query of a front-channel logout (OpenID Connect Front-Channel
 * Logout 1.0 section 2).
 *
 * @returns `null` where it names no session, or not clearly: a parameter that is there twice is none.
 */
export function readFrontChannelLogout (query: Readonly<Record<string, unknown>>): FrontChannelLogout | null {
  const { sid: given, iss } = query
  if (typeof given !== 'string' || !sid.test(given)) return null
  if (iss !== undefined && typeof iss !== 'string') return null
  return { sid: given, iss: iss ?? null }
}

/** An hour: whoever says longer is asked again after it. */
const longest = 3_600

/** A minute, in milliseconds: whoever says longer is asked again after it, since nobody signs in meanwhile. */
export const longestPause = 60_000

/** Seconds of a `Retry-After` header, at most an hour; a date, or nothing to be read, is left out (RFC 9110 section 10.2.3). */
export function retryAfterOf (header: unknown): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Math.min(Number(header), longest) : undefined
}

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** The token of a session's forms, for clients that send neither `Sec-Fetch-Site` nor `Origin`. */
export interface CsrfTokens {
  /** The token of a session id. */
  tokenOf: (id: string) => string
  isTokenOf: (id: string, token: unknown) => boolean
}

/**
 * Tokens that follow from the session's id, so that nothing is stored
 * (OWASP: HMAC-based token pattern).
 *
 * @param keys - Newest first; a form that was open while they rotated still works.
 */
export function createCsrfTokens (keys: readonly Buffer[]): CsrfTokens {
  const prepared = keys.map((key) => createSecretKey(key))
  const sign = (key: KeyObject, id: string): Buffer => createHmac('sha256', key).update(id).digest()
  return {
    tokenOf: (id) => sign(prepared[0]!, id).toString('base64url'),
    isTokenOf: (id, token) => {
      const given = Buffer.from(typeof token === 'string' ? token : '', 'base64url')
      return prepared.map((key) => sign(key, id)).some((right) => right.length === given.length && timingSafeEqual(right, given))
    }
  }
}

import { hash } from 'node:crypto'

/**
 * Names a session at Microsoft, without telling its `sid`: who reads the store
 * learns no value that a front-channel logout would be believed with. A `sid`
 * means something at its own authority only (OpenID Connect Front-Channel
 * Logout 1.0 section 3), so the authority is part of the name.
 *
 * @param authority - Base of the authority that the token came from.
 * @param sid - The token's `sid`, character by character.
 * @returns 43 characters of base64url.
 */
export function microsoftSessionKey (authority: string, sid: string): string {
  // No authority has a space in it.
  return hash('sha256', `sid ${authority} ${sid}`, 'base64url')
}

import { createHash } from 'node:crypto'

/** 128 bits name a session among all there will ever be. */
const bytes = 16

/**
 * The handle of a session: what a person's list and the application name it
 * by. A hash of the store's key, which is a hash of the secret id: it leads
 * to neither, so it may stand in a page and in an audit.
 *
 * @returns 22 characters of base64url.
 */
export function handleOf (key: string): string {
  return createHash('sha256').update(`handle:${key}`).digest().subarray(0, bytes).toString('base64url')
}

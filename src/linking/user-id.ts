import type { Environment } from '../core/environment.ts'

/**
 * A new user's id: a UUID of version 4 (RFC 9562 section 5.4). It follows
 * from nothing else, and is never used again.
 */
export function newUserId (environment: Pick<Environment, 'randomBytes'>): string {
  const bytes = Buffer.from(environment.randomBytes(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

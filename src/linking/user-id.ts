import type { Environment } from '../core/environment.ts'

const week = 7 * 86_400_000

/**
 * A new user's id: a UUID of version 7 (RFC 9562 section 5.7), never used again.
 *
 * Its time is the beginning of a week, counted from 1970: people who came in the same time are together in the indexes of
 * the database, and what is added there finds its place in pages that are at hand, however many people there are. What
 * an id says to those who see it is no more than the week (RFC 9562 sections 6.1 and 8 have the time altered for that). The other 74 bits are chance.
 */
export function newUserId ({ now, randomBytes }: Pick<Environment, 'now' | 'randomBytes'>): string {
  const bytes = Buffer.from(randomBytes(16))
  bytes.writeUIntBE(Math.floor(now() / week) * week, 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

import { createHash } from 'node:crypto'
import type { Environment } from '../core/environment.ts'

/** A random GUID (RFC 9562 section 5.4). */
export function randomGuid (environment: Pick<Environment, 'randomBytes'>): string {
  return guidOf(environment.randomBytes(16))
}

/** A GUID that follows from a text, so that it is the same after a restart. */
export function derivedGuid (text: string): string {
  return guidOf(createHash('sha256').update(text).digest().subarray(0, 16))
}

function guidOf (bytes: Buffer): string {
  const hex = Buffer.from(bytes)
  hex[6] = (hex[6]! & 0x0f) | 0x40
  hex[8] = (hex[8]! & 0x3f) | 0x80
  return hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

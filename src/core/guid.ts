import type { Environment } from './environment.ts'

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether `value` is a GUID in its usual text form, in either letter case. */
export function isGuid (value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value)
}

/** A random GUID (RFC 9562 section 5.4). */
export function randomGuid (environment: Pick<Environment, 'randomBytes'>): string {
  return guidOf(environment.randomBytes(16))
}

/** Sixteen bytes as a GUID of version 4. */
export function guidOf (bytes: Buffer): string {
  const hex = Buffer.from(bytes)
  hex[6] = (hex[6]! & 0x0f) | 0x40
  hex[8] = (hex[8]! & 0x3f) | 0x80
  return hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

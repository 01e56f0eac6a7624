import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { Environment } from '../core/environment.ts'

const codes = 1_000_000
/** The largest multiple of a million that 32 bits hold: what lies above would make some codes likelier than others. */
const evenBelow = Math.floor(2 ** 32 / codes) * codes

/** Six digits, each code as likely as any other (OWASP ASVS 6.5.3). */
export function newCode (environment: Pick<Environment, 'randomBytes'>): string {
  const number = environment.randomBytes(4).readUInt32BE()
  return number < evenBelow ? String(number % codes).padStart(6, '0') : newCode(environment)
}

/** The key of a challenge: the browser has the id, the store this hash of it. */
export function challengeKeyOf (id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}

/** Hashes that nobody makes without the secrets: a code alone is guessed in a moment (abuse case X03). */
export interface KeyedHash {
  /** The hash under the newest key. */
  readonly of: (...parts: string[]) => string
  /** The hashes under all keys, newest first. */
  readonly allOf: (...parts: string[]) => readonly string[]
  /** Whether a hash is that of these parts, under any key. Takes as long for a wrong one. */
  readonly matches: (hash: string, ...parts: string[]) => boolean
}

/** @param keys - Newest first, for this purpose alone. */
export function createKeyedHash (keys: readonly Buffer[]): KeyedHash {
  const prepared = keys.map((key) => createSecretKey(key))
  const allOf = (...parts: string[]): string[] => prepared.map((key) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url'))
  return {
    of: (...parts) => allOf(...parts)[0]!,
    allOf,
    matches: (hash, ...parts) => {
      const given = Buffer.from(hash)
      return allOf(...parts).map((right) => Buffer.from(right))
        .map((right) => right.length === given.length && timingSafeEqual(right, given)).includes(true)
    }
  }
}

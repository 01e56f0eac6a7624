import { hkdfSync } from 'node:crypto'

/**
 * What a key is for. One label per purpose, so that a value made for one can
 * never be read as another (RFC 5869 section 3.2).
 */
export type KeyPurpose = 'attempt' | 'session-cookie' | 'csrf' | 'challenge' | 'code' | 'address'

/**
 * Derives 32 bytes for one purpose from each secret, newest first
 * (HKDF-SHA-256, RFC 5869).
 *
 * @param secrets - At least 32 characters each.
 */
export function deriveKeys (secrets: readonly string[], purpose: KeyPurpose): Buffer[] {
  return secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', `fastify-entra/${purpose}`, 32)))
}

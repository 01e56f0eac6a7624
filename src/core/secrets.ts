import { hkdfSync } from 'node:crypto'

/**
 * What a key is for. One label per purpose, so that a value made for one can
 * never be read as another (RFC 5869 section 3.2).
 */
export type KeyPurpose =
  | 'attempt' | 'answer' | 'session-cookie' | 'csrf' | 'challenge' | 'code' | 'address' | 'tokens' | 'login-hint'
  | 'identity-artifact' | 'identity-key'

/**
 * Derives 32 bytes for one purpose from each secret, newest first
 * (HKDF-SHA-256, RFC 5869).
 *
 * @param secrets - At least 32 characters each.
 * @param simulated - Whether a simulator stands in for Microsoft. There anybody is whoever they like, so what is
 * signed or sealed there is worth nothing to a server that asks Microsoft, even with the same secrets.
 */
export function deriveKeys (secrets: readonly string[], purpose: KeyPurpose, simulated: boolean = false): Buffer[] {
  const label = simulated ? `fastify-entra/simulated/${purpose}` : `fastify-entra/${purpose}`
  return secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', label, 32)))
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { ClientRecord } from './types.ts'

export function isSecretOf (client: ClientRecord, given: string): boolean {
  const hash = createHash('sha256').update(given).digest()
  return client.secrets.map((secret) => timingSafeEqual(Buffer.from(secret.hash, 'base64url'), hash)).includes(true)
}

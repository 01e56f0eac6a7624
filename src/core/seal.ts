import { createHash } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

/** Seals values into text that only the holder of the keys can read or make. */
export interface Seal {
  seal: (value: unknown) => Promise<string>
  /** What was sealed, or `null` for anything that these keys did not seal. */
  open: (sealed: string) => Promise<unknown>
}

/**
 * A seal by JWE, `dir` with A256GCM (RFC 7516, RFC 7518 section 5.3). The
 * newest key seals; each may open, so that keys rotate without losing anything.
 *
 * @param keys - 32 bytes each, newest first.
 */
export function createSeal (keys: readonly Buffer[]): Seal {
  const byId = new Map(keys.map((key) => [keyId(key), key]))
  const [newest] = keys
  const header = { alg: 'dir', enc: 'A256GCM', kid: keyId(newest!) }
  return {
    seal: async (value) => {
      const text = new TextEncoder().encode(JSON.stringify(value))
      return await new CompactEncrypt(text).setProtectedHeader(header).encrypt(newest!)
    },
    open: async (sealed) => {
      try {
        const opened = await compactDecrypt(sealed, ({ kid }) => byId.get(kid ?? '') ?? newest!, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM']
        })
        return JSON.parse(new TextDecoder().decode(opened.plaintext))
      } catch {
        return null
      }
    }
  }
}

/** Names a key without telling it. */
function keyId (key: Buffer): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 8)
}

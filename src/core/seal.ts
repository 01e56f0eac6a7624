import { createCipheriv, createDecipheriv, createHash, createSecretKey } from 'node:crypto'
import { randomBytes } from './random-bytes.ts'

/** Seals values into text that only the holder of the keys can read or make. */
export interface Seal {
  seal: (value: unknown) => Promise<string>
  /** What was sealed, or `null` for anything that these keys did not seal. */
  open: (sealed: string) => Promise<unknown>
}

// RFC 7518 section 5.3: an initialization vector of 96 bits, a tag of 128.
const vectorLength = 12
const tagLength = 16

/**
 * A seal by JWE, `dir` with A256GCM (RFC 7516, RFC 7518 section 5.3). The
 * newest key seals; each may open, so that keys rotate without losing anything.
 *
 * Made and opened here, on Node's own cipher, and not by jose, which asks the pool of threads through Web Crypto: that
 * takes four times as long, and a sign-in seals and opens several times. What it makes jose opens, and the other way
 * round. Nothing in a header is ever interpreted: it is that of one of the keys, to the letter, or there is nothing to open.
 *
 * @param keys - 32 bytes each, newest first.
 */
export function createSeal (keys: readonly Buffer[]): Seal {
  // Prepared once: a cipher that is given bytes takes four times as long to make a key of them.
  const byHeader = new Map(keys.map((key) => [headerOf(key), createSecretKey(key)]))
  const [[header, newest] = ['']] = byHeader
  const additionalData = Buffer.from(header)
  return {
    seal: async (value) => {
      const vector = randomBytes(vectorLength)
      const cipher = createCipheriv('aes-256-gcm', newest!, vector, { authTagLength: tagLength }).setAAD(additionalData)
      const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
      // The second of the five parts, the encrypted key, is empty: the key is used directly.
      return `${header}..${vector.toString('base64url')}.${text.toString('base64url')}.${cipher.getAuthTag().toString('base64url')}`
    },
    open: async (sealed) => {
      const [head = '', wrappedKey, vector = '', text = '', tag = '', ...more] = sealed.split('.', 6)
      const key = byHeader.get(head)
      if (key === undefined || wrappedKey !== '' || more.length > 0) return null
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(vector, 'base64url'), { authTagLength: tagLength })
          .setAAD(Buffer.from(head)).setAuthTag(Buffer.from(tag, 'base64url'))
        return JSON.parse(decipher.update(text, 'base64url', 'utf8') + decipher.final('utf8'))
      } catch {
        return null
      }
    }
  }
}

function headerOf (key: Buffer): string {
  return Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: keyId(key) })).toString('base64url')
}

/** Names a key without telling it. */
function keyId (key: Buffer): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 8)
}

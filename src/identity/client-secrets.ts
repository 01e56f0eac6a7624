import { createHash, timingSafeEqual } from 'node:crypto'
import { type Environment, randomToken } from '../core/environment.ts'
import type { ClientSecret } from './types.ts'

/** A secret and what is kept of it. */
export interface NewSecret {
  /** 32 random bytes, base64url. Shown once. */
  readonly secret: string
  readonly kept: ClientSecret
}

/** Makes a secret of 256 bits. */
export function makeSecret (environment: Pick<Environment, 'now' | 'randomBytes'>): NewSecret {
  const secret = randomToken(environment)
  return { secret, kept: keepSecret(secret, environment.now()) }
}

/**
 * What is kept of a secret. One round of SHA-256: slow hashes are for
 * passwords, which can be guessed; whoever has this hash would have to find one of 2^256
 * secrets, or of those that an operator made by chance. It also costs nothing at each token request.
 */
export function keepSecret (secret: string, createdAt: number): ClientSecret {
  const digest = digestOf(secret)
  return { id: digest.toString('hex').slice(0, 8), hash: digest.toString('base64url'), createdAt }
}

/** Whether a secret is one of those of which the hashes are kept. Compares with each of them, in a time that tells nothing. */
export function matchesSecret (given: string, hashes: readonly string[]): boolean {
  const digest = digestOf(given)
  return hashes.map((hash) => isEqual(digest, Buffer.from(hash, 'base64url'))).includes(true)
}

function isEqual (digest: Buffer, kept: Buffer): boolean {
  return digest.length === kept.length && timingSafeEqual(digest, kept)
}

function digestOf (secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

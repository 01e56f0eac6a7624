import { createPublicKey, type KeyObject } from 'node:crypto'
import { ConfigurationError } from '../core/errors.ts'

/** A public key that the authority signs ID tokens with, and what it may sign. */
export interface SigningKey {
  readonly kid: string
  /** RSA, at least 2048 bits. */
  readonly publicKey: KeyObject
  /**
   * The issuer whose tokens it signs: a tenant's, or a template with
   * `{tenantid}`. `null` where the document names none: such a key fits no
   * token, since Microsoft's v2.0 documents always name one.
   */
  readonly issuer: string | null
  /** The cloud it belongs to; `null` where the document names none. */
  readonly cloudInstance: string | null
}

/** Where the key of a token is found. */
export interface KeySource {
  /**
   * @param kid - From the token's header: chosen by whoever made the token.
   * @throws provider_unavailable, provider_timeout or provider_error where there is no key set to look in.
   */
  readonly find: (kid: string) => Promise<SigningKey | undefined>
}

/** How a key set does that is fetched. Times are milliseconds since 1970. */
export interface KeySetState {
  /** How many keys there are; 0 before the first sign-in. */
  readonly count: number
  /** When the fetch began that brought them; `null` before the first one. */
  readonly asOf: number | null
  /** When fetching them last failed; `null` where the last fetch brought keys, or there was none. */
  readonly failedAt: number | null
  /** Whether a token could be verified with them now: after 24 hours they are not believed any more. */
  readonly usable: boolean
}

/** A key set that is fetched when it is needed. */
export interface FetchedKeySource extends KeySource {
  /** How it does; fetches nothing. */
  readonly state: () => KeySetState
}

/** Microsoft publishes some ten keys, and to read one takes a tenth of a millisecond. */
const mostKeys = 100

/**
 * The keys of a JWK Set (RFC 7517 section 5), by `kid`; `null` where it is no such document, or has more than a hundred.
 *
 * Keys of another kind, use or algorithm and those that cannot be read are
 * left out. So are keys that share a `kid`: which of them applies, and with
 * it for which tenants it may sign, would hang on the order of a list.
 */
export function readSigningKeys (document: unknown): ReadonlyMap<string, SigningKey> | null {
  const { keys } = asRecord(document)
  if (!Array.isArray(keys) || keys.length > mostKeys) return null
  const found = new Map<string, SigningKey>()
  const shared = new Set<string>()
  for (const member of keys) {
    const key = readSigningKey(asRecord(member))
    if (key === null) continue
    if (found.has(key.kid)) shared.add(key.kid)
    found.set(key.kid, key)
  }
  for (const kid of shared) found.delete(kid)
  return found
}

/**
 * A key set that never changes, for verifying a token without a server.
 *
 * @param document - A JWK Set as Microsoft serves it: `{ keys: [...] }`.
 * @throws ConfigurationError where it is none.
 */
export function staticKeySet (document: unknown): KeySource {
  const keys = readSigningKeys(document)
  if (keys === null) {
    throw new ConfigurationError('fastify-entra/verification: a key set must be a JWK Set. Give the document of the authority, { "keys": [...] }.')
  }
  return Object.freeze({ find: async (kid: string) => keys.get(kid) })
}

function readSigningKey (jwk: Record<string, unknown>): SigningKey | null {
  if (!isForRs256(jwk) || typeof jwk.kid !== 'string') return null
  const { kid, issuer = null, cloud_instance_name: cloudInstance = null } = jwk
  if (!isTextOrNull(issuer) || !isTextOrNull(cloudInstance)) return null
  const publicKey = importKey(jwk)
  return publicKey === null ? null : Object.freeze({ kid, publicKey, issuer, cloudInstance })
}

// A key is bound to one algorithm (RFC 8725 section 3.1). Microsoft leaves `alg` out.
function isForRs256 ({ kty, use = 'sig', alg = 'RS256' }: Record<string, unknown>): boolean {
  return kty === 'RSA' && use === 'sig' && alg === 'RS256'
}

function importKey ({ n, e }: Record<string, unknown>): KeyObject | null {
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n: n as string, e: e as string }, format: 'jwk' })
    // RFC 7518 section 3.3.
    return key.asymmetricKeyDetails!.modulusLength! >= 2_048 ? key : null
  } catch {
    return null
  }
}

function isTextOrNull (value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function asRecord (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
}

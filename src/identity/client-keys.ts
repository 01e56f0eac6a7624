import { createPublicKey } from 'node:crypto'

/** Members of a JWK that only its owner may know (RFC 7518 section 6, RFC 8037). */
const privateMembers: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Whether keys may check a client's assertions: public ones, RSA of at least
 * 2048 bits or P-256, and told apart by their `kid` where there are several.
 *
 * @returns `null` where they may; else why not, after "the key N". Never with a part of a key.
 */
export function whyNoClientKeys (keys: ReadonlyArray<Readonly<Record<string, unknown>>>): string | null {
  const kids = new Set<unknown>()
  for (const [index, key] of keys.entries()) {
    const reason = whyNoKey(key) ?? (keys.length > 1 && (typeof key.kid !== 'string' || kids.has(key.kid)) ? 'has no "kid" of its own' : null)
    if (reason !== null) return `key ${index + 1} ${reason}`
    kids.add(key.kid)
  }
  return null
}

function whyNoKey (key: Readonly<Record<string, unknown>>): string | null {
  const secret = privateMembers.find((name) => name in key)
  if (secret !== undefined) return `has the private member "${secret}": make a new key, and give its public part alone`
  if (key.use !== undefined && key.use !== 'sig') return 'is not for signatures: "use" is something else than "sig"'
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: key as never, format: 'jwk' })
    if (asymmetricKeyType === 'rsa') return asymmetricKeyDetails!.modulusLength! < 2048 ? 'is shorter than 2048 bits' : null
    return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? null : 'is neither RSA nor of the curve P-256'
  } catch {
    return 'cannot be read'
  }
}

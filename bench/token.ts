import { generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'
import { type BenchPerson, clientId, tenantId } from './people.ts'

/** Who signs ID tokens in benchmarks. */
export interface Signer {
  /** As it stands in Microsoft's key set. */
  readonly jwk: JsonWebKey & Record<string, unknown>
  readonly sign: (claims: object) => string
}

/** A signer with a key of its own, as Microsoft has them: RSA, 2048 bits. */
export function createSigner (authority: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const kid = 'benchmark'
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = encode({ typ: 'JWT', alg: 'RS256', kid })
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', issuer: `${authority}/{tenantid}/v2.0` },
    sign: (claims) => {
      const input = `${header}.${encode(claims)}`
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
    }
  }
}

/**
 * What an ID token of Microsoft's says about somebody.
 *
 * @param now - Seconds since 1970.
 */
export function claimsOf (person: BenchPerson, authority: string, nonce: string | null, now: number): Record<string, unknown> {
  return {
    ver: '2.0',
    iss: `${authority}/${tenantId}/v2.0`,
    aud: clientId,
    tid: tenantId,
    oid: person.oid,
    sub: person.sub,
    nonce,
    iat: now - 300,
    nbf: now - 300,
    exp: now + 3_600,
    name: person.name,
    preferred_username: person.email,
    email: person.email,
    xms_edov: true,
    sid: person.sid,
    aio: 'A'.repeat(80),
    rh: `1.${'A'.repeat(40)}.`,
    uti: 'A'.repeat(22)
  }
}

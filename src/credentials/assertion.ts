import type { KeyObject } from 'node:crypto'
import type { Environment } from '../core/environment.ts'
import { randomGuid } from '../core/guid.ts'

/** Five minutes. Microsoft asks for five to ten at most; the clocks may differ by a part of it. */
const lifetime = 300

/** Whom an assertion speaks for, and to whom. */
export interface AssertionParties {
  readonly clientId: string
  /** The tenant's token endpoint: the assertion is worth nothing anywhere else. */
  readonly tokenEndpoint: string
}

/** A certificate that signs. */
export interface SigningCertificate {
  readonly privateKey: KeyObject
  /** SHA-256 of the certificate's DER, base64url. */
  readonly thumbprint: string
}

/**
 * Signs a client assertion (RFC 7523 section 3), in the form that Microsoft's page "Microsoft identity platform
 * application authentication certificate credentials" asks for: PS256, `x5t#S256`, and each with a `jti` of its own.
 */
export async function signAssertion (
  { clientId, tokenEndpoint }: AssertionParties, { privateKey, thumbprint }: SigningCertificate, environment: Pick<Environment, 'now' | 'randomBytes'>
): Promise<string> {
  // Loaded by those who sign: a server with a client secret starts without.
  const { SignJWT } = await import('jose')
  const now = Math.floor(environment.now() / 1_000)
  return await new SignJWT()
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .setAudience(tokenEndpoint)
    .setIssuer(clientId)
    .setSubject(clientId)
    .setJti(randomGuid(environment))
    .setNotBefore(now)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(privateKey)
}

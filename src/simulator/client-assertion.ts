import { constants, verify } from 'node:crypto'
import { type JsonRecord, readJsonObject } from '../core/json.ts'
import { Fault } from './errors.ts'
import { type Parameters, requireParameter } from './parameters.ts'
import type { FederationKey, RegisteredCertificate, RegisteredFederation } from './types.ts'

/** Who authenticates by an assertion, and where. */
export interface AssertionContext {
  readonly clientId: string
  readonly certificates: readonly RegisteredCertificate[]
  readonly federations: readonly RegisteredFederation[]
  /** What `aud` may be: the token endpoint under the names of its tenant, and the tenant's issuer. */
  readonly audiences: ReadonlySet<string>
  /** Milliseconds since 1970. */
  readonly now: number
}

interface Assertion {
  readonly header: JsonRecord
  readonly claims: JsonRecord
  readonly signed: Buffer
  readonly signature: Buffer
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Makes sure that a client assertion was signed with a certificate of the application, or is a token of somebody whom
 * it trusts (RFC 7523 section 3; Microsoft's pages on certificate credentials and on workload identity federation).
 *
 * Verified by Node's own cryptography, and so by another implementation than the one that signs. A `jti` may come
 * again: MSAL sends each assertion until it expires, so Microsoft lets it.
 *
 * @throws Fault
 */
export function checkClientAssertion (parameters: Parameters, context: AssertionContext): void {
  if (requireParameter(parameters, 'client_assertion_type') !== jwtBearer) throw new Fault(90011)
  const assertion = readAssertion(requireParameter(parameters, 'client_assertion'))
  const isOwn = assertion.claims.iss === context.clientId || thumbprintOf(assertion) !== null
  if (isOwn) checkCertificateAssertion(assertion, context)
  else checkFederatedToken(assertion, context)
}

function readAssertion (text: string): Assertion {
  const parts = text.split('.')
  const [header, claims] = parts.map((part) => readJsonObject(Buffer.from(part, 'base64url')))
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part)) || !header || !claims) throw new Fault(50027)
  // A list of audiences is none (openid-client issue 348).
  if (typeof claims.aud !== 'string' || typeof claims.iss !== 'string' || typeof claims.sub !== 'string') throw new Fault(50027, 'aud, iss and sub must be there, each one string.')
  return { header, claims, signed: Buffer.from(`${parts[0]}.${parts[1]}`), signature: Buffer.from(parts[2]!, 'base64url') }
}

function thumbprintOf ({ header }: Assertion): unknown {
  return header['x5t#S256'] ?? header.x5t ?? null
}

function checkCertificateAssertion (assertion: Assertion, { clientId, certificates, audiences, now }: AssertionContext): void {
  const { header, claims } = assertion
  const certificate = certificates.find(({ sha256, sha1 }) => header['x5t#S256'] === sha256 || header.x5t === sha1)
  if (certificate === undefined) throw new Fault(700027, 'The key was not found.')
  if (!isSigned(assertion, certificate, ['PS256', 'RS256'])) throw new Fault(700027, 'The signature does not fit.')
  if (now < certificate.notBefore || certificate.expiresAt <= now) throw new Fault(1000502)
  if (claims.iss !== clientId || claims.sub !== clientId) throw new Fault(700021)
  if (!audiences.has(claims.aud as string)) throw new Fault(700023, `It was given as '${claims.aud as string}'.`)
  checkTimes(claims, now)
}

/** Issuer, subject and audience are compared with their letter case. */
function checkFederatedToken (assertion: Assertion, { federations, now }: AssertionContext): void {
  const { claims } = assertion
  const ofIssuer = federations.filter(({ issuer }) => issuer === claims.iss)
  if (ofIssuer.length === 0) throw new Fault(700211, `It was given as '${claims.iss as string}'.`)
  const ofSubject = ofIssuer.filter(({ subject }) => subject === claims.sub)
  if (ofSubject.length === 0) throw new Fault(700213, `It was given as '${claims.sub as string}'.`)
  const fitting = ofSubject.find(({ audience }) => audience === claims.aud)
  if (fitting === undefined) throw new Fault(700212, `It was given as '${claims.aud as string}'.`)
  const isOfIssuer = keysFor(assertion, fitting.keys).some((key) => isSigned(assertion, key, ['RS256']))
  if (!isOfIssuer) throw new Fault(700027, 'The signature is not one of the issuer.')
  checkTimes(claims, now)
}

function keysFor ({ header }: Assertion, keys: readonly FederationKey[]): readonly FederationKey[] {
  return keys.filter(({ kid }) => kid === null || kid === header.kid)
}

function isSigned (
  { header: { alg }, signed, signature }: Assertion, { publicKey: key }: Pick<FederationKey, 'publicKey'>, algorithms: readonly unknown[]
): boolean {
  if (!algorithms.includes(alg)) return false
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return verify('sha256', signed, alg === 'PS256' ? { key, ...pss } : { key, padding: constants.RSA_PKCS1_PADDING }, signature)
}

/** Seconds by which the clock of a client may be ahead. MSAL's always may: it rounds to the nearest second. */
const skew = 300

/** An end must be there, and may be far: Microsoft sets no limit to it. */
function checkTimes ({ exp, nbf }: JsonRecord, now: number): void {
  if (typeof exp !== 'number' || (nbf !== undefined && typeof nbf !== 'number')) throw new Fault(50027, 'exp and nbf must be numbers.')
  if (exp * 1_000 <= now || ((nbf ?? 0) - skew) * 1_000 > now) throw new Fault(700024)
}

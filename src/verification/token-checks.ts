import { hash } from 'node:crypto'
import { type Authority, fillTenant, issuerOf } from '../core/authority.ts'
import { clockSkew } from '../core/clock-skew.ts'
import { isGuid } from '../core/guid.ts'
import type { JsonRecord } from '../core/json.ts'
import { microsoftSessionOf } from './microsoft-session.ts'
import type { AgeRefusal, TenantRefusal, TokenRefusal } from './refusals.ts'
import type { SigningKey } from './signing-keys.ts'
import { allowsAccountClass, allowsTenant, type TenantRule } from './tenant.ts'

/** What the claims of a token must agree with. */
export interface ExpectedClaims {
  readonly authority: Authority
  readonly clientId: string
  readonly tenant: TenantRule
  /** Of this attempt, and of no other. */
  readonly nonce: string
  /** The access token that came with it. Without it, a token that has `at_hash` is refused. */
  readonly accessToken?: string | undefined
  /** The authorization code, where `c_hash` is to be checked: Microsoft leaves it out of what its token endpoint gives. */
  readonly code?: string | undefined
  /** The `iss` parameter of the authorization response, where there was one (RFC 9207 section 2.4). */
  readonly issuer?: string | undefined
  /** The person must have shown who they are then or later, in seconds since 1970: what `max_age` comes to. Left out, that does not matter. */
  readonly authenticatedSince?: number | undefined
}

/** What a check looks at: the claims of a token whose signature holds. */
export interface TokenContext {
  readonly claims: JsonRecord
  readonly key: SigningKey
  readonly expected: ExpectedClaims
  /** Seconds since 1970. */
  readonly now: number
}

/** One rule about a token, and the reason for which one that breaks it is refused. */
export type TokenCheck = readonly [reason: TokenRefusal | TenantRefusal | AgeRefusal, holds: (context: TokenContext) => boolean]

/** How far clocks may differ, in seconds. */
const skew = clockSkew / 1_000
/** Older tokens are not of this attempt, whatever `exp` says (abuse case T28). */
const oldest = 86_400
const nobody = '00000000-0000-0000-0000-000000000000'

/**
 * All that must hold of the claims of an ID token (OpenID Connect Core section
 * 3.1.3.7; Microsoft, 'Access tokens', 'Validate the issuer'). The first that
 * does not gives the reason.
 */
export const tokenChecks: readonly TokenCheck[] = [
  // For us: one audience, us, and nobody else who may act as us (T22).
  ['aud', ({ claims, expected }) => claims.aud === expected.clientId],
  ['azp', ({ claims, expected }) => isAbsentOr(claims, 'azp', expected.clientId)],
  ['appid', ({ claims, expected }) => isAbsentOr(claims, 'appid', expected.clientId)],
  ['ver', ({ claims }) => claims.ver === '2.0'],

  // From the tenant it names, by a key that may sign for this tenant and cloud (T13 to T19).
  ['tid', ({ claims }) => isGuid(claims.tid)],
  ['iss', ({ claims, expected }) => claims.iss === issuerOf(expected.authority, claims.tid as string)],
  ['iss_parameter', ({ claims, expected }) => expected.issuer === undefined || expected.issuer === claims.iss],
  ['key_issuer', ({ claims, key }) => key.issuer !== null && fillTenant(key.issuer, claims.tid as string) === claims.iss],
  ['key_cloud_instance', ({ key, expected }) => key.cloudInstance === null || key.cloudInstance === expected.authority.cloudInstance],

  // From a tenant that may sign in here (T20).
  ['account_class', ({ claims, expected }) => allowsAccountClass(expected.tenant, tidOf(claims))],
  ['tenant', ({ claims, expected }) => allowsTenant(expected.tenant, tidOf(claims))],

  // For this attempt, and now (T24 to T28).
  ['nonce', ({ claims, expected }) => claims.nonce === expected.nonce && expected.nonce !== ''],
  ['exp', ({ claims, now }) => isTime(claims.exp) && now < claims.exp + skew],
  ['nbf', ({ claims, now }) => !Object.hasOwn(claims, 'nbf') || (isTime(claims.nbf) && now >= claims.nbf - skew)],
  ['iat', ({ claims, now }) => isTime(claims.iat) && now >= claims.iat - skew && now - claims.iat <= oldest],

  // About somebody (T29).
  ['missing_sub', ({ claims }) => Object.hasOwn(claims, 'sub')],
  ['sub', ({ claims }) => typeof claims.sub === 'string' && /^[\x20-\x7e]{1,255}$/.test(claims.sub)],
  ['missing_oid', ({ claims }) => Object.hasOwn(claims, 'oid')],
  ['oid', ({ claims }) => isGuid(claims.oid) && claims.oid !== nobody],

  // Together with the access token and code that it came with (T31).
  ['at_hash', ({ claims, expected }) => !Object.hasOwn(claims, 'at_hash') || claims.at_hash === halfHash(expected.accessToken)],
  ['c_hash', ({ claims, expected }) => expected.code === undefined || isAbsentOr(claims, 'c_hash', halfHash(expected.code))],

  // Of a person who has just shown who they are, where that was asked for (OpenID Connect Core section 3.1.3.7, rule 13).
  ['auth_time_missing', ({ claims, expected }) => expected.authenticatedSince === undefined || authTimeOf(claims) !== null],
  ['auth_time_too_old', ({ claims, expected }) => expected.authenticatedSince === undefined || authTimeOf(claims)! >= expected.authenticatedSince - skew],
  ['auth_time_future', ({ claims, expected, now }) => expected.authenticatedSince === undefined || authTimeOf(claims)! <= now + skew]
]

/** The tenant of a token, in the letter case that identities have (T17). */
export function tidOf (claims: JsonRecord): string {
  return (claims.tid as string).toLowerCase()
}

/** Seconds since 1970. */
function authTimeOf (claims: JsonRecord): number | null {
  const { authenticatedAt } = microsoftSessionOf(claims)
  return authenticatedAt === null ? null : authenticatedAt / 1_000
}

function isAbsentOr (claims: JsonRecord, name: string, value: unknown): boolean {
  return !Object.hasOwn(claims, name) || claims[name] === value
}

/** A NumericDate of RFC 7519 section 2, whole seconds: Microsoft gives no others. */
function isTime (value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** The left half of the SHA-256 of a token or code (OpenID Connect Core section 3.1.3.6). Of none it is what no member of a JSON object is. */
function halfHash (text: string | undefined): string | undefined {
  return text === undefined ? undefined : hash('sha256', text, 'buffer').subarray(0, 16).toString('base64url')
}

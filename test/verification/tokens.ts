import { createHash, createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { authorityOf, publicCloud, type Authority } from '../../src/core/authority.ts'
import { isEntraError } from '../../src/core/errors.ts'
import { staticKeySet } from '../../src/verification/signing-keys.ts'
import { tenantRuleOf } from '../../src/verification/tenant.ts'
import type { Expected } from '../../src/verification/token.ts'

/** 22 November 2026, in milliseconds since 1970: the time of the tests. */
export const now: number = Date.UTC(2026, 10, 22)
/** The same in seconds. */
export const seconds: number = now / 1_000
export const publicAuthority: Authority = authorityOf(publicCloud)
export const clientId = '11111111-aaaa-bbbb-cccc-000000000001'
export const nonce = 'the-nonce-of-this-attempt'
export const accessToken = 'the-access-token-of-this-attempt'
/** The tenants and the person of the claim vectors. */
export const contoso = '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10'
export const mallorys = 'b1e7c0de-1111-4222-8333-444455556666'
export const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
export const ada = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

export interface TestKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** As it stands in a key set. */
  readonly jwk: JsonWebKey & Record<string, unknown>
}

/**
 * Makes a signing key as Microsoft publishes it, by default one for every
 * tenant of the public cloud.
 *
 * @param members - Members of the JWK that are other ones; `undefined` leaves one out.
 */
export function makeKey (kid: string, members: Record<string, unknown> = {}, modulusLength = 2_048): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  const jwk = { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid, issuer: `${publicCloud}/{tenantid}/v2.0`, ...members }
  return { kid, privateKey, jwk: Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== undefined)) }
}

/** The JWK Set of some keys. */
export function keySetOf (...keys: TestKey[]): { keys: Array<TestKey['jwk']> } {
  return { keys: keys.map(({ jwk }) => jwk) }
}

/**
 * Signs an ID token.
 *
 * @param claims - An object, or the very text of the payload.
 * @param header - Members that are other ones or more; `undefined` leaves one out. Or the very text of the header.
 */
export function signIdToken (claims: object | string, key: TestKey, header: object | string = {}): string {
  const headerText = typeof header === 'string' ? header : JSON.stringify({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...header })
  return compose(headerText, typeof claims === 'string' ? claims : JSON.stringify(claims), (input) => sign('sha256', Buffer.from(input), key.privateKey))
}

/** A token with an HMAC in the place of a signature. */
export function macIdToken (claims: object, secret: string | Buffer, header: object): string {
  return compose(JSON.stringify(header), JSON.stringify(claims), (input) => createHmac('sha256', secret).update(input).digest())
}

/** A compact JWS of any header, payload and signature. */
export function compose (header: string, payload: string, signature: (input: string) => Buffer): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signature(input).toString('base64url')}`
}

export function encode (text: string | Buffer): string {
  return Buffer.from(text as string).toString('base64url')
}

/** Claims of a token that holds. `undefined` leaves one out. */
export function claimsOf (claims: Record<string, unknown> = {}): Record<string, unknown> {
  const tid = claims.tid ?? contoso
  return {
    ver: '2.0',
    iss: `${publicCloud}/${String(tid)}/v2.0`,
    sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
    aud: clientId,
    exp: seconds + 3_900,
    iat: seconds,
    nbf: seconds,
    nonce,
    tid,
    oid: ada,
    name: 'Ada Example',
    ...claims
  }
}

/** What a token of {@link claimsOf}, signed by one of `keys`, agrees with. */
export function expectedOf (keys: readonly TestKey[], expected: Partial<Expected> = {}): Expected {
  return {
    authority: publicAuthority,
    clientId,
    tenant: tenantRuleOf('common'),
    keys: staticKeySet(keySetOf(...keys)),
    nonce,
    accessToken,
    now: () => now,
    ...expected
  }
}

/** `at_hash` of an access token, and `c_hash` of a code. */
export function halfHash (text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

/** How a promise was refused: `invalid_token aud`; `holds` where it was not. */
export async function refusalOf (outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome
    return 'holds'
  } catch (error) {
    if (!isEntraError(error)) throw error
    return `${error.code} ${error.detail.reason}`
  }
}

/** A clock that is moved by hand, and a `fetch` that counts. */
export interface TestWorld {
  time: number
  readonly requests: Array<{ readonly url: string, readonly init: RequestInit }>
  /** What the next fetches answer. */
  answer: (url: string, init: RequestInit) => Response | Promise<Response>
  readonly now: () => number
  readonly fetch: typeof globalThis.fetch
}

export function testWorld (answer: TestWorld['answer']): TestWorld {
  const world: TestWorld = {
    time: now,
    requests: [],
    answer,
    now: () => world.time,
    fetch: async (url, init = {}) => {
      world.requests.push({ url: String(url), init })
      return world.answer(String(url), init)
    }
  }
  return world
}

/** Waits until all that is ready to run has run: some turns of the event loop, which a busy machine takes as well as an idle one. */
export async function settle (): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
}

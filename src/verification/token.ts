import { verify } from 'node:crypto'
import { issuerOf } from '../core/authority.ts'
import { type CompactJws, readCompactJws } from './compact-jws.ts'
import type { JsonRecord } from '../core/json.ts'
import { refuseToken } from './refusals.ts'
import type { KeySource, SigningKey } from './signing-keys.ts'
import { type ExpectedClaims, tidOf, type TokenContext, tokenChecks } from './token-checks.ts'
import type { Identity } from './types.ts'

/** What an ID token must agree with, where its keys are, and what time it is. */
export interface Expected extends ExpectedClaims {
  /** The authority's own keys: a `createKeySet` cache, or `staticKeySet` of a document. */
  readonly keys: KeySource
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** An ID token that holds. */
export interface VerifiedIdToken {
  readonly identity: Identity
  /** Own properties only, frozen. */
  readonly claims: JsonRecord
}

/**
 * Verifies an ID token of Microsoft: form, key, signature, claims, in this
 * order, so that what is cheap to refuse costs nothing. Needs no server and no
 * network of its own.
 *
 * @throws invalid_token or tenant_not_allowed with the reason in `detail`; what the key source throws.
 */
export async function verifyIdToken (idToken: string, expected: Expected): Promise<VerifiedIdToken> {
  const jws = readCompactJws(idToken)
  const { kid, payload: claims } = jws
  const key = await findKey(kid, expected.keys)
  checkSignature(jws, key)
  checkClaims({ claims, key, expected, now: expected.now() / 1_000 })
  return Object.freeze({ identity: identityOf(claims, expected), claims })
}

async function findKey (kid: string, keys: KeySource): Promise<SigningKey> {
  const key = await keys.find(kid)
  if (key === undefined) throw refuseToken('unknown_key')
  return key
}

/**
 * RSASSA-PKCS1-v1_5 with SHA-256 and nothing else, whatever a header says (RFC 7518 section 3.3). Here and not on the
 * pool of threads: to get there and back takes longer than the verification does.
 */
function checkSignature ({ signed, signature }: CompactJws, { publicKey }: SigningKey): void {
  if (publicKey.asymmetricKeyType !== 'rsa' || !verify('RSA-SHA256', Buffer.from(signed), publicKey, signature)) throw refuseToken('signature')
}

function checkClaims (context: TokenContext): void {
  const failed = tokenChecks.find(([, holds]) => !holds(context))
  if (failed !== undefined) throw refuseToken(failed[0])
}

/** GUIDs and issuer in lower case: however a token spells them, there is one identity. */
function identityOf (claims: JsonRecord, { authority }: Expected): Identity {
  const tid = tidOf(claims)
  return Object.freeze({
    tid,
    oid: (claims.oid as string).toLowerCase(),
    sub: claims.sub as string,
    iss: issuerOf(authority, tid),
    authority: authority.base
  })
}

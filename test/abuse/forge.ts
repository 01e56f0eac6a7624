import { sign } from 'node:crypto'
import type { TokenResponse } from '../../plugins/simulator.ts'
import { signingKeys } from '../../src/simulator/keys.ts'
import { consumersTenantId } from '../../src/simulator/tenants.ts'
import { compose, signIdToken, type TestKey } from '../verification/tokens.ts'

/** A token answer, changed. */
type Change = (response: TokenResponse) => Promise<TokenResponse>

interface Parts { readonly header: Record<string, unknown>, readonly claims: Record<string, unknown>, readonly signature: string }

/** Takes a token apart. */
export function read (token: unknown): Parts {
  const [header, payload, signature] = String(token).split('.') as [string, string, string]
  const json = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return { header: json(header), claims: json(payload), signature }
}

/** The key with which Microsoft, as it is simulated, signs for this person. */
export async function keyFor ({ tid }: Readonly<Record<string, unknown>>): Promise<TestKey> {
  const keys = await signingKeys()
  const { kid, privateKey } = tid === consumersTenantId ? keys.personal : keys.work
  return { kid, privateKey, jwk: {} }
}

/** Puts another ID token in the answer, made of the genuine one. */
export function withToken (make: (parts: Parts, key: TestKey) => unknown): Change {
  return async (response) => {
    const parts = read(response.id_token)
    return { ...response, id_token: make(parts, await keyFor(parts.claims)) }
  }
}

/** Other claims, under a signature that holds. `undefined` takes a claim away. */
export function withClaims (changed: Record<string, unknown>): Change {
  return withToken(({ claims }, key) => signIdToken({ ...claims, ...changed }, key))
}

/** The same person in another tenant, by the key that signs for it. */
export function inTenant (tid: string): Change {
  return async (response) => {
    const { claims } = read(response.id_token)
    const iss = `https://login.microsoftonline.com/${tid}/v2.0`
    return { ...response, id_token: signIdToken({ ...claims, tid, iss }, await keyFor({ tid })) }
  }
}

/** Another header, under a signature that holds. */
export function withHeader (changed: Record<string, unknown>): Change {
  return withToken(({ claims }, key) => signIdToken(claims, key, changed))
}

/** The very text of the payload, under a signature that holds. */
export function withPayload (change: (payload: string) => string): Change {
  return withToken(({ claims }, key) => signIdToken(change(JSON.stringify(claims)), key))
}

/** A signature by Microsoft's key, and by another algorithm than the one that is allowed. */
export function signedBy (alg: string, hash: string, more: { readonly padding?: number } = {}): Change {
  return withToken(({ claims }, { kid, privateKey }) => compose(JSON.stringify({ typ: 'JWT', alg, kid }), JSON.stringify(claims), (input) => sign(hash, Buffer.from(input), { key: privateKey, ...more })))
}

import fc from 'fast-check'
import { isEntraError } from '../../../src/core/errors.ts'
import { readOptions } from '../../../src/core/options.ts'
import type { Authorization } from '../../../src/provider/types.ts'
import { resolveVerification, verificationOptionRules } from '../../../src/verification/options.ts'
import type { VerifiedToken } from '../../../src/verification/types.ts'
import { createVerification } from '../../../src/verification/verify.ts'
import { accessToken, claimsOf, clientId, halfHash, keySetOf, makeKey, nonce, now, publicAuthority, refusalOf, seconds, signIdToken } from '../../verification/tokens.ts'
import type { Outcome, Target } from '../fuzz.ts'
import { edited, type Edits, edits, octets, text, value } from '../inputs.ts'

/** All claims that are looked at, and some that are not. */
const names = [
  'aud', 'azp', 'appid', 'ver', 'tid', 'iss', 'exp', 'nbf', 'iat', 'nonce', 'at_hash', 'c_hash', 'sub', 'oid', 'auth_time', 'acct', 'idp', 'idtyp', 'sid', 'login_hint', 'email', 'upn', 'xms_edov', 'name', 'given_name',
  'family_name', 'preferred_username', 'verified_primary_email', 'verified_secondary_email', 'groups', '_claim_names', '_claim_sources', 'hasgroups', 'roles', 'wids', 'Tid', 'EMAIL', '__proto__', 'constructor', 'toString'
]
const guids = ['5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10', '5F3C1A52-0D7B-4B8E-9A61-2C4D8E7F1A10', '9188040d-6c67-4c5b-b112-36a304b66dad', '00000000-0000-0000-0000-000000000000', '{5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10}']
const likely = fc.constantFrom<unknown>(...guids, clientId, [clientId], nonce, '2.0', '1.0', seconds, seconds + 60, seconds - 86_461, seconds + 0.5, String(seconds), 'ada@contoso.example', 'ada@CONTOSO.example', 'ada_x.example#EXT#@contoso.onmicrosoft.com', true, 'true', '1', 1, 0, halfHash(accessToken), { groups: 'src1' }, ['a', 'b', 'a'], `https://login.microsoftonline.com/${guids[0]!}/v2.0`)

/** Claims that are other ones; the value `undefined` cannot be written in JSON, so that what is left out is named apart. */
export interface ChangedClaims {
  readonly changed: ReadonlyArray<readonly [string, unknown]>
  readonly without: readonly string[]
}

export const changedClaims: fc.Arbitrary<ChangedClaims> = fc.record({
  changed: fc.array(fc.tuple(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: text }), fc.oneof(likely, value)), { maxLength: 5 }),
  without: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(fc.constantFrom(...names), { maxLength: 3 }) })
})

type Input =
  /** Other claims under a signature that holds. */
  | { readonly kind: 'claims', readonly claims: ChangedClaims, readonly header: ReadonlyArray<readonly [string, unknown]> }
  /** The very text of payload and header, under a signature that holds. */
  | { readonly kind: 'text', readonly payload: Edits, readonly header: Edits | null }
  /** A genuine token, changed after it was signed. */
  | { readonly kind: 'shape', readonly edits: Edits }
  /** Anything. */
  | { readonly kind: 'raw', readonly segments: readonly string[], readonly isEncoded: boolean }

const headerMember = fc.tuple(fc.oneof(fc.constantFrom('alg', 'typ', 'kid', 'crit', 'b64', 'zip', 'jwk', 'jku', 'x5u', 'x5c', 'enc', 'p2c', 'cty', 'Alg', '__proto__'), text), fc.oneof(value, fc.constantFrom<unknown>('RS256', 'none', 'HS256', 'JWT', 'at+jwt', 'key of contoso', ['b64'], false)))

const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('claims' as const), claims: changedClaims, header: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(headerMember, { maxLength: 3 }) }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('text' as const), payload: edits, header: fc.option(edits) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('shape' as const), edits }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('raw' as const), segments: fc.array(octets, { maxLength: 6 }), isEncoded: fc.boolean() }) }
)

export const idToken: Target<Input> = {
  name: 'id-token',
  rule: 'a token is refused, with a reason of ours, or all that must hold of it holds',
  input,
  reaches: ['holds', 'invalid_token segments', 'invalid_token header', 'invalid_token payload', 'invalid_token signature', 'invalid_token alg', 'invalid_token aud', 'invalid_token nonce', 'invalid_token tid', 'invalid_token iss', 'invalid_token exp', 'invalid_token at_hash'],
  open: () => {
    const keys = [makeKey('key of everybody'), makeKey('key of contoso', { issuer: `https://login.microsoftonline.com/${guids[0]!}/v2.0` })] as const
    const document = JSON.stringify(keySetOf(...keys))
    const config = resolveVerification(readOptions('fastify-entra/verification', verificationOptionRules, { emailSources: ['upn', 'email'], threshold: 50 }), { authority: publicAuthority, clientId, tenant: 'common' })
    const { verify } = createVerification(config, { now: () => now, fetch: async () => new Response(document) })
    const attempt = { state: '', nonce, verifier: '', returnTo: '/', intent: 'sign-in' as const, startedAt: now }
    const genuine = signIdToken(claimsOf(), keys[0])
    const verified = async (token: string): Promise<VerifiedToken> => await verify({ attempt, code: 'a code', tokens: { idToken: token, accessToken }, issuer: undefined } as unknown as Authorization)
    return {
      attempt: async (input) => {
        const token = tokenOf(input, genuine, keys[0])
        try {
          const found = await verified(token)
          // What was changed after it was signed holds only where nothing was changed.
          const complaints = input.kind === 'raw' || (input.kind === 'shape' && token !== genuine) ? ['holds without a signature of its own'] : breaches(found)
          return { outcome: 'holds', complaints }
        } catch (error) {
          return refused(error)
        }
      },
      control: async () => [await refusalOf(verified(genuine))].filter((outcome) => outcome !== 'holds')
    }
  }
}

/** Refusals are ours and name no text of the token. */
function refused (error: unknown): Outcome {
  if (!isEntraError(error)) throw error
  const outcome = `${error.code} ${error.detail.reason}`
  return { outcome, complaints: /^(?:invalid_token|tenant_not_allowed) [a-z_\d]+$/.test(outcome) ? [] : [`refused as ${outcome}`] }
}

function tokenOf (input: Input, genuine: string, key: ReturnType<typeof makeKey>): string {
  switch (input.kind) {
    case 'claims': return signIdToken(jsonOf(input.claims, claimsOf()), key, Object.fromEntries(input.header))
    case 'text': return signIdToken(edited(JSON.stringify(claimsOf()), input.payload), key, input.header === null ? {} : edited(JSON.stringify({ typ: 'JWT', alg: 'RS256', kid: key.kid }), input.header))
    case 'shape': return edited(genuine, input.edits)
    case 'raw': return input.isEncoded ? input.segments.map((segment) => Buffer.from(segment, 'latin1').toString('base64url')).join('.') : input.segments.join('.')
  }
}

/** As text, since an object would take `__proto__` for something else. */
export function jsonOf ({ changed, without }: ChangedClaims, claims: Record<string, unknown>): string {
  const members = new Map<string, unknown>([...Object.entries(claims), ...changed])
  for (const name of without) members.delete(name)
  return `{${[...members].map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join()}}`
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The rules once more, in other words than those of the sources. */
function breaches ({ identity, claims, email, profile }: VerifiedToken): string[] {
  const rules: Record<string, boolean> = {
    audience: claims.aud === clientId && [claims.azp, claims.appid].every((one) => one === undefined || one === clientId),
    version: claims.ver === '2.0',
    nonce: claims.nonce === nonce,
    tenant: guid.test(identity.tid) && identity.tid === String(claims.tid).toLowerCase(),
    object: guid.test(identity.oid) && identity.oid === String(claims.oid).toLowerCase(),
    issuer: claims.iss === `https://login.microsoftonline.com/${String(claims.tid)}/v2.0` || claims.iss === `https://login.microsoftonline.com/${identity.tid}/v2.0`,
    subject: typeof claims.sub === 'string' && claims.sub !== '' && identity.sub === claims.sub,
    times: [claims.exp, claims.iat].every((one) => typeof one === 'number') && Number(claims.exp) > seconds - 60.001 && Number(claims.iat) < seconds + 60.001 && Number(claims.iat) > seconds - 86_461 && !(Number(claims.nbf ?? 0) > seconds + 60),
    hash: claims.at_hash === undefined || claims.at_hash === halfHash(accessToken),
    'an address that is verified has evidence': !email.verified || email.evidence.some(({ score }) => score >= 50),
    'names are short': Object.values(profile).every((name) => name === null || (typeof name === 'string' && Array.from(name).length <= 200 && !/\p{Cc}/u.test(name)))
  }
  return Object.entries(rules).filter(([, holds]) => !holds).map(([rule]) => `holds, though not: ${rule}`)
}

/** A token whose parts are any text. */
export const anyToken: fc.Arbitrary<string> = fc.array(octets, { maxLength: 4 }).map((parts) => parts.map((part) => Buffer.from(part, 'latin1').toString('base64url')).join('.'))

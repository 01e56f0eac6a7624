import fc from 'fast-check'
import { isEntraError } from '../../../src/core/errors.ts'
import { createKeySet } from '../../../src/verification/keys.ts'
import { verifyIdToken } from '../../../src/verification/token.ts'
import { claimsOf, contoso, expectedOf, keySetOf, makeKey, now, refusalOf, signIdToken } from '../../verification/tokens.ts'
import type { Target } from '../fuzz.ts'
import { asHeader, edited, type Edits, edits, octets, rarely, text, value } from '../inputs.ts'

interface Input {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body:
    /** The genuine document, with other members of its keys. */
    | { readonly keys: ReadonlyArray<{ readonly of: number, readonly changed: ReadonlyArray<readonly [string, unknown]> }> }
    | { readonly edits: Edits }
    | { readonly octets: string }
    /** A unit again and again, in a list of keys or as it is, until it is about as large as an answer may be. */
    | { readonly unit: string, readonly inKeys: boolean, readonly size: number }
    | { readonly json: unknown }
}

const statuses = fc.oneof({ weight: 8, arbitrary: fc.constant(200) }, { weight: 1, arbitrary: fc.constantFrom(201, 204, 206, 301, 302, 304, 307, 400, 404, 429, 500, 503, 599) })
const headers = fc.array(fc.tuple(fc.constantFrom('retry-after', 'content-type', 'location', 'content-encoding', 'content-length'), fc.oneof(text, fc.constantFrom('0', '-1', '1e9', '99999999999999999999', 'Wed, 21 Oct 2099 07:28:00 GMT', 'gzip', 'https://evil.example/'))), { maxLength: 3 })
const member = fc.tuple(
  fc.oneof(fc.constantFrom('kid', 'kty', 'use', 'alg', 'n', 'e', 'issuer', 'cloud_instance_name', 'x5c', 'x5t', 'd', 'p', 'q', 'k', 'crv', '__proto__', 'key_ops'), text),
  fc.oneof(value, fc.constantFrom<unknown>('RSA', 'EC', 'oct', 'sig', 'enc', 'RS256', 'HS256', 'AQAB', 'AQ', 'AA', 'AAEAAQ', 'genuine', 'login.microsoftonline.us', 'https://login.microsoftonline.com/{tenantid}/v2.0', '_'.repeat(11_000), 'A'.repeat(400)))
)

const input: fc.Arbitrary<Input> = fc.record({
  status: statuses,
  headers: rarely(4, headers, []),
  body: fc.oneof(
    { weight: 6, arbitrary: fc.record({ keys: fc.array(fc.record({ of: fc.nat(2), changed: rarely(2, fc.array(member, { minLength: 1, maxLength: 3 }), []) }), { maxLength: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ edits }) },
    { weight: 2, arbitrary: fc.record({ octets }) },
    { weight: 1, arbitrary: fc.record({ unit: fc.oneof(fc.constantFrom('<key>,', '{},', '[],', '0,', '"",', '{"kid":"a","kty":"RSA"},', '[', '{"a":', ' ', '\\"', '"\\u0000",', '\xc3\xa9', '-', '0'), octets), inKeys: fc.boolean(), size: fc.constantFrom(1_000, 20_000, 1_000_000, 1_048_576, 1_200_000) }) },
    { weight: 2, arbitrary: fc.record({ json: fc.oneof(value, value.map((keys) => ({ keys })), fc.array(value).map((keys) => ({ keys }))) }) }
  )
})

/** Answers without a body have none. */
const bodiless = [204, 304]

export const keySet: Target<Input> = {
  name: 'key-set',
  rule: 'whatever the authority answers for its keys, a token is verified by its genuine key or not at all',
  input,
  reaches: ['holds', 'invalid_token unknown_key', 'invalid_token signature', 'provider_error keys_json', 'provider_error keys_shape', 'provider_unavailable keys_status_503', 'provider_error keys_status_302', 'invalid_token key_issuer'],
  open: () => {
    const genuine = [makeKey('key 0'), makeKey('key 1', { issuer: `https://login.microsoftonline.com/${contoso}/v2.0` }), makeKey('key 2', { cloud_instance_name: 'microsoftonline.com' })] as const
    const token = signIdToken(claimsOf(), genuine[0])
    const verified = async (answer: () => Response) => {
      const keys = createKeySet({ url: 'https://login.microsoftonline.com/common/discovery/v2.0/keys', environment: { now: () => now, fetch: async () => answer() } })
      await verifyIdToken(token, expectedOf([], { keys }))
      return await keys.find('key 0')
    }
    const open = async (answer: () => Response): Promise<{ outcome: string, complaints: string[] }> => {
      try {
        const key = await verified(answer)
        return { outcome: 'holds', complaints: key!.publicKey.export({ format: 'jwk' }).n === genuine[0].jwk.n ? [] : ['verified by another key'] }
      } catch (error) {
        if (!isEntraError(error)) throw error
        return { outcome: `${error.code} ${error.detail.reason}`, complaints: [] }
      }
    }
    return {
      attempt: async ({ status, headers, body }) => await open(() => new Response(bodiless.includes(status) ? null : bodyOf(body, genuine), { status, headers: headers.map(([name, one]) => [name, asHeader(one).trim()] as [string, string]) })),
      control: async () => [(await refusalOf(verified(() => Response.json(keySetOf(...genuine)))))].filter((outcome) => outcome !== 'holds')
    }
  }
}

function bodyOf (body: Input['body'], genuine: ReadonlyArray<ReturnType<typeof makeKey>>): string | Uint8Array<ArrayBuffer> {
  if ('keys' in body) return `{"keys":[${body.keys.map(({ of, changed }) => objectOf(genuine[of]!.jwk, changed)).join()}]}`
  if ('edits' in body) return edited(JSON.stringify(keySetOf(...genuine)), body.edits)
  if ('octets' in body) return new Uint8Array(Buffer.from(body.octets, 'latin1'))
  if ('unit' in body) return new Uint8Array(largeOf({ ...body, unit: body.unit.replace('<key>', JSON.stringify(genuine[0]!.jwk)) }))
  return JSON.stringify(body.json)
}

function largeOf ({ unit, inKeys, size }: { unit: string, inKeys: boolean, size: number }): Buffer<ArrayBuffer> {
  const large = Buffer.alloc(size, unit === '' ? ' ' : unit, 'latin1')
  if (inKeys) {
    large.write('{"keys":[', 'latin1')
    large.write('{}]}', size - 4, 'latin1')
  }
  return large
}

function objectOf (jwk: object, changed: ReadonlyArray<readonly [string, unknown]>): string {
  const members = new Map<string, unknown>([...Object.entries(jwk), ...changed])
  return `{${[...members].map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join()}}`
}

import t from 'tap'
import { readCompactJws } from '../../src/verification/compact-jws.ts'
import { claimsOf, compose, encode, makeKey, refusalOf, signIdToken } from './tokens.ts'

const key = makeKey('the-key')
const claims = claimsOf()
const read = (token: string): Promise<string> => refusalOf((async () => readCompactJws(token))())
const withHeader = (header: object | string): Promise<string> => read(signIdToken(claims, key, header))

t.test('a token of Microsoft is read', async (t) => {
  const token = signIdToken(claims, key)
  const [header, payload, signature] = token.split('.')
  t.same(readCompactJws(token), { kid: 'the-key', payload: claims, signed: `${header}.${payload}`, signature: Buffer.from(signature!, 'base64url') })
})

t.test('no algorithm but RS256 is taken, in whatever disguise (T01, T02, T04, T05)', async (t) => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', '', null, ['none'], { x: 1 }, 'HS256', 'RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'rs256', 'RS256 ', ['RS256'], 'RSA-OAEP', undefined]) {
    t.equal(await withHeader({ alg }), 'invalid_token alg', JSON.stringify(alg))
  }
  t.equal(await read(`${encode('{"alg":"none"}')}.${encode(JSON.stringify(claims))}.`), 'invalid_token segments', 'an empty signature')
})

t.test('typ is JWT or absent (T23, T37)', async (t) => {
  for (const typ of ['logout+jwt', 'at+jwt', 'secevent+jwt', 5, null, '', 'jwt', 'Jwt', 'application/jwt', 'JWT ', ['JWT']]) {
    t.equal(await withHeader({ typ }), 'invalid_token typ', JSON.stringify(typ))
  }
  t.equal(await withHeader({ typ: undefined }), 'holds')
  t.equal(await withHeader({ typ: 'JWT' }), 'holds')
})

t.test('no extension is understood, so none is taken (T35)', async (t) => {
  for (const crit of [['exp'], [], ['x'], null, 'exp']) t.equal(await withHeader({ crit }), 'invalid_token crit', JSON.stringify(crit))
  for (const b64 of [false, true, null]) t.equal(await withHeader({ b64 }), 'invalid_token b64', JSON.stringify(b64))
  t.equal(await withHeader({ zip: 'DEF' }), 'invalid_token zip')
  t.equal(await withHeader({ x5t: 'thumbprint', jku: 'https://evil.example/keys' }), 'holds', 'members that name keys are not read')
})

t.test('a kid is needed, and is a text of a sane length (T10)', async (t) => {
  for (const kid of [undefined, null, 5, ['the-key'], { kid: 'the-key' }, '', 'k'.repeat(257)]) {
    t.equal(await withHeader({ kid }), 'invalid_token kid', JSON.stringify(kid))
  }
  for (const kid of ['../../../../dev/null', "' OR 1=1--", '__proto__', 'constructor', 'k'.repeat(256)]) t.equal(await withHeader({ kid }), 'holds', kid)
})

t.test('only the compact serialization with three segments is read (T08)', async (t) => {
  const token = signIdToken(claims, key)
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const others = [
    '', '.', '..', '...', 'token', `${header}.${payload}`, `${header}.${payload}.`, `.${payload}.${signature}`, `${header}..${signature}`,
    `${token}.`, `${token}.${signature}`, `${token}.${signature}.${signature}`, '.'.repeat(16_384),
    JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    JSON.stringify({ payload, protected: header, signature }),
    ` ${token}`, `${token}\n`, `${token}=`, `${header}=.${payload}.${signature}`, token.replace('.', ' .'), `${token}!`, `${token}%20`,
    `${header}.${payload}.${signature.slice(0, -1)}`, `${header}.${payload}.+${signature.slice(1)}`
  ]
  for (const other of others) t.equal(await read(other), 'invalid_token segments', JSON.stringify(other.slice(0, 40)))
})

t.test('a segment has one spelling: stray bits at its end are refused', async (t) => {
  const [header, payload, signature] = signIdToken(claims, key).split('.') as [string, string, string]
  // 256 octets end in a group of which the last character has four bits to spare.
  const stray = signature.slice(0, -1) + { A: 'B', Q: 'R', g: 'h', w: 'x' }[signature.at(-1)!]
  t.same(Buffer.from(stray, 'base64url'), Buffer.from(signature, 'base64url'), 'the same octets')
  t.equal(await read(`${header}.${payload}.${stray}`), 'invalid_token segments')
})

t.test('a token over 16 KiB is refused before anything is read of it (T34)', async (t) => {
  for (const size of [65_536, 1_048_576, 10_485_760]) {
    t.equal(await read('x'.repeat(size)), 'invalid_token size')
  }
  const padded = (length: number): string => compose('{"alg":"RS256","kid":"k"}', JSON.stringify({ pad: 'x'.repeat(length) }), () => Buffer.alloc(256))
  const length = [...Array(4).keys()].map((extra) => 11_980 - extra * 1).find((length) => padded(length).length <= 16_384)!
  t.ok(padded(length).length <= 16_384)
  t.equal(await read(padded(length)), 'holds')
  t.equal(await read(padded(length + 3)), 'holds')
  t.equal(await read(padded(12_100)), 'invalid_token size')
})

t.test('header and payload are JSON objects without a name twice (T32)', async (t) => {
  const text = JSON.stringify(claims).slice(1, -1)
  for (const payload of [
    'null', '[]', '"claims"', '', 'claims', `{${text}`, `{${text},"tid":"x"}`, `{${text},"TID":"x"}`, `{${text},"\\u0074id":"x"}`, `{${text},"email":"a","email":"b"}`,
    `{${text},"xms_edov":false,"xms_edov":true}`, `{${text},"xms_edov":false,"XMS_EDOV":true}`, `{${text},"OID":"x"}`, `{${text},"x":{"y":1,"y":2}}`
  ]) {
    const expected = payload === '' ? 'segments' : 'payload'
    t.equal(await read(signIdToken(payload, key)), `invalid_token ${expected}`, payload.slice(-40))
  }
  t.equal(await read(signIdToken(`{${text},"XMS_EDOV":true,"department":"a","Department":"b"}`, key)), 'holds')
  for (const header of ['null', '[]', '{"alg":"RS256","alg":"none","kid":"k"}', '{"alg":"RS256","ALG":"none","kid":"k"}', '{"alg":"RS256","kid":"k","kid":"l"}', '{"alg":"RS256","kid":"k"']) {
    t.equal(await withHeader(header), 'invalid_token header', header)
  }
  t.equal(await read(compose('{"alg":"RS256","kid":"k"}', '\ufeff{}', () => Buffer.alloc(3))), 'invalid_token payload', 'a byte order mark')
})

import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { ConfigurationError } from '../../src/core/errors.ts'
import { readSigningKeys, staticKeySet } from '../../src/verification/signing-keys.ts'
import { keySetOf, makeKey } from './tokens.ts'

const good = makeKey('good')
const kidsOf = (...keys: unknown[]): string[] => [...readSigningKeys({ keys })!.keys()]

t.test('only RSA keys of 2048 bits for signatures are kept', async (t) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const others: unknown[] = [
    { ...publicKey.export({ format: 'jwk' }), kid: 'ec', use: 'sig' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'oct', use: 'sig' },
    makeKey('encryption', { use: 'enc' }).jwk,
    makeKey('other-algorithm', { alg: 'RS512' }).jwk,
    makeKey('short', {}, 1_024).jwk,
    { ...good.jwk, kid: undefined }, { ...good.jwk, kid: 5 }, { ...good.jwk, kid: ['x'] },
    { ...good.jwk, kid: 'no-n', n: undefined }, { ...good.jwk, kid: 'bad-n', n: 5 }, { ...good.jwk, kid: 'no-e', e: undefined },
    { ...good.jwk, kid: 'bad-issuer', issuer: 5 }, { ...good.jwk, kid: 'bad-cloud', cloud_instance_name: ['x'] },
    null, 'key', 5, []
  ]
  t.same(kidsOf(...others, good.jwk), ['good'])
  t.same(kidsOf({ ...good.jwk, use: undefined }, makeKey('explicit', { alg: 'RS256' }).jwk), ['good', 'explicit'], 'use and alg may be left out')
})

t.test('a key keeps whose tokens it may sign, and only its public half', async (t) => {
  const keys = readSigningKeys({ keys: [{ ...good.privateKey.export({ format: 'jwk' }), ...good.jwk, cloud_instance_name: 'microsoftonline.com' }] })!
  const key = keys.get('good')!
  t.equal(key.issuer, 'https://login.microsoftonline.com/{tenantid}/v2.0')
  t.equal(key.cloudInstance, 'microsoftonline.com')
  t.equal(key.publicKey.type, 'public')
  t.ok(Object.isFrozen(key))
  const bare = readSigningKeys(keySetOf(makeKey('bare', { issuer: undefined })))!.get('bare')!
  t.equal(bare.issuer, null)
  t.equal(bare.cloudInstance, null)
})

t.test('keys that share a kid are all left out, in whatever order they come', async (t) => {
  const twin = { ...makeKey('good').jwk, issuer: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0' }
  const other = makeKey('other').jwk
  t.same(kidsOf(good.jwk, twin, other), ['other'])
  t.same(kidsOf(twin, other, good.jwk), ['other'])
  t.same(kidsOf(good.jwk, good.jwk, good.jwk, other), ['other'])
})

t.test('what is no JWK Set is told apart from an empty one', async (t) => {
  for (const document of [undefined, null, 'keys', [], {}, { keys: {} }, { keys: null }]) {
    t.equal(readSigningKeys(document), null)
    t.throws(() => staticKeySet(document), ConfigurationError)
  }
  t.same(kidsOf(), [])
})

t.test('a document with more than a hundred keys is none of Microsoft\'s', async (t) => {
  const keys = (count: number) => ({ keys: Array.from({ length: count }, (_, index) => ({ ...good.jwk, kid: String(index) })) })
  t.equal(readSigningKeys(keys(100))!.size, 100)
  t.equal(readSigningKeys(keys(101)), null)
})

t.test('a static key set finds its keys and no member of an object (T10)', async (t) => {
  const keys = staticKeySet(keySetOf(good))
  t.equal((await keys.find('good'))!.kid, 'good')
  for (const kid of ['__proto__', 'constructor', 'toString', 'Good', '']) t.equal(await keys.find(kid), undefined, kid)
})

import { constants, createHmac } from 'node:crypto'
import type { TokenResponse } from '../../plugins/simulator.ts'
import { takesLong } from '../patient.ts'
import { compose, encode, macIdToken, makeKey, signIdToken } from '../verification/tokens.ts'
import { read, signedBy, withClaims, withHeader, withToken } from './forge.ts'
import { type Changes, refuses } from './refuses.ts'
import { isRefused, tries } from './trial.ts'
import { startWorld } from './world.ts'

takesLong()

refuses('T01', 'a token without a signature is none', {
  'with an empty third segment': withToken(({ header, claims }) => compose(JSON.stringify({ ...header, alg: 'none' }), JSON.stringify(claims), () => Buffer.alloc(0))),
  'with garbage there': withToken(({ header, claims }) => compose(JSON.stringify({ ...header, alg: 'none' }), JSON.stringify(claims), () => Buffer.from('garbage')))
})

refuses('T02', 'nor is one whose algorithm is "none" in another spelling, or no text', Object.fromEntries(
  ['None', 'NONE', 'nOnE', 'none ', '', null, ['none'], { x: 1 }].map((alg) => [JSON.stringify(alg), withHeader({ alg })])))

refuses('T04', 'the client secret makes no signature', {
  'of the secret': withToken(({ header, claims }) => macIdToken(claims, 'canary~client~secret', { ...header, alg: 'HS256' })),
  'under the name of RS256': withToken(({ header, claims }) => macIdToken(claims, 'canary~client~secret', header))
})

refuses('T05', 'Microsoft\'s own key signs by RS256 and nothing else', {
  RS384: signedBy('RS384', 'sha384'),
  RS512: signedBy('RS512', 'sha512'),
  PS256: signedBy('PS256', 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING }),
  'PS256 under the name of RS256': signedBy('RS256', 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING })
})

refuses('T07', 'other claims under a genuine signature are refused', Object.fromEntries(
  Object.entries({ email: 'ada@contoso.example', oid: '7c9e6679-7425-40de-944b-e07fc1f90ae7', tid: '5f3c1a52-0d7b-4b8e-9a61-2c4d8e7f1a10' }).map(([name, value]) => [name, (response: TokenResponse) => {
    const [header, , signature] = String(response.id_token).split('.') as [string, string, string]
    return { ...response, id_token: `${header}.${encode(JSON.stringify({ ...read(response.id_token).claims, [name]: value }))}.${signature}` }
  }])))

refuses('T08', 'a token in another serialization is none, and costs nothing', {
  'flattened JSON as text': withToken(({ claims }, key) => {
    const [header, payload, signature] = signIdToken(claims, key).split('.')
    return JSON.stringify({ protected: header, payload, signature })
  }),
  'general JSON': withToken(({ claims }, key) => {
    const [header, payload, signature] = signIdToken(claims, key).split('.')
    return JSON.stringify({ payload, signatures: [{ protected: header, signature }] })
  }),
  'an encrypted token': withToken(({ claims }) => `${encode(JSON.stringify({ alg: 'dir', enc: 'A256GCM' }))}..${encode('iv')}.${encode(JSON.stringify(claims))}.${encode('tag')}`),
  'one that asks for two thousand million rounds': withToken(({ claims }) => `${encode(JSON.stringify({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, p2s: 'salt' }))}.a.b.${encode(JSON.stringify(claims))}.c`),
  'a compressed one': withHeader({ zip: 'DEF' })
})

tries('T08', 'one that is no text at all is no answer of Microsoft\'s', async (t, engine) => {
  const world = await startWorld(t, engine)
  const answer = withToken(({ claims }, key) => {
    const [header, payload, signature] = signIdToken(claims, key).split('.')
    return { protected: header, payload, signature }
  })
  await isRefused(t, world, 'flattened JSON', { code: 'provider_error', attempt: 'used' }, async () => await world.signIn('pat', { answer }))
})

refuses('T10', 'a key id chooses among Microsoft\'s keys, and does nothing else', Object.fromEntries(
  ['../../../../dev/null', "' OR 1=1--", '__proto__', 'constructor', 'x'.repeat(12_000), 5, ['a'], { a: 1 }, undefined].map((kid) => [String(JSON.stringify(kid)).slice(0, 40), withHeader({ kid })])))

tries('T11', 'tokens with unknown keys make nobody fetch the keys each time', async (t, engine) => {
  const world = await startWorld(t, engine)
  await world.signIn('pat')
  const before = world.simulator.requests.keys
  let tried = 0
  await isRefused(t, world, 'the first of them', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer: withHeader({ kid: `unknown-${tried++}` }) }))
  for (; tried < 100; tried++) t.equal((await world.signIn('pat', { answer: withHeader({ kid: `unknown-${tried}` }) })).statusCode, 401)
  t.ok(world.simulator.requests.keys - before <= 1, 'one fetch')
  t.equal((await world.signIn('pat')).statusCode, 303, 'control: the genuine token signs in all the while')
})

refuses('T35', 'what a token says is critical is not understood, so it is refused', {
  'the expiry': withHeader({ crit: ['exp'] }),
  nothing: withHeader({ crit: [] }),
  'something unknown': withHeader({ crit: ['something'], something: 1 }),
  'a payload that is not encoded': withHeader({ crit: ['b64'], b64: false }),
  'the same without saying so': withHeader({ b64: false })
})

refuses('T37', 'a token of another kind is no ID token', Object.fromEntries(['logout+jwt', 'at+jwt', 'secevent+jwt', 5].map((typ) => [String(typ), withHeader({ typ })])))

tries('T37', 'and one that does not say is', async (t, engine) => {
  const world = await startWorld(t, engine)
  t.equal((await world.signIn('pat', { answer: withHeader({ typ: undefined }) })).statusCode, 303)
})

tries('T23', 'no other token of a sign-in passes for an ID token', async (t, engine) => {
  const world = await startWorld(t, engine)
  const session = world.victim.cookie.split('=').slice(1).join('=')
  const begun = await world.begin('pat')
  const other = makeKey('other')
  const changes: Changes = {
    'an access token': withToken(({ claims }, key) => signIdToken({ ...claims, nonce: undefined, scp: 'openid' }, key, { typ: 'at+jwt' })),
    'a logout token': withToken(({ claims }, key) => signIdToken({ ...claims, nonce: undefined, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, key, { typ: 'logout+jwt' })),
    'a token of somebody else\'s': withToken(({ claims }) => signIdToken({ ...claims, iss: 'https://app.example/auth/identity' }, other)),
    'a client assertion': withToken(({ claims }, key) => signIdToken({ iss: claims.aud, sub: claims.aud, aud: 'https://login.microsoftonline.com/common/oauth2/v2.0/token', jti: 'x', exp: claims.exp, iat: claims.iat }, key)),
    'the value of a session cookie': (response) => ({ ...response, id_token: session }),
    'the value of an attempt cookie': (response) => ({ ...response, id_token: begun.cookie.split('=').slice(1).join('=') })
  }
  for (const [title, answer] of Object.entries(changes)) {
    await isRefused(t, world, title, { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer }))
  }
})

tries('T31', 'a hash of another access token is refused', async (t, engine) => {
  const world = await startWorld(t, engine)
  await isRefused(t, world, 'at_hash', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer: withClaims({ at_hash: encode(createHmac('sha256', 'x').update('y').digest().subarray(0, 16)) }) }))
})

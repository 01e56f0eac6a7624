import { constants, sign } from 'node:crypto'
import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import { isEntraError } from '../../src/core/errors.ts'
import { createKeySet } from '../../src/verification/keys.ts'
import { staticKeySet } from '../../src/verification/signing-keys.ts'
import { tenantRuleOf } from '../../src/verification/tenant.ts'
import { type Expected, verifyIdToken } from '../../src/verification/token.ts'
import {
  accessToken, ada, claimsOf, clientId, compose, contoso, expectedOf, halfHash, keySetOf, macIdToken, makeKey, mallorys, nonce, now, personal, refusalOf, seconds,
  signIdToken, testWorld
} from './tokens.ts'

const key = makeKey('work')
const otherKey = makeKey('work')

/** The outcome of a token with these claims. */
const outcomeOf = (claims: Record<string, unknown>, expected: Partial<Expected> = {}): Promise<string> =>
  refusalOf(verifyIdToken(signIdToken(claimsOf(claims), key), expectedOf([key], expected)))

t.test('a token of Microsoft gives an identity and its claims', async (t) => {
  const claims = claimsOf({ email: 'ada@contoso.example' })
  const { identity, claims: verified } = await verifyIdToken(signIdToken(claims, key), expectedOf([key]))
  t.same(identity, { tid: contoso, oid: ada, sub: claims.sub, iss: `${publicCloud}/${contoso}/v2.0`, authority: publicCloud })
  t.same(verified, claims)
  t.ok(Object.isFrozen(identity))
  t.ok(Object.isFrozen(verified))
  t.equal(Object.getPrototypeOf(verified), null)
})

t.test('a signature must be made with the key that the kid names (T01, T04, T05, T07)', async (t) => {
  const expected = expectedOf([key])
  const token = signIdToken(claimsOf(), key)
  const [header, , signature] = token.split('.') as [string, string, string]
  const rs256 = { typ: 'JWT', alg: 'RS256', kid: 'work' }
  const forged = {
    'claims swapped under an old signature': `${header}.${signIdToken(claimsOf({ oid: contoso }), key).split('.')[1]}.${signature}`,
    'header swapped under an old signature': signIdToken(claimsOf(), key, { x: 1 }).replace(/[^.]+$/, signature),
    'another key with the same kid': signIdToken(claimsOf(), otherKey),
    'RS512 under the name of RS256': compose(JSON.stringify(rs256), JSON.stringify(claimsOf()), (input) => sign('sha512', Buffer.from(input), key.privateKey)),
    'PS256 under the name of RS256': compose(JSON.stringify(rs256), JSON.stringify(claimsOf()), (input) => sign('sha256', Buffer.from(input), {
      key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING
    })),
    'an HMAC with the public key under the name of RS256': macIdToken(claimsOf(), JSON.stringify(key.jwk), rs256),
    garbage: compose(JSON.stringify(rs256), JSON.stringify(claimsOf()), () => Buffer.from('garbage'))
  }
  for (const [name, token] of Object.entries(forged)) {
    t.equal(await refusalOf(verifyIdToken(token, expected)), 'invalid_token signature', name)
  }
  t.equal(await refusalOf(verifyIdToken(macIdToken(claimsOf(), 'the-client-secret', { ...rs256, alg: 'HS256' }), expected)), 'invalid_token alg')
  t.equal(await refusalOf(verifyIdToken(token, expected)), 'holds', 'positive control')
})

t.test('a refusal holds nothing of the token', async (t) => {
  const refused = await verifyIdToken(signIdToken(claimsOf({ email: 'ada@contoso.example' }), otherKey), expectedOf([key])).catch((error: unknown) => error)
  if (!isEntraError(refused)) return t.fail('not a refusal')
  t.equal(refused.cause, undefined)
  t.same(refused.detail, { reason: 'signature' })
})

t.test('a kid that no key has is refused, and is no path, query or member (T10)', async (t) => {
  for (const kid of ['unknown', '../../../../dev/null', "' OR 1=1--", '__proto__', 'constructor', 'WORK', 'work ']) {
    t.equal(await refusalOf(verifyIdToken(signIdToken(claimsOf(), key, { kid }), expectedOf([key]))), 'invalid_token unknown_key', kid)
  }
})

t.test('a thousand tokens with made-up kids cause one fetch; a malformed one none (T11)', async (t) => {
  const world = testWorld(() => Response.json(keySetOf(key)))
  const expected = expectedOf([], { keys: createKeySet({ url: 'https://login.example/keys', environment: world }) })
  t.equal(await refusalOf(verifyIdToken('a.b.c', expected)), 'invalid_token segments')
  t.equal(await refusalOf(verifyIdToken(signIdToken('[]', key), expected)), 'invalid_token payload')
  t.equal(world.requests.length, 0)
  const [, payload, signature] = signIdToken(claimsOf(), key).split('.') as [string, string, string]
  for (let index = 0; index < 1_000; index++) {
    const header = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'RS256', kid: `made-up-${index}` })).toString('base64url')
    await t.rejects(verifyIdToken(`${header}.${payload}.${signature}`, expected), { code: 'invalid_token', detail: { reason: 'unknown_key' } })
  }
  t.equal(world.requests.length, 1)
  t.equal(await refusalOf(verifyIdToken(signIdToken(claimsOf(), key), expected)), 'holds')
})

t.test('a failing key source speaks for itself', async (t) => {
  const keys = createKeySet({ url: 'https://login.example/keys', environment: testWorld(() => new Response('', { status: 503 })) })
  t.equal(await refusalOf(verifyIdToken(signIdToken(claimsOf(), key), expectedOf([], { keys }))), 'provider_unavailable keys_status_503')
})

t.test('a key signs only for the issuer that it names (T13)', async (t) => {
  const outcomes = async (issuer: unknown, tid: string): Promise<string> => {
    const scoped = { ...key, jwk: { ...key.jwk, issuer } }
    return await refusalOf(verifyIdToken(signIdToken(claimsOf({ tid }), key), expectedOf([scoped as typeof key])))
  }
  const base = publicCloud
  t.equal(await outcomes(`${base}/${personal}/v2.0`, contoso), 'invalid_token key_issuer', 'the key of personal accounts')
  t.equal(await outcomes(`${base}/${mallorys}/v2.0`, contoso), 'invalid_token key_issuer', 'the key of another tenant')
  for (const issuer of [undefined, '', '{tenantid}', `${base}/{tenantid}/v2.0/`, `${base}/{tenantid}`, `${base}/{tenantId}/v2.0`, `${base}/common/v2.0`, 'https://sts.windows.net/{tenantid}/', 'https://login.microsoftonline.us/{tenantid}/v2.0']) {
    t.equal(await outcomes(issuer, contoso), 'invalid_token key_issuer', String(issuer))
  }
  t.equal(await outcomes(`${base}/{tenantid}/v2.0`, contoso), 'holds', 'positive control')
  t.equal(await outcomes(`${base}/${contoso}/v2.0`, contoso), 'holds', 'positive control')
  t.equal(await outcomes(`${base}/${personal}/v2.0`, personal), 'holds', 'positive control')
})

t.test('a key signs only for the cloud that it names (T14)', async (t) => {
  const outcomes = async (cloud: unknown, base: string = publicCloud): Promise<string> => {
    const scoped = { ...key, jwk: { ...key.jwk, issuer: `${base}/{tenantid}/v2.0`, cloud_instance_name: cloud } }
    const token = signIdToken(claimsOf({ iss: `${base}/${contoso}/v2.0` }), key)
    return await refusalOf(verifyIdToken(token, expectedOf([scoped as typeof key], { authority: authorityOf(base) })))
  }
  for (const cloud of ['microsoftonline.us', 'partner.microsoftonline.cn', 'MICROSOFTONLINE.COM', '']) {
    t.equal(await outcomes(cloud), 'invalid_token key_cloud_instance', cloud)
  }
  t.equal(await outcomes('microsoftonline.com'), 'holds')
  t.equal(await outcomes(undefined), 'holds', 'not every key has one')
  t.equal(await outcomes('microsoftonline.us', 'https://login.microsoftonline.us'), 'holds')
  t.equal(await outcomes('microsoftonline.com', 'https://login.microsoftonline.us'), 'invalid_token key_cloud_instance')
  t.equal(await outcomes('microsoftonline.com', 'https://login.example'), 'invalid_token key_cloud_instance', 'an unknown cloud has no name')
  t.equal(await outcomes('microsoftonline.com', 'http://localhost:3000/microsoft-simulator'), 'holds', 'a stand-in for the public cloud')
})

t.test('the issuer is exactly that of the tenant in the token (T15, T18, T19)', async (t) => {
  const iss = `${publicCloud}/${contoso}/v2.0`
  const wrong = [
    undefined, null, 5, [iss], '', `${publicCloud}/${mallorys}/v2.0`, iss.replace('https', 'http'), `${iss}/`, iss.replace('/v2.0', ''), `${iss}/extra`, `${iss}?x`, ` ${iss}`,
    `https://sts.windows.net/${contoso}/`, iss.replace('.com', '.com.evil.example'), iss.replace('.com', '.com@evil.example'), iss.replace('.com', '.com:443'), iss.replace('.com', '.com:444'),
    iss.replace('login.microsoftonline.com', 'LOGIN.MICROSOFTONLINE.COM'), `${publicCloud}/{tenantid}/v2.0`, `${publicCloud}/common/v2.0`, `${publicCloud}//${contoso}/v2.0`,
    'https://attacker.example', `https://attacker.example/${contoso}/v2.0`, `https://login.microsoftonline.us/${contoso}/v2.0`, `https://contoso.ciamlogin.com/${contoso}/v2.0`
  ]
  for (const value of wrong) t.equal(await outcomeOf({ iss: value }), 'invalid_token iss', String(value))
  t.equal(await outcomeOf({ iss }), 'holds')
})

t.test('tid is a GUID, and nothing is fetched by what it says (T16)', async (t) => {
  const world = testWorld(() => Response.json(keySetOf(key)))
  const keys = createKeySet({ url: 'https://login.example/keys', environment: world })
  for (const tid of [
    'common', 'organizations', 'contoso.onmicrosoft.com', `../${contoso}`, `${contoso}/../${mallorys}`, `{${contoso}}`, contoso.replace('5', '%35'), [contoso], 5, null, '', ` ${contoso}`,
    contoso.replaceAll('-', ''), `${contoso}\n`
  ]) {
    t.equal(await outcomeOf({ tid, iss: `${publicCloud}/${String(tid)}/v2.0` }, { keys }), 'invalid_token tid', JSON.stringify(tid))
  }
  t.equal(await outcomeOf({ tid: undefined, iss: `${publicCloud}/${contoso}/v2.0` }, { keys }), 'invalid_token tid', 'missing')
  t.same(world.requests.map(({ url }) => url), ['https://login.example/keys'])
})

t.test('letter case never makes a second identity (T17)', async (t) => {
  const upper = contoso.toUpperCase()
  const token = signIdToken(claimsOf({ tid: upper, oid: ada.toUpperCase() }), key)
  const { identity } = await verifyIdToken(token, expectedOf([key]))
  t.same(identity, (await verifyIdToken(signIdToken(claimsOf(), key), expectedOf([key]))).identity)
  t.equal(await outcomeOf({ tid: upper, iss: `${publicCloud}/${contoso}/v2.0` }), 'invalid_token iss', 'two spellings in one token are none')
  t.equal(await outcomeOf({ tid: personal.toUpperCase() }, { tenant: tenantRuleOf('organizations') }), 'tenant_not_allowed account_class', 'and opens no door')
  t.equal(await outcomeOf({ tid: upper }, { tenant: tenantRuleOf(contoso) }), 'holds')
})

t.test('only accounts of the tenants that the operator chose sign in (T20)', async (t) => {
  const outcomes: Array<readonly [tenant: string, allowed: string[] | undefined, tid: string, outcome: string]> = [
    ['organizations', undefined, personal, 'tenant_not_allowed account_class'], ['organizations', undefined, contoso, 'holds'],
    ['consumers', undefined, contoso, 'tenant_not_allowed account_class'], ['consumers', undefined, personal, 'holds'],
    [contoso, undefined, mallorys, 'tenant_not_allowed tenant'], [contoso, undefined, contoso, 'holds'],
    ['common', [contoso], mallorys, 'tenant_not_allowed tenant'], ['common', [contoso], contoso, 'holds'], ['common', undefined, mallorys, 'holds']
  ]
  for (const [tenant, allowed, tid, outcome] of outcomes) {
    t.equal(await outcomeOf({ tid }, { tenant: tenantRuleOf(tenant, allowed) }), outcome, `${tenant}, ${String(allowed)}: ${tid}`)
  }
})

t.test('the audience is one string, this application, and so is who asked (T22)', async (t) => {
  for (const aud of [undefined, null, '', [clientId], [clientId, 'other'], 'other', clientId.toUpperCase(), `api://${clientId}`, 5]) {
    t.equal(await outcomeOf({ aud }), 'invalid_token aud', JSON.stringify(aud))
  }
  for (const name of ['azp', 'appid']) {
    for (const value of ['other', null, '', [clientId], clientId.toUpperCase()]) t.equal(await outcomeOf({ [name]: value }), `invalid_token ${name}`, JSON.stringify(value))
    t.equal(await outcomeOf({ [name]: clientId }), 'holds')
  }
})

t.test('the version is 2.0 (T41)', async (t) => {
  for (const ver of [undefined, null, '1.0', 2, 2.0, '2', '2.00', ['2.0']]) t.equal(await outcomeOf({ ver }), 'invalid_token ver', JSON.stringify(ver))
})

t.test('the nonce is that of this attempt (T24, T25)', async (t) => {
  for (const value of [undefined, null, '', 'other', nonce.slice(0, -1), `${nonce}x`, nonce.toUpperCase(), [nonce], 5]) {
    t.equal(await outcomeOf({ nonce: value }), 'invalid_token nonce', JSON.stringify(value))
  }
  t.equal(await outcomeOf({}, { nonce: 'the-nonce-of-another-attempt' }), 'invalid_token nonce', 'the same token again')
  t.equal(await outcomeOf({ nonce: '' }, { nonce: '' }), 'invalid_token nonce', 'an empty nonce is none')
})

t.test('exp, nbf and iat hold within 60 seconds (T26, T28)', async (t) => {
  const day = 86_400
  const table: Array<readonly [claim: string, value: unknown, holds: boolean]> = [
    ['exp', seconds - 61, false], ['exp', seconds - 60, false], ['exp', seconds - 59, true], ['exp', seconds + 1, true], ['exp', Number.MAX_SAFE_INTEGER, true],
    ['nbf', seconds + 61, false], ['nbf', seconds + 60, true], ['nbf', seconds + 59, true], ['nbf', undefined, true], ['nbf', -1, true],
    ['iat', seconds + 61, false], ['iat', seconds + 60, true], ['iat', seconds - day, true], ['iat', seconds - day - 1, false], ['iat', seconds + 3_600, false], ['iat', seconds - 8 * day, false],
    ['exp', undefined, false], ['iat', undefined, false], ['iat', -1, false], ['exp', -1, false], ['exp', 2 ** 53, false]
  ]
  for (const claim of ['exp', 'nbf', 'iat']) {
    for (const value of [null, '9999999999', `${seconds}`, seconds + 0.5, true, [seconds], {}, '']) table.push([claim, value, false])
  }
  for (const [claim, value, holds] of table) {
    t.equal(await outcomeOf({ [claim]: value }), holds ? 'holds' : `invalid_token ${claim}`, `${claim} ${JSON.stringify(value)}`)
  }
  for (const number of ['1e309', '-1e309', '9007199254740993']) {
    const text = JSON.stringify(claimsOf()).replace(/"exp":\d+/, `"exp":${number}`)
    t.equal(await refusalOf(verifyIdToken(signIdToken(text, key), expectedOf([key]))), 'invalid_token exp', number)
  }
  const text = JSON.stringify(claimsOf()).replace(/"exp":\d+/, '"exp":NaN')
  t.equal(await refusalOf(verifyIdToken(signIdToken(text, key), expectedOf([key]))), 'invalid_token payload', 'NaN is no JSON')
})

t.test('fractions of a second count', async (t) => {
  t.equal(await outcomeOf({ exp: seconds - 60 }, { now: () => now - 1 }), 'holds')
  t.equal(await outcomeOf({ nbf: seconds + 60 }, { now: () => now - 1 }), 'invalid_token nbf')
})

t.test('a token that Microsoft signed years ago verifies with the clock set back', async (t) => {
  const then = Date.UTC(2021, 4, 4) / 1_000
  const claims = { iat: then, nbf: then, exp: then + 3_900 }
  t.equal(await outcomeOf(claims), 'invalid_token exp')
  t.equal(await outcomeOf(claims, { now: () => (then + 60) * 1_000 }), 'holds')
})

t.test('an identity needs oid and sub; nothing stands in for them (T29, E20)', async (t) => {
  const email = { email: 'ada@contoso.example', upn: 'ada@contoso.example', preferred_username: ada }
  t.equal(await outcomeOf({ ...email, oid: undefined }), 'invalid_token missing_oid')
  for (const oid of [null, '', 'null', 'ada', 5, [ada], `{${ada}}`, '00000000-0000-0000-0000-000000000000', `${ada}\u0000`, `\u0000${ada}`, ` ${ada}`]) {
    t.equal(await outcomeOf({ ...email, oid }), 'invalid_token oid', JSON.stringify(oid))
  }
  t.equal(await outcomeOf({ ...email, sub: undefined }), 'invalid_token missing_sub')
  for (const sub of [null, '', 5, ['sub'], 's'.repeat(256), 'su\u0000b', 'süb', '\ud800']) {
    t.equal(await outcomeOf({ ...email, sub }), 'invalid_token sub', JSON.stringify(sub).slice(0, 20))
  }
  t.equal(await outcomeOf({ sub: 's'.repeat(255) }), 'holds')
  t.equal(await outcomeOf({ oid: '00000000-0000-0000-66f3-3332eca7ea81' }), 'holds', 'personal accounts have such')
})

t.test('the refusal of a token without oid names the scope that brings it', async (t) => {
  const refused = await verifyIdToken(signIdToken(claimsOf({ oid: undefined }), key), expectedOf([key])).catch((error: unknown) => error)
  if (!isEntraError(refused)) return t.fail('not a refusal')
  t.equal(refused.detail.reason, 'missing_oid')
  t.match((refused.detail as { remedy?: string }).remedy, /scope "profile"/)
})

t.test('the same sub and oid in two tenants are two identities (T30)', async (t) => {
  const [one, two] = await Promise.all([contoso, mallorys].map(async (tid) =>
    (await verifyIdToken(signIdToken(claimsOf({ tid, sub: 'SAMESUB' }), key), expectedOf([key]))).identity))
  t.equal(one!.oid, two!.oid)
  t.equal(one!.sub, two!.sub)
  t.not(one!.tid, two!.tid)
  t.not(one!.iss, two!.iss)
})

t.test('hashes in a token are those of what came with it (T31)', async (t) => {
  for (const hash of [null, '', 'wrong', [halfHash(accessToken)], `${halfHash(accessToken)}=`, halfHash('another token')]) {
    t.equal(await outcomeOf({ at_hash: hash }), 'invalid_token at_hash', JSON.stringify(hash))
  }
  t.equal(await outcomeOf({ at_hash: halfHash(accessToken) }), 'holds')
  t.equal(await outcomeOf({ at_hash: halfHash(accessToken) }, { accessToken: undefined }), 'invalid_token at_hash', 'no access token, no proof')
  t.equal(await outcomeOf({ at_hash: null }, { accessToken: undefined }), 'invalid_token at_hash', 'nor is nothing the hash of nothing')
  t.equal(await outcomeOf({ c_hash: 'wrong' }, { code: 'the-code' }), 'invalid_token c_hash')
  t.equal(await outcomeOf({ c_hash: halfHash('the-code') }, { code: 'the-code' }), 'holds')
  t.equal(await outcomeOf({}, { code: 'the-code' }), 'holds', 'absent is normal')
})

t.test('at_hash is computed as OpenID Connect Core gives it', async (t) => {
  // The published example of section A.3: its access token and at_hash.
  t.equal(await outcomeOf({ at_hash: '77QmUPtjPfzWtF2AnpK9RQ' }, { accessToken: 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y' }), 'holds')
})

t.test('the iss parameter of the answer names the issuer of the token (RFC 9207)', async (t) => {
  const iss = `${publicCloud}/${contoso}/v2.0`
  for (const issuer of [`${publicCloud}/${mallorys}/v2.0`, '', `${iss}/`]) t.equal(await outcomeOf({}, { issuer }), 'invalid_token iss_parameter', issuer)
  t.equal(await outcomeOf({}, { issuer: iss }), 'holds')
})

t.test('other tokens are no ID tokens (T23)', async (t) => {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  t.equal(await outcomeOf({ events, nonce: undefined }), 'invalid_token nonce', 'a logout token')
  const accessTokenLike = signIdToken(claimsOf({ scp: 'User.Read' }), key, { typ: 'at+jwt' })
  t.equal(await refusalOf(verifyIdToken(accessTokenLike, expectedOf([key]))), 'invalid_token typ', 'an access token')
  const own = signIdToken(claimsOf({ iss: 'https://app.example/identity' }), makeKey('own'))
  t.equal(await refusalOf(verifyIdToken(own, expectedOf([key]))), 'invalid_token unknown_key', 'a token of our own')
  t.equal(await refusalOf(verifyIdToken('a-cookie.value', expectedOf([key]))), 'invalid_token segments', 'a cookie')
})

t.test('claims cannot change what objects are (T38)', async (t) => {
  const text = JSON.stringify(claimsOf()).slice(0, -1) + ',"__proto__":{"xms_edov":true},"constructor":{"prototype":{"verified":true}},"toString":"x"}'
  const { claims } = await verifyIdToken(signIdToken(text, key), expectedOf([key]))
  t.equal(claims.xms_edov, undefined)
  t.equal(({} as Record<string, unknown>).xms_edov, undefined)
  t.equal(({} as Record<string, unknown>).verified, undefined)
})

t.test('a token can be verified without a server, from a key set document', async (t) => {
  const { identity } = await verifyIdToken(signIdToken(claimsOf(), key), {
    authority: authorityOf(publicCloud), clientId, tenant: tenantRuleOf('common'), keys: staticKeySet(keySetOf(key)), nonce, now: () => now
  })
  t.equal(identity.oid, ada)
})

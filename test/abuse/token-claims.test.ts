import type { ErrorCode } from '../../src/core/errors.ts'
import { takesLong } from '../patient.ts'
import { makeKey, signIdToken } from '../verification/tokens.ts'
import { inTenant, keyFor, withClaims, withPayload, withToken } from './forge.ts'
import { me } from './people.ts'
import { type Changes, refuses } from './refuses.ts'
import { isRefused, tries } from './trial.ts'
import { type Setting, startWorld } from './world.ts'

takesLong()

const contoso = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
const mallorys = '1f469396-f6bc-4ba3-b8f8-ac48d1228f65'
const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
const microsoft = 'https://login.microsoftonline.com'
const now = Date.UTC(2021, 10, 22) / 1_000

/** One change for each value of a claim; `undefined` is a claim that is missing. */
const values = (name: string, ...given: unknown[]): Changes => Object.fromEntries(given.map((value) => [`${name} ${String(JSON.stringify(value)).slice(0, 60)}`, withClaims({ [name]: value })]))

refuses('T13', 'the key of personal accounts signs for no tenant', {
  'a work account\'s token by the personal key': async (response) => {
    const key = await keyFor({ tid: personal })
    return await withToken(({ claims }) => signIdToken(claims, key))(response)
  }
}, { account: 'noel' })

for (const [id, rule, changed] of [
  ['T13', 'a key of one tenant signs for no other', { issuer: `${microsoft}/${mallorys}/v2.0` }],
  ['T14', 'a key of another cloud signs for none of this one', { cloud_instance_name: 'microsoftonline.us' }]
] as const) {
  tries(id, rule, async (t, engine) => {
    const { kid } = await keyFor({ tid: contoso })
    const world = await startWorld(t, engine, { victim: 'pat', publish: (key) => key.kid === kid ? { ...key, ...changed } : key })
    await isRefused(t, world, 'a genuine token by that key', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('noel'))
    t.equal((await world.signIn('ada-home')).statusCode, 303, 'control: other keys sign')
  })
}

refuses('T15', 'issuer and tenant must agree', {
  'iss of Contoso, tid of another tenant': withClaims({ tid: mallorys }),
  'iss of another tenant, tid of Contoso': withClaims({ iss: `${microsoft}/${mallorys}/v2.0` })
}, { account: 'noel' })

tries('T16', 'a tenant is a GUID, and nothing is fetched by what a token says', async (t, engine) => {
  const world = await startWorld(t, engine)
  const before = { ...world.simulator.requests }
  for (const tid of ['common', 'organizations', 'contoso.onmicrosoft.com', `../${mallorys}`, `${contoso}/../${mallorys}`, `{${contoso}}`, '%41', [contoso], 5, null, undefined]) {
    const answer = withClaims({ tid, iss: `${microsoft}/${String(tid)}/v2.0` })
    await isRefused(t, world, `tid ${String(JSON.stringify(tid))}`, { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('noel', { answer }))
  }
  t.equal(world.simulator.requests.discovery, before.discovery)
})

tries('T17', 'a tenant in capital letters is the same tenant, or none', async (t, engine) => {
  const world = await startWorld(t, engine)
  await world.signIn('noel')
  const identities = async () => JSON.parse(await world.rows()).find(([name]: [string]) => name === 'identities')[1].length
  const before = await identities()
  for (const claims of [{ tid: contoso.toUpperCase() }, { tid: contoso.toUpperCase(), iss: `${microsoft}/${contoso.toUpperCase()}/v2.0` }, { iss: `${microsoft}/${contoso.toUpperCase()}/v2.0` }]) {
    const { statusCode } = await world.signIn('noel', { answer: withClaims(claims) })
    t.ok(statusCode === 303 || statusCode === 401)
    t.equal(await identities(), before, 'never a second identity')
  }
  t.equal((await world.signIn('noel')).statusCode, 303)
  t.equal(await identities(), before)
})

refuses('T18', 'an issuer is compared character by character', values('iss',
  `http://login.microsoftonline.com/${contoso}/v2.0`, `${microsoft}/${contoso}/v2.0/`, `${microsoft}/${contoso}`, `https://sts.windows.net/${contoso}/`,
  `https://login.microsoftonline.com.evil.com/${contoso}/v2.0`, `https://login.microsoftonline.com@evil.com/${contoso}/v2.0`, `${microsoft}:444/${contoso}/v2.0`,
  `https://LOGIN.MICROSOFTONLINE.COM/${contoso}/v2.0`, `${microsoft}/{tenantid}/v2.0`, `${microsoft}/common/v2.0`, [`${microsoft}/${contoso}/v2.0`], undefined, null, 5, ''), { account: 'noel' })

refuses('T19', 'another issuer\'s token is refused, and nobody asks that issuer for anything', {
  'with a key of its own': withToken(({ claims }) => signIdToken({ ...claims, iss: 'https://attacker.example' }, makeKey('attacker'))),
  'with a key that it says where to find': withToken(({ claims }) => signIdToken({ ...claims, iss: 'https://attacker.example' }, makeKey('attacker'), { jku: 'https://attacker.example/jwks', x5u: 'https://attacker.example/x' })),
  'with a key that it brings': withToken(({ claims }) => {
    const key = makeKey('attacker')
    return signIdToken({ ...claims, iss: 'https://attacker.example' }, key, { jwk: key.jwk })
  })
})

// Where Microsoft publishes no key for such a tenant in the first place, that is what is found first.
const tenantRules: Array<[rule: string, setting: Setting, account: string, foreign: string, code: ErrorCode]> = [
  ['a personal account is refused where only organizations may sign in', { options: { tenant: 'organizations' } }, 'noel', personal, 'tenant_not_allowed'],
  ['a work account is refused where only personal ones may', { options: { tenant: 'consumers' }, victim: 'ada-home' }, 'pat', contoso, 'invalid_token'],
  ['another tenant is refused where one may', { options: { tenant: contoso } }, 'noel', mallorys, 'invalid_token'],
  ['a tenant that is not in the list is refused', { options: { allowedTenants: [contoso, personal] } }, 'noel', mallorys, 'tenant_not_allowed']
]
for (const [rule, setting, account, foreign, code] of tenantRules) {
  refuses('T20', `${rule}, though the token is genuine`, { [`tid ${foreign}`]: inTenant(foreign) }, { ...setting, account, code })
}

refuses('T22', 'a token that was given to another application is refused', {
  ...values('azp', mallorys, '', 5), ...values('aud', mallorys, ['75dc5961-e437-46ec-aed8-b15e9eba24db'], undefined)
})

tries('T24', 'a token of another attempt is refused, and the attempt is gone', async (t, engine) => {
  const world = await startWorld(t, engine)
  const tab = await world.begin('pat')
  const other = tab.authorizationUrl.searchParams.get('nonce')!
  const change = (of: (nonce: string) => unknown): Changes[string] => withToken(({ claims }, key) => signIdToken({ ...claims, nonce: of(String(claims.nonce)) }, key))
  const changes: Changes = {
    missing: change(() => undefined),
    'that of another tab': change(() => other),
    'a part of it': change((nonce) => nonce.slice(0, -1)),
    'more than it': change((nonce) => `${nonce}x`),
    'in capital letters': change((nonce) => nonce.toUpperCase()),
    'in a list': change((nonce) => [nonce])
  }
  for (const [title, answer] of Object.entries(changes)) await isRefused(t, world, title, { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer }))
  await tab.finish()
  await isRefused(t, world, 'that of an attempt that is over', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer: change(() => other) }))
})

tries('T25', 'a token that was used is not used again', async (t, engine) => {
  const world = await startWorld(t, engine)
  let kept: unknown
  t.equal((await world.signIn('pat', { answer: (response) => { kept = response.id_token; return response } })).statusCode, 303)
  await isRefused(t, world, 'the same token in another attempt', { code: 'invalid_token', attempt: 'used' }, async () => await world.signIn('pat', { answer: (response) => ({ ...response, id_token: kept }) }))
})

refuses('T26', 'a token that has expired, or does not say when, is refused', {
  ...values('exp', now - 61, now - 3_600, undefined, '9999999999', -1, 2 ** 53, null),
  'exp 1e309': withPayload((payload) => payload.replace(/"exp":\d+/, '"exp":1e309')),
  'exp NaN': withPayload((payload) => payload.replace(/"exp":\d+/, '"exp":NaN'))
})

tries('T26', 'within a minute of its end a token still holds', async (t, engine) => {
  const world = await startWorld(t, engine)
  t.equal((await world.signIn('pat', { answer: withClaims({ exp: now - 59 }) })).statusCode, 303)
})

refuses('T28', 'a token that was made in the future, or long ago, is refused', values('iat', undefined, now + 3_600, now - 8 * 86_400, String(now), null))

refuses('T29', 'whose key is missing is nobody, whatever else there is', {
  ...values('oid', undefined, '', 'null', 'no-guid', '00000000-0000-0000-0000-000000000000'),
  ...values('sub', undefined, 5, 'x'.repeat(256), '')
}, { account: 'noel' })

tries('T29', 'the log says which scope brings the key', async (t, engine) => {
  const world = await startWorld(t, engine)
  await world.signIn('noel', { answer: withClaims({ oid: undefined }) })
  t.match(world.log(), /"reason":"missing_oid","remedy":"Ask for the scope/)
})

tries('T30', 'the same oid and sub in two tenants are two people', async (t, engine) => {
  const world = await startWorld(t, engine)
  const first = await world.signIn('noel')
  const second = await world.signIn('noel', { answer: inTenant(mallorys) })
  const ids = await Promise.all([first, second].map(async (response) => (await me(world, response)).id))
  t.equal(new Set([...ids, world.victim.id]).size, 3)
})

refuses('T32', 'a member that is there twice is refused, also where only the case differs', {
  'two tids': withPayload((payload) => payload.replace('{', `{"tid":"${mallorys}",`)),
  'two e-mail addresses': withPayload((payload) => payload.replace('{', '{"email":"a@b.example","email":"ada@contoso.example",')),
  'two xms_edov': withPayload((payload) => payload.replace('{', '{"xms_edov":true,"xms_edov":false,')),
  'tid and TID': withPayload((payload) => payload.replace('{', `{"TID":"${mallorys}",`)),
  'tid, written otherwise': withPayload((payload) => payload.replace('{', `{"\\u0074id":"${mallorys}",`))
}, { account: 'noel' })

refuses('T34', 'a token of more than 16 KiB is refused', {
  '64 KB': withClaims({ filler: 'x'.repeat(65_536) }),
  '300 KB': withClaims({ filler: 'x'.repeat(300_000) })
})

refuses('T34', 'an answer of more than a mebibyte is none', {
  '2 MB': withClaims({ filler: 'x'.repeat(2_000_000) }),
  '10 MB': withClaims({ filler: 'x'.repeat(10_000_000) })
}, { code: 'provider_error' })

tries('T38', 'claims do not become members of other objects', async (t, engine) => {
  const world = await startWorld(t, engine)
  const answer = withPayload((payload) => payload.replace('{', '{"__proto__":{"xms_edov":true,"verified":true},"constructor":{"prototype":{"verified":true}},"toString":"x",'))
  const response = await world.signIn('amir', { answer })
  t.ok(response.statusCode === 303 || response.statusCode === 401)
  t.equal(({} as Record<string, unknown>).xms_edov, undefined)
  t.equal(({} as Record<string, unknown>).verified, undefined)
  t.notMatch(await world.rows(), /"canonical": "amir@contoso.example"[^}]*"verified": 1/, 'amir\'s address is not verified by it')
})

refuses('T41', 'a token of version 1.0 is never taken', values('ver', '1.0', undefined, 2, '3.0'))

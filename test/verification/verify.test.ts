import t from 'tap'
import { authorityOf, publicCloud } from '../../src/core/authority.ts'
import type { Authorization } from '../../src/provider/types.ts'
import { readOptions } from '../../src/core/options.ts'
import { resolveVerification, type VerificationOptions, verificationOptionRules } from '../../src/verification/options.ts'
import type { VerifiedToken } from '../../src/verification/types.ts'
import { createVerification } from '../../src/verification/verify.ts'
import { accessToken, claimsOf, clientId, contoso, halfHash, keySetOf, makeKey, mallorys, nonce, now, personal, refusalOf, signIdToken, type TestWorld, testWorld } from './tokens.ts'

const key = makeKey('work')
const email = 'ada@contoso.example'

/** A verification whose authority answers with this key set, and how it takes tokens. */
function setUp ({ tenant = 'common', ...options }: { tenant?: string } & VerificationOptions = {}, answer: TestWorld['answer'] = () => Response.json(keySetOf(key)), base: string = publicCloud) {
  const world = testWorld(answer)
  const config = resolveVerification(readOptions<VerificationOptions>('verification', verificationOptionRules, options), { authority: authorityOf(base), clientId, tenant })
  const { verify } = createVerification(config, world)
  return { world, verify: (claims: Record<string, unknown>, more?: Partial<Authorization>) => verify(authorizationOf(claims, more)) }
}

function authorizationOf (claims: Record<string, unknown>, more: Partial<Authorization> = {}): Authorization {
  return {
    attempt: { state: 'state', nonce, verifier: 'verifier', returnTo: '/', intent: 'sign-in', startedAt: now },
    code: 'the-code',
    tokens: { idToken: signIdToken(claimsOf(claims), key), accessToken },
    ...more
  }
}

t.test('the second step makes an identity, a profile and a scored address of an authorization', async (t) => {
  const { world, verify } = setUp()
  const token: VerifiedToken = await verify({ email, xms_edov: '1', given_name: 'Ada\u0000' })
  t.equal(token.identity.tid, contoso)
  t.equal(token.profile.displayName, 'Ada Example')
  t.equal(token.profile.givenName, 'Ada')
  t.equal(token.email.score, 90)
  t.equal(token.verifiedEmail!.canonical, email)
  t.equal(token.claims.xms_edov, '1')
  t.ok(Object.isFrozen(token))
  await verify({ email })
  t.same(world.requests.map(({ url }) => url), ['https://login.microsoftonline.com/common/discovery/v2.0/keys'], 'keys are fetched once, and nothing else')
})

t.test('an address that nothing supports is there, and not verified (E01)', async (t) => {
  const { email: scored, verifiedEmail } = await setUp().verify({ email: 'victim@corp.example', tid: mallorys })
  t.equal(scored.address, 'victim@corp.example')
  t.equal(scored.verified, false)
  t.equal(verifiedEmail, null)
})

t.test('nonce, access token and issuer of the answer are those of this authorization', async (t) => {
  const { verify } = setUp()
  const other = authorizationOf({})
  t.equal(await refusalOf(verify({}, { attempt: { ...other.attempt, nonce: 'of-another-attempt' } })), 'invalid_token nonce')
  t.equal(await refusalOf(verify({ at_hash: halfHash('another') })), 'invalid_token at_hash')
  t.equal(await refusalOf(verify({ at_hash: halfHash(accessToken) })), 'holds')
  t.equal(await refusalOf(verify({}, { issuer: `${publicCloud}/${mallorys}/v2.0` })), 'invalid_token iss_parameter')
  t.equal(await refusalOf(verify({}, { issuer: `${publicCloud}/${contoso}/v2.0` })), 'holds')
})

t.test('the clock is that of the environment', async (t) => {
  const { world, verify } = setUp()
  t.equal(await refusalOf(verify({})), 'holds')
  world.time += 24 * 3_600_000
  t.equal(await refusalOf(verify({})), 'invalid_token exp')
})

t.test('the operator\'s options decide', async (t) => {
  t.equal((await setUp({ strictEdov: true }).verify({ email, xms_edov: '1' })).email.score, 0)
  t.equal((await setUp({ tenantDomains: { [contoso]: ['contoso.example'] } }).verify({ email })).email.score, 95)
  t.equal((await setUp({ threshold: 50, emailSources: ['upn', 'email'] }).verify({ upn: email })).verifiedEmail!.kind, 'upn')
  t.equal(await refusalOf(setUp({ allowedTenants: [contoso] }).verify({ tid: mallorys })), 'tenant_not_allowed tenant')
  t.equal(await refusalOf(setUp({ tenant: 'consumers' }).verify({})), 'tenant_not_allowed account_class')
})

t.test('a domain is looked up, and its tenant alone may sign in', async (t) => {
  const { world, verify } = setUp({ tenant: 'contoso.example' }, (url) => Response.json(
    url.endsWith('/openid-configuration') ? { issuer: `${publicCloud}/${contoso}/v2.0` } : keySetOf(key)
  ))
  t.equal(await refusalOf(verify({})), 'holds')
  t.equal(await refusalOf(verify({ tid: mallorys })), 'tenant_not_allowed tenant')
  t.same(world.requests.map(({ url }) => url), [
    'https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration',
    'https://login.microsoftonline.com/contoso.example/discovery/v2.0/keys'
  ])
})

t.test('an authority that is down is told from a bad token, and heals (D05, D11)', async (t) => {
  const { world, verify } = setUp({}, () => new Response('', { status: 500 }))
  t.equal(await refusalOf(verify({})), 'provider_unavailable keys_status_500')
  world.answer = () => Response.json(keySetOf(key))
  world.time += 5_000
  t.equal(await refusalOf(verify({})), 'holds')
})

t.test('a simulator below a path has issuers below that path', async (t) => {
  const base = 'http://localhost:3000/microsoft-simulator'
  const local = { ...key, jwk: { ...key.jwk, issuer: `${base}/{tenantid}/v2.0` } }
  const { world, verify } = setUp({}, () => Response.json(keySetOf(local)), base)
  t.equal(await refusalOf(verify({ iss: `${base}/${contoso}/v2.0` })), 'holds')
  t.equal(await refusalOf(verify({})), 'invalid_token iss', 'Microsoft itself is another authority')
  t.equal(world.requests[0]!.url, `${base}/common/discovery/v2.0/keys`)
})

t.test('a token that names the hash of another code is refused (T31)', async (t) => {
  const { verify } = setUp()
  t.equal(await refusalOf(verify({ c_hash: halfHash('another-code') })), 'invalid_token c_hash')
  t.equal(await refusalOf(verify({ c_hash: halfHash('the-code') })), 'holds')
})

t.test('a function decides about the tenant of a token that holds, and is asked about no other', async (t) => {
  const asked: string[] = []
  const { verify } = setUp({ tenant: 'organizations', allowedTenants: async (tid) => { asked.push(tid); return tid === contoso } })
  t.equal(await refusalOf(verify({})), 'holds')
  t.equal(await refusalOf(verify({ tid: contoso.toUpperCase() })), 'holds')
  t.equal(await refusalOf(verify({ tid: mallorys })), 'tenant_not_allowed tenant')
  t.same(asked, [contoso, contoso, mallorys], 'in lower case')
  t.equal(await refusalOf(verify({ tid: personal })), 'tenant_not_allowed account_class')
  t.equal(await refusalOf(verify({ nonce: 'another' })), 'invalid_token nonce')
  t.equal(await refusalOf(verify({}, { tokens: { idToken: signIdToken(claimsOf(), makeKey('work')), accessToken } })), 'invalid_token signature')
  t.equal(asked.length, 3, 'nobody but Microsoft can have it asked')
})

t.test('what the function throws is told, and refuses', async (t) => {
  const failures: unknown[] = []
  const config = resolveVerification(readOptions<VerificationOptions>('verification', verificationOptionRules, { allowedTenants: () => { throw new Error('down') } }), { authority: authorityOf(publicCloud), clientId, tenant: 'common' })
  const { verify, allows } = createVerification(config, testWorld(() => Response.json(keySetOf(key))), (failure) => { failures.push(failure) })
  t.equal(await refusalOf(verify(authorizationOf({}))), 'server_error allowed_tenants_threw')
  t.equal(await refusalOf(allows(contoso)), 'server_error allowed_tenants_threw')
  t.match(failures, [{ message: 'down' }, { message: 'down' }])
  const silent = createVerification(config, testWorld(() => Response.json(keySetOf(key))))
  t.equal(await refusalOf(silent.allows(contoso)), 'server_error allowed_tenants_threw', 'also where nobody listens')
})

t.test('sessions stay where tenant and function let them', async (t) => {
  const asked: string[] = []
  const config = resolveVerification(readOptions<VerificationOptions>('verification', verificationOptionRules, { allowedTenants: (tid: string) => { asked.push(tid); return tid === contoso } }), { authority: authorityOf(publicCloud), clientId, tenant: 'organizations' })
  const { allows } = createVerification(config, testWorld(() => Response.json({})))
  t.same([await allows(contoso), await allows(mallorys), await allows(personal)], [true, false, false])
  t.same(asked, [contoso, mallorys], 'never about a tenant that "tenant" leaves out')
})

t.test('max_age counts back from the request, not from the callback', async (t) => {
  const { world, verify } = setUp()
  const { attempt } = authorizationOf({})
  const asked = (authTime: unknown) => verify({ auth_time: authTime }, { attempt: { ...attempt, maxAge: 0 } })
  world.time += 9 * 60_000
  t.equal(await refusalOf(asked(now / 1_000 + 5)), 'holds', 'whoever takes nine minutes at Microsoft has still shown who they are')
  t.equal(await refusalOf(asked(now / 1_000 - 61)), 'reauth_required auth_time_too_old')
  t.equal(await refusalOf(asked(undefined)), 'reauth_required auth_time_missing')
  t.equal(await refusalOf(verify({})), 'holds', 'an attempt that was started by an older version has none')
})

t.test('keys of the application\'s own are asked for by its id, and are no others', async (t) => {
  const own = makeKey('own')
  const answer: TestWorld['answer'] = (url) => Response.json(keySetOf(url.endsWith(`?appid=${clientId}`) ? own : key))
  const signed = { tokens: { idToken: signIdToken(claimsOf(), own), accessToken } }
  const withOption = setUp({ tenant: contoso, appSpecificKeys: true }, answer)
  t.equal(await refusalOf(withOption.verify({}, signed)), 'holds')
  t.same(withOption.world.requests.map(({ url }) => url), [`${publicCloud}/${contoso}/discovery/v2.0/keys?appid=${clientId}`])
  t.equal(await refusalOf(withOption.verify({})), 'invalid_token unknown_key', 'Microsoft\'s usual key signs for it no longer')
  const without = setUp({ tenant: contoso }, answer)
  t.equal(await refusalOf(without.verify({}, signed)), 'invalid_token unknown_key')
  await t.rejects(without.verify({}, signed), { code: 'invalid_token', detail: { remedy: /"appSpecificKeys" must be true/ } })
})

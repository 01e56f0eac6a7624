import { constants, createHmac, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import t, { type Test } from 'tap'
import { readOptions } from '../../src/core/options.ts'
import { type SimulatorOptions, simulatorOptionRules } from '../../src/simulator/options.ts'
import { register } from '../../src/simulator/registration.ts'
import type { Application } from '../../src/simulator/types.ts'
import { makeCertificate, rsaKey } from '../credentials/certificates.ts'
import { type Fields, numbers, redirectUri, simulate, startOfTime, testEnvironment, webApp } from './simulated.ts'

const own = makeCertificate('app')
const old = makeCertificate('old', { to: '20261121' })
const future = makeCertificate('future', { from: '20261123' })
const foreign = makeCertificate('foreign')
const cluster = rsaKey('cluster')
const issuer = 'https://cluster.example/'
const subject = 'system:serviceaccount:shop:web'
const options: SimulatorOptions = {
  clientId: webApp.clientId,
  certificates: [own.certificate, old.certificate, future.certificate],
  redirectUris: [redirectUri],
  federatedCredentials: [
    { issuer, subject, keys: { keys: [{ ...cluster.publicKey.export({ format: 'jwk' }), kid: 'k1' }] } },
    { issuer: 'https://set.example', subject, keys: { keys: [cluster.publicKey.export({ format: 'jwk' })] } },
    { issuer: 'https://pem.example', subject, audience: 'own', keys: cluster.publicKey.export({ type: 'spki', format: 'pem' }) as string }
  ]
}
const { application } = register(readOptions<SimulatorOptions>('simulator', simulatorOptionRules, options), testEnvironment())
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const endpoint = 'https://login.microsoftonline.com/common/oauth2/v2.0/token'
const now = startOfTime / 1_000

type Part = Record<string, unknown>

function thumbprints (certificate: string): { sha1: string, sha256: string } {
  const { fingerprint, fingerprint256 } = new X509Certificate(certificate)
  const encode = (text: string): string => Buffer.from(text.replaceAll(':', ''), 'hex').toString('base64url')
  return { sha1: encode(fingerprint), sha256: encode(fingerprint256) }
}

function token (header: Part, claims: Part, key: KeyObject = own.key): string {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signature = header.alg === 'HS256'
    ? createHmac('sha256', own.certificate).update(signed).digest()
    : sign('sha256', Buffer.from(signed), header.alg === 'PS256' ? pss : key)
  return `${signed}.${signature.toString('base64url')}`
}

const assertionHeader: Part = { alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprints(own.certificate).sha256 }
const assertionClaims: Part = { aud: endpoint, iss: webApp.clientId, sub: webApp.clientId, jti: 'j', nbf: now, iat: now, exp: now + 300 }
const assertion = (claims: Part = {}, header: Part = {}, key?: KeyObject): string => token({ ...assertionHeader, ...header }, { ...assertionClaims, ...claims }, key)
const federated = (claims: Part = {}, header: Part = {}, key: KeyObject = cluster.privateKey): string =>
  token({ alg: 'RS256', typ: 'JWT', kid: 'k1', ...header }, { aud: 'api://AzureADTokenExchange', iss: issuer, sub: subject, exp: now + 3_600, ...claims }, key)

async function numbersOf (clientAssertion: string, parameters: Fields = {}, one: Application = application, tenant = 'common'): Promise<unknown> {
  const { code, redeem } = simulate({ applications: [one] })
  const asked = { client_secret: undefined, client_assertion_type: jwtBearer, client_assertion: clientAssertion, ...parameters }
  const answer = await redeem({ code: await code('ada', {}, { tenant }), ...asked }, { tenant })
  return answer.status === 200 ? 'taken' : numbers(answer)
}

async function check (t: Test, cases: ReadonlyArray<readonly [title: string, clientAssertion: string, expected: unknown, parameters?: Fields]>): Promise<void> {
  for (const [title, clientAssertion, expected, parameters] of cases) t.strictSame(await numbersOf(clientAssertion, parameters), expected, title)
}

t.test('an assertion that a registered certificate signed authenticates the client: by PS256, and by RS256 as MSAL still does', async (t) => {
  const { sha1, sha256 } = thumbprints(own.certificate)
  await check(t, [
    ['PS256 with x5t#S256', assertion(), 'taken'],
    ['RS256 with x5t', assertion({}, { alg: 'RS256', 'x5t#S256': undefined, x5t: sha1 }), 'taken'],
    ['PS256 with x5t', assertion({}, { 'x5t#S256': undefined, x5t: sha1 }), 'taken'],
    ['a far end: Microsoft sets no limit', assertion({ exp: now + 86_400 }), 'taken'],
    ['by a clock that is ahead', assertion({ nbf: now + 300 }), 'taken'],
    ['without nbf and jti', assertion({ nbf: undefined, jti: undefined }), 'taken'],
    ['the wrong thumbprint in the other member', assertion({}, { 'x5t#S256': undefined, x5t: sha256 }), [700027]]
  ])
  const tenant = 'contoso.example'
  const tid = '62d81b84-3105-40cb-979d-5dd0aafa28d9'
  for (const aud of [`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, `https://login.microsoftonline.com/${tid}/oauth2/v2.0/token`, `https://login.microsoftonline.com/${tid}/v2.0`]) {
    t.equal(await numbersOf(assertion({ aud }), {}, application, tenant), 'taken', aud)
  }
  t.strictSame(await numbersOf(assertion(), {}, application, tenant), [700023], 'another tenant\'s endpoint')
})

t.test('MSAL sends an assertion until it expires, so it may come again, with another code', async (t) => {
  const { code, redeem } = simulate({ applications: [application] })
  const asked = { client_secret: undefined, client_assertion_type: jwtBearer, client_assertion: assertion() }
  for (const issued of [await code(), await code()]) t.equal((await redeem({ code: issued, ...asked })).status, 200)
})

t.test('what is wrong with an assertion has its number, and the code is still good', async (t) => {
  await check(t, [
    ['no type', assertion(), [900144], { client_assertion_type: undefined }],
    ['another type', assertion(), [90011], { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
    ['a secret beside it', assertion(), [90023], { client_secret: 'the-right-secret' }],
    ['two parts', 'a.b', [50027]],
    ['four parts', `${assertion()}.x`, [50027]],
    ['no base64url', `${assertion()}=`, [50027]],
    ['no JSON', 'YQ.YQ.YQ', [50027]],
    ['a list of audiences', assertion({ aud: [endpoint] }), [50027]],
    ['no issuer', assertion({ iss: undefined }), [50027]],
    ['no subject', assertion({ sub: undefined }), [50027]],
    ['no end', assertion({ exp: undefined }), [50027]],
    ['a beginning that is no number', assertion({ nbf: '0' }), [50027]],
    ['no thumbprint', assertion({}, { 'x5t#S256': undefined }), [700027]],
    ['the thumbprint of a stranger', assertion({}, { 'x5t#S256': thumbprints(foreign.certificate).sha256 }, foreign.key), [700027]],
    ['the key of a stranger', assertion({}, {}, foreign.key), [700027]],
    ['claims that were changed', assertion().replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...assertionClaims, exp: now + 301 })).toString('base64url')}.`), [700027]],
    ['none', assertion({}, { alg: 'none' }), [700027]],
    ['HS256 with the certificate as secret', assertion({}, { alg: 'HS256' }), [700027]],
    ['an expired certificate', assertion({}, { 'x5t#S256': thumbprints(old.certificate).sha256 }, old.key), [1000502]],
    ['a certificate of tomorrow', assertion({}, { 'x5t#S256': thumbprints(future.certificate).sha256 }, future.key), [1000502]],
    ['another issuer', assertion({ iss: 'cf4564cf-724f-42c2-8e5f-669d39743300' }), [700021]],
    ['another subject', assertion({ sub: 'cf4564cf-724f-42c2-8e5f-669d39743300' }), [700021]],
    ['another audience', assertion({ aud: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/token' }), [700023]],
    ['the first version of the endpoint', assertion({ aud: 'https://login.microsoftonline.com/common/oauth2/token' }), [700023]],
    ['an end that is now', assertion({ exp: now }), [700024]],
    ['a beginning that is to come', assertion({ nbf: now + 301 }), [700024]]
  ])
  t.strictSame(await numbersOf(assertion(), {}, webApp), [700027], 'an application without certificates')
  const { code, redeem } = simulate({ applications: [application] })
  const issued = await code()
  const asked = { code: issued, client_secret: undefined, client_assertion_type: jwtBearer }
  t.equal((await redeem({ ...asked, client_assertion: assertion({ exp: now }) })).status, 401)
  t.equal((await redeem({ ...asked, client_assertion: assertion() })).status, 200)
})

t.test('a token of an issuer that the application trusts authenticates it', async (t) => {
  await check(t, [
    ['by key id', federated(), 'taken'],
    ['by a key without id, for an audience of its own', federated({ iss: 'https://pem.example', aud: 'own' }, { kid: 'any' }), 'taken'],
    ['by a set whose keys have no ids', federated({ iss: 'https://set.example' }, { kid: undefined }), 'taken'],
    ['another issuer', federated({ iss: 'https://cluster.example' }), [700211]],
    ['another subject', federated({ sub: 'system:serviceaccount:shop:Web' }), [700213]],
    ['another audience', federated({ aud: 'api://azureadtokenexchange' }), [700212]],
    ['an unknown key id', federated({}, { kid: 'k2' }), [700027]],
    ['a key of a stranger', federated({}, {}, foreign.key), [700027]],
    ['PS256', federated({}, { alg: 'PS256' }), [700027]],
    ['an end that is past', federated({ exp: now }), [700024]],
    ['a beginning that is to come', federated({ nbf: now + 301 }), [700024]]
  ])
  t.strictSame(await numbersOf(federated(), {}, webApp), [700211], 'an application that trusts nobody')
})

t.test('what is registered must be what it says', async (t) => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const registered = (given: object): unknown => register(readOptions<SimulatorOptions>('fastify-entra/simulator', simulatorOptionRules, given), testEnvironment())
  const federation = { issuer, subject, keys: { keys: [] } }
  for (const [given, message] of [
    [{ clientSecrets: ['secret'] }, /"clientSecrets" must be a list of secrets/],
    [{ clientSecrets: [{ value: 'short' }] }, /clientSecrets\[0\]: option "value" must be at least eight/],
    [{ clientSecrets: [{ value: 'long-enough', expiresAt: '2027' }] }, /"expiresAt" must be milliseconds/],
    [{ certificates: ['/etc/cert.pem'] }, /"certificates" must be a list of certificates in PEM/],
    [{ certificates: [own.certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'] }, /"certificates\[1\]" must be a certificate in PEM, but it cannot be read/],
    [{ federatedCredentials: ['x'] }, /"federatedCredentials" must be a list/],
    [{ federatedCredentials: [{ ...federation, issuer: 'cluster' }] }, /federatedCredentials\[0\]: option "issuer" must be a URL/],
    [{ federatedCredentials: [{ ...federation, keys: {} }] }, /"keys" must be a JWK set/],
    [{ federatedCredentials: [{ ...federation, keys: 'no key' }] }, /"federatedCredentials\[0\]\.keys" must be a public RSA key, but it cannot be read/],
    [{ federatedCredentials: [{ ...federation, keys: { keys: [elliptic.export({ format: 'jwk' })] } }] }, /"federatedCredentials\[0\]\.keys\.keys\[0\]" must be, or hold, a public RSA key, but one of the type ec/]
  ] as const) t.throws(() => registered(given), { code: 'FST_ENTRA_CONFIGURATION', message }, message.source)
  t.match(register(readOptions<SimulatorOptions>('s', simulatorOptionRules, { clientSecret: 'the-first-one', clientSecrets: [{ value: 'the-second', expiresAt: 5 }] }), testEnvironment()).application.clientSecrets, [{ value: 'the-first-one' }, { value: 'the-second', expiresAt: 5 }])
})

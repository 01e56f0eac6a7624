import { createHash, verify, constants, X509Certificate } from 'node:crypto'
import jsonwebtoken from 'jsonwebtoken'
import t from 'tap'
import { signAssertion } from '../../src/credentials/assertion.ts'
import { readCertificate } from '../../src/credentials/certificate.ts'
import { seededBytes } from '../random.ts'
import { makeCertificate } from './certificates.ts'

const clientId = '11111111-aaaa-bbbb-cccc-000000000001'
const tokenEndpoint = 'https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token'
const now = Date.UTC(2026, 10, 22, 1, 2, 3, 900)
const pair = makeCertificate()
const certificate = readCertificate(pair, 'here')
const environment = { now: () => now, randomBytes: seededBytes('assertions') }
const make = async (): Promise<string> => await signAssertion({ clientId, tokenEndpoint }, certificate, environment)

t.test('an assertion has the header and the claims that Microsoft asks for, and no others', async (t) => {
  const assertion = await make()
  const [header, claims] = assertion.split('.').map((part) => Buffer.from(part, 'base64url'))
  t.strictSame(JSON.parse(String(header)), {
    alg: 'PS256', typ: 'JWT', 'x5t#S256': createHash('sha256').update(new X509Certificate(pair.certificate).raw).digest('base64url')
  })
  const { jti, ...others } = JSON.parse(String(claims))
  const seconds = Math.floor(now / 1_000)
  t.strictSame(others, { aud: tokenEndpoint, iss: clientId, sub: clientId, nbf: seconds, iat: seconds, exp: seconds + 300 })
  t.match(jti, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

t.test('another library takes it, and takes no other: not for another audience, time, algorithm or key', async (t) => {
  const assertion = await make()
  const asked = { algorithms: ['PS256' as const], audience: tokenEndpoint, issuer: clientId, subject: clientId, clockTimestamp: Math.floor(now / 1_000) }
  t.match(jsonwebtoken.verify(assertion, pair.certificate, asked), { sub: clientId })
  t.throws(() => jsonwebtoken.verify(assertion, pair.certificate, { ...asked, audience: 'https://login.microsoftonline.com/common/oauth2/v2.0/token' }), /audience/)
  t.throws(() => jsonwebtoken.verify(assertion, pair.certificate, { ...asked, clockTimestamp: asked.clockTimestamp + 300 }), /expired/)
  t.throws(() => jsonwebtoken.verify(assertion, pair.certificate, { ...asked, clockTimestamp: asked.clockTimestamp - 1 }), /not active/)
  t.throws(() => jsonwebtoken.verify(assertion, pair.certificate, { ...asked, algorithms: ['RS256'] }), /algorithm/)
  t.throws(() => jsonwebtoken.verify(assertion, makeCertificate('another').certificate, asked), /signature/)
})

t.test('the padding is PSS with a salt as long as the hash', async (t) => {
  const [header, claims, signature] = (await make()).split('.')
  const key = { key: new X509Certificate(pair.certificate).publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  t.ok(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature!, 'base64url')))
})

t.test('no two assertions are the same, and each has a jti of its own', async (t) => {
  const jtis = await Promise.all(Array.from({ length: 20 }, async () => (jsonwebtoken.decode(await make()) as { jti: string }).jti))
  t.equal(new Set(jtis).size, 20)
})

import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { consumersTenantId } from '../../src/simulator/tenants.ts'
import { numbers, simulate } from './simulated.ts'

const recorded = JSON.parse(readFileSync(new URL('../fixtures/recorded-answers.json', import.meta.url), 'utf8'))
const recordedTenant = '12345678-1234-1234-1234-123456789012'
const withRecordedTenant = { tenants: [{ id: recordedTenant, name: 'Recorded', domains: ['recorded.example'] }] }

t.test('the discovery documents are the recorded ones, member by member', async (t) => {
  const { send } = simulate(withRecordedTenant)
  for (const [path, document] of Object.entries(recorded.discovery)) {
    const answer = await send('discovery', { tenant: path.split('/')[1]! })
    t.equal(answer.status, 200)
    const given = JSON.parse(answer.body)
    t.strictSame(given, document, path)
    t.strictSame(Object.keys(given), Object.keys(document as object), 'in the same order')
  }
})

t.test('discovery and keys have the recorded headers', async (t) => {
  const { send } = simulate()
  for (const endpoint of ['discovery', 'keys'] as const) {
    const { headers } = await send(endpoint)
    for (const [name, value] of Object.entries(recorded.discovery_headers)) t.equal(headers[name.toLowerCase()], value, `${endpoint}: ${name}`)
  }
})

t.test('on this machine there is no HSTS: a browser would remember it for every project on localhost', async (t) => {
  const { send } = simulate({ base: 'https://localhost:3000/microsoft-simulator' })
  const { headers, body } = await send('discovery')
  t.notOk('strict-transport-security' in headers)
  t.equal(headers['cache-control'], 'max-age=86400, private')
  t.equal(JSON.parse(body).token_endpoint, 'https://localhost:3000/microsoft-simulator/common/oauth2/v2.0/token')
  t.equal(JSON.parse(body).cloud_instance_name, 'microsoftonline.com')
})

t.test('a domain stands for its tenant, and consumers for the tenant of personal accounts', async (t) => {
  const { send } = simulate(withRecordedTenant)
  const of = async (tenant: string) => JSON.parse((await send('discovery', { tenant })).body)
  t.strictSame(await of('recorded.example'), await of(recordedTenant))
  const consumers = await of('consumers')
  t.equal(consumers.issuer, `https://login.microsoftonline.com/${consumersTenantId}/v2.0`)
  t.equal(consumers.token_endpoint, 'https://login.microsoftonline.com/consumers/oauth2/v2.0/token')
})

t.test('an unknown tenant has neither document nor keys', async (t) => {
  const { send } = simulate()
  for (const endpoint of ['discovery', 'keys'] as const) {
    const answer = await send(endpoint, { tenant: recordedTenant })
    t.equal(answer.status, 400)
    t.equal(JSON.parse(answer.body).error, 'invalid_tenant')
    t.strictSame(numbers(answer), [90002])
  }
})

t.test('the key set has the members of the documented one, and says whose tokens each key signs', async (t) => {
  const { send } = simulate()
  const { keys } = JSON.parse((await send('keys')).body)
  t.equal(keys.length, 2)
  for (const [index, documented] of recorded.keys.document.keys.entries()) {
    t.strictSame(Object.keys(keys[index]).filter((name) => name !== 'cloud_instance_name').sort(), Object.keys(documented).sort())
    t.equal(keys[index].issuer, documented.issuer)
    t.equal(keys[index].cloud_instance_name, 'microsoftonline.com')
    t.match(keys[index], { kty: 'RSA', use: 'sig', e: 'AQAB', x5t: keys[index].kid })
  }
  t.not(keys[0].kid, keys[1].kid)
})

t.test('a tenant publishes the key of its own kind of account, under its own name', async (t) => {
  const { send } = simulate(withRecordedTenant)
  const [work, personal] = JSON.parse((await send('keys')).body).keys
  const [own, ...others] = JSON.parse((await send('keys', { tenant: recordedTenant })).body).keys
  t.equal(own.kid, work.kid)
  t.equal(own.issuer, `https://login.microsoftonline.com/${recordedTenant}/v2.0`)
  t.strictSame(others, [])
  t.strictSame(JSON.parse((await send('keys', { tenant: 'consumers' })).body).keys, [personal])
})

t.test('nothing private is published (RFC 7517 section 9.3)', async (t) => {
  const { keys } = JSON.parse((await simulate().send('keys')).body)
  for (const key of keys) t.notOk(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].some((name) => name in key))
})

t.test('each certificate holds its key, is signed by it, and its thumbprint is the kid', async (t) => {
  const { keys } = JSON.parse((await simulate().send('keys')).body)
  for (const key of keys) {
    const certificate = new X509Certificate(Buffer.from(key.x5c[0], 'base64'))
    const publicKey = createPublicKey({ key, format: 'jwk' })
    t.ok(certificate.publicKey.equals(publicKey))
    t.ok(certificate.verify(publicKey))
    t.equal(publicKey.asymmetricKeyDetails?.modulusLength, 2048)
    t.equal(certificate.fingerprint.replaceAll(':', ''), Buffer.from(key.kid, 'base64url').toString('hex').toUpperCase())
    t.match(certificate.subject, /^CN=Simulated signing key/)
    t.equal(certificate.validToDate.getUTCFullYear(), 2049)
  }
})

import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { dateOf } from '../../src/credentials/options.ts'
import { checkTokenFiles, prepareCredentials } from '../../src/credentials/prepare.ts'
import type { ClientCredential, Credential } from '../../src/credentials/types.ts'
import { seededBytes } from '../random.ts'
import { encrypted, makeCertificate, pem, rsaKey } from './certificates.ts'

const now = Date.UTC(2026, 10, 22)
const context = { clientId: 'client', tokenEndpoint: 'https://login.example/token', environment: { now: () => now, randomBytes: seededBytes('prepare') } }
const prepare = (...credentials: unknown[]): readonly ClientCredential[] => prepareCredentials(credentials as Credential[], context)
const { certificate, privateKey } = makeCertificate()
const token = 'aaaa.bbbb.cccc'

t.test('each kind has a name for the log, and what it sends', async (t) => {
  const file = join(t.testdir({ token: `${token}\n` }), 'token')
  const credentials = prepare({ secret: 'a~secret~value' }, { secret: 'b~secret~value', expiresAt: '2027-05-31' }, { certificate, privateKey }, { federated: () => token }, { federated: async () => token, name: 'cluster' }, { tokenFile: file })
  t.strictSame(credentials.map(({ name, kind, expiresAt }) => [name, kind, expiresAt]), [
    ['secret 1', 'secret', null], ['secret 2', 'secret', Date.UTC(2027, 4, 31)], [credentials[2]!.name, 'certificate', Date.UTC(2049, 11, 31)],
    ['federated 1', 'federated', null], ['cluster', 'federated', null], ['token file 1', 'tokenFile', null]
  ])
  t.match(credentials[2]!.name, /^certificate [0-9A-F]{8}$/)
  const assertion = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: token }
  const sent = await Promise.all(credentials.map(async (one) => await one.authenticate()))
  t.strictSame([sent[0], sent[1], sent[3], sent[4], sent[5]], [{ client_secret: 'a~secret~value' }, { client_secret: 'b~secret~value' }, assertion, assertion, assertion])
  t.match(sent[2], { client_assertion_type: assertion.client_assertion_type, client_assertion: /^[\w-]+\.[\w-]+\.[\w-]+$/ })
})

t.test('what is prepared shows no secret to whoever prints it, and cannot be changed', async (t) => {
  const credentials = prepare({ secret: 'canary~secret' }, { certificate, privateKey: encrypted(privateKey, 'canary~phrase'), passphrase: 'canary~phrase' })
  const shown = inspect(credentials, { depth: 9, showHidden: true }) + JSON.stringify(credentials)
  for (const hidden of ['canary', 'PRIVATE KEY']) t.notOk(shown.includes(hidden), 'X04')
  t.ok(Object.isFrozen(credentials) && credentials.every((one) => Object.isFrozen(one)))
  t.ok((await credentials[1]!.authenticate()).client_assertion)
})

t.test('the certificate of a whole chain is the one that the key belongs to, in whatever order', async (t) => {
  const authority = makeCertificate('authority')
  const [alone] = prepare({ certificate, privateKey })
  for (const chain of [certificate + authority.certificate, `Bag Attributes\n    friendlyName: x\n${authority.certificate}\n${certificate}`]) {
    t.equal(prepare({ certificate: chain, privateKey })[0]!.name, alone!.name)
  }
})

t.test('keys are taken in the forms that openssl writes', async (t) => {
  const { privateKey: key } = rsaKey('app')
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }) as string
  const oldEncrypted = key.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'phrase' }) as string
  t.ok(prepare({ certificate, privateKey: pkcs1 }))
  t.ok(prepare({ certificate, privateKey: oldEncrypted, passphrase: 'phrase' }))
  t.ok(prepare({ certificate, privateKey: encrypted(privateKey, 'phrase'), passphrase: 'phrase' }))
})

t.test('a credential that is misconfigured is a boot error with a name and a remedy, and shows no value', async (t) => {
  const folder = t.testdir()
  const small = makeCertificate('small', { modulusLength: 1_024 })
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const expired = makeCertificate('old', { to: '20261121' })
  const future = makeCertificate('new', { from: '20261123' })
  const locked = encrypted(privateKey, 'canary~phrase')
  const broken = pem('CERTIFICATE', Buffer.from('no certificate'))
  const wrong: Array<[title: string, given: unknown[], message: RegExp]> = [
    ['nothing in it', [{}], /credentials\[0\]: it is no credential\. Give one of secret, certificate/],
    ['a name alone', [{ name: 'x' }], /it is no credential/],
    ['secret and certificate in one', [{ secret: 'canary~secret', certificate, privateKey }], /credentials\[0\]: it holds secret and certificate\. Make each of them an entry/],
    ['a member that is misspelt', [{ secret: 'canary~secret', expiresat: '2027-01-01' }], /no option "expiresat"\. Did you mean "expiresAt"/],
    ['the second of two', [{ secret: 'canary~secret' }, { secret: 5 }], /credentials\[1\]: option "secret" must be the value/],
    ['the id of a secret', [{ secret: '11111111-aaaa-bbbb-cccc-000000000001' }], /Copy the column "Value"/],
    ['a date that is none', [{ secret: 'canary~secret', expiresAt: '31.5.2027' }], /"expiresAt" must be a Date, or a date such as "2027-05-31".*but "31\.5\.2027" was given/],
    ['a name with a line break', [{ secret: 'canary~secret', name: 'a\nb' }], /"name" must be one to 60/],
    ['two of one name', [{ secret: 'canary~secret', name: 'x' }, { secret: 'canary~other', name: 'x' }], /credentials\[1\]: there is another credential with the name "x"/],
    ['one certificate twice', [{ certificate, privateKey }, { certificate, privateKey }], /another credential with the name "certificate/],
    ['a certificate without key', [{ certificate }], /"privateKey" must be a text in PEM.*but nothing was given/],
    ['a key without certificate', [{ privateKey }], /"certificate" must be a text in PEM.*but nothing was given/],
    ['a path in place of the certificate', [{ certificate: '/etc/app/canary.pem', privateKey }], /"certificate" must be a text in PEM.*Give the text and not its path: readFileSync/],
    ['a path in place of the key', [{ certificate, privateKey: './canary.key' }], /"privateKey" must be a text in PEM.*Give the text and not its path/],
    ['bytes in place of text', [{ certificate: Buffer.from(certificate), privateKey }], /"certificate" must be a text in PEM/],
    ['the key in place of the certificate', [{ certificate: privateKey, privateKey }], /"certificate" holds no certificate/],
    ['the certificate in place of the key', [{ certificate, privateKey: certificate }], /"privateKey" holds no private key/],
    ['PEM that holds no certificate', [{ certificate: broken, privateKey }], /"certificate" cannot be read/],
    ['PEM that holds no key', [{ certificate, privateKey: pem('PRIVATE KEY', Buffer.from('canary')) }], /"privateKey" cannot be read\. Give the whole PEM text of an RSA key/],
    ['a key of another certificate', [{ certificate, privateKey: makeCertificate('other').privateKey }], /"privateKey" does not belong to option "certificate"/],
    ['a key that is not RSA', [{ certificate, privateKey: elliptic }], /of the type ec\. Microsoft takes RSA keys/],
    ['a key of 1024 bits', [small], /has 1024 bits\. Make a key of at least 2048 bits/],
    ['an encrypted key', [{ certificate, privateKey: locked }], /"privateKey" is encrypted\. Give option "passphrase"/],
    ['a wrong passphrase', [{ certificate, privateKey: locked, passphrase: 'canary~other' }], /cannot be read with option "passphrase"/],
    ['an empty passphrase', [{ certificate, privateKey: locked, passphrase: '' }], /"passphrase" must be a text/],
    ['a passphrase for nothing', [{ certificate, privateKey, passphrase: 'canary~phrase' }], /"passphrase" was given, but option "privateKey" is not encrypted/],
    ['an expired certificate alone', [expired], /no certificate of option "credentials" is good now: certificate [0-9A-F]{8} is good from 2020-01-01 to 2026-11-21\. Make a new one/],
    ['a certificate of tomorrow alone', [future], /is good from 2026-11-23 to 2049-12-31/],
    ['a token in place of a function', [{ federated: 'canary.canary.canary' }], /"federated" must be a function.*A token itself ends/],
    ['a token in place of its path', [{ tokenFile: 'eyJcanary.canary.canary' }], /"tokenFile" must be the path.*and not the token/],
    ['an empty path', [{ tokenFile: '' }], /"tokenFile" must be the path/],
    ['a token file that is not there', [{ secret: 'canary~secret' }, { tokenFile: join(folder, 'nowhere') }], /credentials\[1\]: option "tokenFile" is ".*nowhere", but the token file is not there: check its path/],
    ['a folder in place of a token file', [{ tokenFile: folder }], /but the token file cannot be read/]
  ]
  for (const [title, given, message] of wrong) {
    const boot = async (): Promise<void> => await checkTokenFiles(prepare(...given.map(bare)), given as Credential[])
    const error = await boot().then(() => null, (failure: Error) => failure)
    t.match(error, { code: 'FST_ENTRA_CONFIGURATION', message: new RegExp(`fastify-entra/provider.*${message.source}`) }, `O37 ${title}`)
    t.notOk(/canary|MII/.test(inspect(error)), `${title}: no value`)
  }
})

/** A test certificate as it is given: without the key object beside it. */
function bare (given: unknown): unknown {
  const { key, ...rest } = given as { key?: unknown }
  return rest
}

t.test('a certificate that is out of its time stands beside a good credential', async (t) => {
  const { certificate: old, privateKey: oldKey } = makeCertificate('old', { to: '20261121' })
  t.match(prepare({ certificate: old, privateKey: oldKey }, { certificate, privateKey }).map(({ expiresAt }) => expiresAt! < now), [true, false])
  t.equal(prepare({ certificate: old, privateKey: oldKey }, { secret: 'a~secret~value', expiresAt: new Date(now - 1) }).length, 2, 'the date of a secret is a note: Microsoft is asked')
})

t.test('a date is a Date or ISO 8601, and nothing else', async (t) => {
  t.equal(dateOf('2027-05-31'), Date.UTC(2027, 4, 31), 'alone it is the beginning of the day')
  t.equal(dateOf('2027-05-31T12:30Z'), Date.UTC(2027, 4, 31, 12, 30))
  t.equal(dateOf('2027-05-31T12:30:15.5+02:00'), Date.UTC(2027, 4, 31, 10, 30, 15, 500))
  t.equal(dateOf('2028-02-29'), Date.UTC(2028, 1, 29))
  t.equal(dateOf(new Date(5)), 5)
  for (const wrong of ['2027-02-31', '2027-02-29', '2027-13-01', '2027-05-31T12:30', '2027-05-31T25:00Z', '2027-5-31', '31 May 2027', '', 1, null, undefined, new Date(Number.NaN)]) {
    t.equal(dateOf(wrong), null, String(wrong))
  }
})

t.test('token files that are there pass, and only they are read', async (t) => {
  const folder = t.testdir({ token })
  mkdirSync(join(folder, 'later'))
  writeFileSync(join(folder, 'later', 'token'), `  ${token}  \n`)
  const given = [{ secret: 'a~secret~value' }, { tokenFile: join(folder, 'token') }, { tokenFile: join(folder, 'later', 'token') }, { federated: () => { throw new Error('not at boot') } }]
  await t.resolves(checkTokenFiles(prepare(...given), given as Credential[]))
})

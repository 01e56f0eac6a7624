import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readCertificate } from '../../src/credentials/certificate.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/credentials.md'), 'utf8')
const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, text]) => text!)
const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed'

/** Runs lines of the page; a password is given where openssl would ask for one. */
function run (lines: string, cwd: string): void {
  for (const line of lines.trim().split('\n')) execFileSync('sh', ['-c', line.includes('pkcs12') ? `${line} -passin pass:pfx` : line], { cwd, stdio: 'pipe' })
}

t.test('the openssl lines of docs/credentials.md make what the options take, and its example runs with it', { skip }, async (t) => {
  t.equal(blocks.length, 2)
  const code = /<!-- example: credentials -->\n```ts\n([^]*?)```/.exec(page)![1]!
  const folder = t.testdir({ 'block.ts': code })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  run(blocks[0]!, folder)
  const made = readCertificate({ certificate: read('app.crt'), privateKey: read('app.key') }, 'here')

  await t.test('the example shows the certificate and the days that it has', async (t) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['-C', 'fastify-entra:source', 'block.ts'], {
      cwd: folder, encoding: 'utf8', env: { CLIENT_ID: '11111111-aaaa-bbbb-cccc-000000000001', CLIENT_SECRET: 'a~secret~value' }
    })
    t.equal(stderr, '')
    t.match(stdout, new RegExp(`^certificate ${made.shortThumbprint} ok 36[45]\\nsecret 1 ok \\d+\\n$`))
    t.match(execFileSync('openssl', ['x509', '-in', join(folder, 'app.crt'), '-fingerprint', '-sha1', '-noout'], { encoding: 'utf8' }).replaceAll(':', ''), made.shortThumbprint, 'the name is the one that openssl prints')
  })

  await t.test('a PKCS#12 file is split into the same certificate and key', async (t) => {
    execFileSync('openssl', ['pkcs12', '-export', '-in', 'app.crt', '-inkey', 'app.key', '-out', 'app.pfx', '-passout', 'pass:pfx'], { cwd: folder })
    run(blocks[1]!, folder)
    t.match(read('app.crt'), 'Bag Attributes', 'openssl writes more than PEM')
    t.equal(readCertificate({ certificate: read('app.crt'), privateKey: read('app.key') }, 'here').thumbprint, made.thumbprint)
    run(blocks[1]!.replace('-nodes', '-passout pass:phrase'), folder)
    t.equal(readCertificate({ certificate: read('app.crt'), privateKey: read('app.key'), passphrase: 'phrase' }, 'here').thumbprint, made.thumbprint, 'and an encrypted key')
  })
})

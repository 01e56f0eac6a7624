import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { blocksOf, documents } from '../docs/documents.ts'
import { claimsOf, clientId, keySetOf, makeKey, nonce, signIdToken } from '../verification/tokens.ts'
import { takesLong } from '../patient.ts'
import { createClient } from './client.ts'
import { bareEnvironment, startExample } from './program.ts'

takesLong()

t.test('the demonstration runs, and each kind of account signs in and out over real HTTP', async (t) => {
  const DATABASE = join(t.testdir(), 'demo.sqlite')
  const demo = await startExample('demo.ts', { DATABASE })
  t.teardown(async () => await demo.stop())
  t.comment(`answered after ${Math.round(demo.bootTime)} ms, beside the other tests`)
  t.match(demo.output(), 'a simulator stands in for Microsoft')
  const ids = new Map<string, string>()
  for (const [account, score] of [['ada', 90], ['pat', 90], ['grace', 100], ['noel', null]] as const) {
    const client = createClient(demo.baseUrl)
    const answer = await client.signIn(account)
    // A guest's address is vouched for by nobody: a code goes there.
    t.match((account === 'grace' ? await client.enterCode() : answer).body, account === 'grace' ? 'returnTo' : 'Sign out')
    const me = JSON.parse((await client.get('/me')).body)
    t.equal(me.email?.score ?? null, score, account)
    ids.set(account, me.id)
    await client.signOut()
    t.equal((await client.get('/me')).status, 401)
    t.same(Object.keys(client.jar.all()).filter((name) => !name.startsWith('simulator-session')), [], 'only the simulator remembers anybody')
  }
  const attacker = createClient(demo.baseUrl)
  t.match(JSON.parse((await attacker.signIn('mallory')).body), { address: 'ada@contoso.example', triesLeft: 5 }, 'who typed Ada\'s address into her own tenant needs the code that went to Ada')
  t.equal((await attacker.get('/me')).status, 401)

  const staying = createClient(demo.baseUrl)
  await staying.signIn('ada')
  await demo.stop()
  const again = await startExample('demo.ts', { DATABASE, PORT: new URL(demo.baseUrl).port })
  t.teardown(async () => await again.stop())
  t.equal(JSON.parse((await staying.get('/me')).body).id, ids.get('ada'), 'accounts and sessions are still there')
})

t.test('each example runs, and somebody signs in at it', async (t) => {
  for (const [file, path, expected] of [
    ['minimal.ts', '/me', { displayName: 'Ada Lovelace', email: { verified: true } }],
    ['four-plugins.ts', '/hello', { hello: 'Ada Lovelace', address: 'ada@contoso.example' }]
  ] as const) {
    const example = await startExample(file, { DATABASE: join(t.testdir({}), 'x.sqlite') })
    t.teardown(async () => await example.stop())
    const client = createClient(example.baseUrl)
    await client.signIn('ada')
    t.match(JSON.parse((await client.get(path)).body), expected as object, file)
    await example.stop()
  }
})

t.test('each named block of the README and of the pages of the plugins runs, and prints what it says', async (t) => {
  const blocks = documents().filter(({ name }) => pagesWithPrograms.includes(name)).flatMap(blocksOf).filter(({ notes }) => notes.example !== undefined)
  t.equal(blocks.length, 8)
  for (const { code, notes: { example: name } } of blocks) {
    const listens = code.includes('app.listen')
    // Only the port is another one, so that tests can run side by side.
    const text = code.replace('listen({ port: 3000 })', 'listen({ port: Number(process.env.PORT) })').replace(/baseUrl(:| =) 'http:\/\/localhost:3000'/, 'baseUrl$1 process.env.BASE_URL ?? "http://localhost:3000"')
    const folder = t.testdir({ 'block.ts': name === 'token' ? text + callWithToken() : text })
    const file = join(folder, 'block.ts')
    if (listens) {
      const example = await startExample(file, { DATABASE: join(folder, 'block.sqlite') }, folder)
      t.teardown(async () => await example.stop())
      const client = createClient(example.baseUrl)
      await client.signIn('ada')
      t.match((await client.get(name === 'plugins' ? '/' : '/me')).body, 'Ada Lovelace', String(name))
      await example.stop()
    } else {
      const { output, code: status } = await runBlock(file)
      t.equal(status, 0, `${name}: ${output}`)
      t.match(output, expectedOutput[name!], String(name))
    }
  }
})

t.test('every block of the README that is a program runs', async (t) => {
  const blocks = documents().filter(({ name }) => name === 'README.md').flatMap(blocksOf).filter(({ language }) => language === 'ts')
  for (const { line, notes } of blocks) t.ok(notes.example, `README.md:${line} has a name`)
})

const pagesWithPrograms = ['README.md', 'docs/plugins.md', 'docs/verification.md', 'docs/simulator.md', 'docs/errors.md']

const expectedOutput: Record<string, RegExp> = {
  accounts: /canonical: 'ada@contoso.example'[^]*invalid_request unknown_user\n$/,
  testing: /^Ada Lovelace\n$/,
  kit: /^303 \/auth\/account\n\/auth\/error\?error=access_denied\n$/,
  errors: /^\{"problem":"unauthenticated"\}\n$/,
  token: /"oid":"7c9e6679-7425-40de-944b-e07fc1f90ae7".*The e-mail address is verified/
}

/** Calls the function of the block with a token that was signed in 2021. */
function callWithToken (): string {
  const key = makeKey('work')
  const iat = Date.parse('2021-05-04T12:00:00Z') / 1_000
  const token = signIdToken({ ...claimsOf({ email: 'ada@contoso.example', xms_edov: true }), iat, nbf: iat, exp: iat + 3_900 }, key)
  const call = [token, keySetOf(key), clientId, nonce, '2021-05-04T12:30:00Z'].map((argument) => JSON.stringify(argument)).join(', ')
  return `\nconsole.log(JSON.stringify(await whoWasIt(${call})))\n`
}

async function runBlock (file: string): Promise<{ output: string, code: number | null }> {
  const child = spawn(process.execPath, ['-C', 'fastify-entra:source', file], { cwd: join(import.meta.dirname, '../..'), env: bareEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => { output += String(chunk) })
  child.stderr.on('data', (chunk) => { output += String(chunk) })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { output, code }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { deriveKeys } from '../../src/core/secrets.ts'
import { createSigningKeys } from '../../src/identity/signing-keys.ts'
import type { SigningKeys } from '../../src/identity/types.ts'
import { createKeyStore } from '../../src/store/identity-keys.ts'
import { openTestDatabase, temporaryFolder } from '../store/database.ts'
import { type Machine, machine } from './command-line.ts'

const secret = 'the secret of the servers that is 32 long'
const hour = 3_600_000

interface World extends Machine {
  readonly location: string
  /** A server of the project in one of the worlds, booted. */
  readonly server: (simulated: boolean, secrets?: string[]) => Promise<SigningKeys>
}

async function world (t: Test): Promise<World> {
  const location = join(temporaryFolder(t), 'accounts.sqlite')
  const database = await openTestDatabase(t, location)
  const { variables, clock, run } = machine({ DATABASE_URL: location, SECRETS: secret })
  const server = async (simulated: boolean, secrets: string[] = [secret]): Promise<SigningKeys> => {
    const keys = createSigningKeys({
      store: createKeyStore(database),
      project: { name: 'identity', simulated },
      sealKeys: deriveKeys(secrets, 'identity-key', simulated),
      environment: { now: () => clock.now }
    })
    await keys.prepare()
    return keys
  }
  return { variables, clock, run, location, server }
}

const statesOf = ({ keys }: { keys: Array<{ generation: number, state: string }> }): string[] => keys.map(({ generation, state }) => `${generation} ${state}`)

t.test('keys are listed, and rotated in the sight of the servers', async (t) => {
  const { run, server, clock } = await world(t)
  const none = await run('keys', 'list')
  t.same(none.json(), { keys: [] })
  t.match(none.errors, 'project "identity" has no signing keys yet: its first server makes them. Those of servers with the simulator are listed with --simulated.')
  const running = await server(false)
  const before = await running.current()
  const { code, json, errors } = await run('keys', 'rotate')
  t.equal(code, 0, errors)
  t.match(json(), { generation: 2, keys: [{ algorithm: 'ES256', createdAt: '2001-09-09T01:46:40.000Z' }, {}, { signsAt: '2001-09-09T02:46:40.000Z' }, {}] })
  t.same(statesOf(json()), ['1 signing', '1 signing', '2 next', '2 next'])
  t.same((await run('keys', 'list')).json(), { keys: json().keys })
  t.notMatch(JSON.stringify(json()), /sealed|"d"/)
  clock.now += hour
  t.not((await running.current()).keys[0]!.kid, before.keys[0]!.kid)
  t.same(statesOf((await run('keys', 'list')).json()), ['1 published', '1 published', '2 signing', '2 signing'])
})

t.test('new keys sign at once where that is asked for', async (t) => {
  const { run, server } = await world(t)
  await server(false)
  t.same(statesOf((await run('keys', 'rotate', '--now')).json()), ['1 published', '1 published', '2 signing', '2 signing'])
})

t.test('compromised keys are gone at once', async (t) => {
  const { run, server } = await world(t)
  await server(false)
  await run('keys', 'rotate')
  t.same(statesOf((await run('keys', 'rotate', '--compromised')).json()), ['3 signing', '3 signing'])
})

t.test('the keys beside a simulator are keys of their own', async (t) => {
  const { run, server } = await world(t)
  t.match(await run('keys', 'list', '--simulated'), { errors: /project "identity" \(simulator\) has no signing keys yet: its first server makes them\.$/ }, 'before there is a server')
  await server(true)
  t.match(await run('keys', 'rotate'), { code: 1, output: '', errors: /project "identity" has no signing keys yet.*--simulated/ })
  t.same((await run('keys', 'list')).json(), { keys: [] })
  t.equal((await run('keys', 'rotate', '--simulated')).code, 0)
  t.same(statesOf((await run('keys', 'list', '--simulated')).json()), ['1 signing', '1 signing', '2 next', '2 next'])
})

t.test('secrets come from a file, a variable with commas, or from beside a development server\'s database', async (t) => {
  const { run, server, variables, location } = await world(t)
  await server(false)
  variables.SECRETS = `a newer secret that is long enough to be one,${secret}`
  t.equal((await run('keys', 'rotate')).code, 0)
  await server(false, ['a newer secret that is long enough to be one', secret])
  variables.SECRETS = 'another secret that is long enough to be one'
  t.match(await run('keys', 'rotate'), { code: 1, output: '', errors: /cannot be opened with option "secrets"/ })
  const file = join(temporaryFolder(t), 'secrets')
  writeFileSync(file, `a newer secret that is long enough to be one\n${secret}\n\n`)
  t.equal((await run('keys', 'rotate', '--secrets-file', file)).code, 0, 'the file before the variable')
  delete variables.SECRETS
  t.match(await run('keys', 'rotate'), { code: 2, errors: /option "secrets" of the servers is needed: set the variable SECRETS, or give --secrets-file/ })
  writeFileSync(`${location}.secret`, secret)
  t.match(await run('keys', 'rotate'), { code: 1 }, 'sealed with the newer one meanwhile')
  writeFileSync(`${location}.secret`, 'a newer secret that is long enough to be one')
  t.match(await run('keys', 'rotate', '--compromised'), { code: 0 })
})

t.test('secrets that are none, or cannot be read, are refused, and never shown', async (t) => {
  const { run, server, variables } = await world(t)
  await server(false)
  variables.SECRETS = 'too-short'
  const short = await run('keys', 'rotate')
  t.match(short, { code: 1, errors: /a secret has less than 32 characters/ })
  t.notMatch(short.errors, 'too-short')
  t.match(await run('keys', 'rotate', '--secrets-file', '/nowhere'), { code: 1, errors: /--secrets-file: "\/nowhere" cannot be read \(ENOENT\)/ })
  variables.SECRETS = ''
  t.equal((await run('keys', 'rotate')).code, 2)
  const flag = await run('keys', 'rotate', `--secrets=${secret}`)
  t.equal(flag.code, 2)
  t.notMatch(flag.errors, secret, 'nor is one that was given where every user of the machine may read it')
})

t.test('of two rotations at once one says that the other was first', async (t) => {
  const { run, server } = await world(t)
  await server(false)
  const outcomes = await Promise.all([run('keys', 'rotate'), run('keys', 'rotate'), run('keys', 'rotate')])
  const codes = outcomes.map(({ code }) => code).sort()
  t.same(codes[0], 0)
  for (const { code, errors } of outcomes) if (code !== 0) t.match(errors, /another rotation was under way, and has made new keys/)
})

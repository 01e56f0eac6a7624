import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commands } from '../../bin/commands.ts'
import { openDatabase } from '../../src/store/open.ts'
import { temporaryFolder } from '../store/database.ts'
import { machine } from './command-line.ts'

const program = join(import.meta.dirname, '../../bin/fastify-entra.ts')

async function start (words: string[], variables: Record<string, string> = {}, input = ''): Promise<{ code: number | null, output: string, errors: string }> {
  const { DATABASE_URL, SECRETS, ...inherited } = process.env
  const child = spawn(process.execPath, [program, ...words], { env: { ...inherited, ...variables }, stdio: 'pipe' })
  child.stdin.end(input)
  const said = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => { said.output += String(chunk) })
  child.stderr.on('data', (chunk) => { said.errors += String(chunk) })
  const [code] = await once(child, 'close')
  return { code: code as number | null, ...said }
}

t.test('the program runs by itself: JSON on the standard output, the rest beside it, and an exit code', async (t) => {
  const location = join(temporaryFolder(t), 'accounts.sqlite')
  await (await openDatabase(location)).close()
  const added = await start(['clients', 'add', '--name', 'Spa', '--type', 'spa', '--redirect-url', 'http://localhost:4000/', '--database', location])
  t.equal(added.code, 0, added.errors)
  const { client } = JSON.parse(added.output)
  const listed = await start(['clients', 'list'], { DATABASE_URL: location })
  t.same(JSON.parse(listed.output), { clients: [client] })
  t.match(await start(['clients', 'show', 'nobody', '--database', location]), { code: 1, output: '', errors: /has no client "nobody"/ })
  t.match(await start(['clients', 'show', 'nobody']), { code: 2, output: '', errors: /a database is needed: give --database, or set the variable DATABASE_URL/ })
  const file = join(temporaryFolder(t), 'secrets')
  writeFileSync(file, 'a secret that is long enough to be one')
  t.match(await start(['keys', 'rotate', '--database', location, '--secrets-file', file]), { code: 1, errors: /has no signing keys yet/ })
})

t.test('the doctor runs by itself as well, and ends', async (t) => {
  const variables = { BASE_URL: 'http://localhost:3000', CLIENT_ID: '75dc5961-e437-46ec-aed8-b15e9eba24db', CLIENT_SECRET: 'secret-word-of-a-test', AUTHORITY: 'http://127.0.0.1:1' }
  const { code, output, errors } = await start(['doctor'], variables)
  t.equal(code, 1, errors)
  t.match(output, /error: authority_unreachable/)
  t.notMatch(output + errors, 'secret-word')
  const module = join(temporaryFolder(t), 'app.mjs')
  writeFileSync(module, 'export const nothing = 1')
  t.match(await start(['doctor', module]), { code: 1, output: '', errors: /app\.mjs/ }, 'a module is loaded')
})

t.test('a token is read from the standard input', async (t) => {
  const { code, output, errors } = await start(['explain'], {}, 'no.token.atall')
  t.equal(code, 0, errors)
  t.match(output, 'The token would be refused: invalid_token (segments).')
})

t.test('help names every command, and every flag of one', async (t) => {
  const { run } = machine()
  const overview = await run('--help')
  t.equal(overview.code, 0)
  for (const { words, operands, about } of commands) t.ok(overview.output.includes(`  ${[...words, ...operands].join(' ')} `) && overview.output.includes(about), words.join(' '))
  for (const { words, options } of commands) {
    const help = await run(...words, '-h')
    t.equal(help.code, 0)
    for (const name of Object.keys(options)) t.match(help.output, `--${name}`)
  }
  t.match((await run('clients', 'add', '--help')).output, /--redirect-url URL +where .* \(may be given several times\)/)
})

t.test('a command line that is wrong says how it goes, and does nothing', async (t) => {
  const { run } = machine({ DATABASE_URL: '/nowhere' })
  const wrong: ReadonlyArray<readonly [words: string[], errors: RegExp]> = [
    [[], /no command was given[^]*Usage: fastify-entra COMMAND/],
    [['client', 'list'], /there is no command "client list"/],
    [['clients', 'sell', 'shop', 'secret-word'], /there is no command "clients sell shop"\.\n/],
    [['clients', '--token=secret-word'], /there is no command "clients"\.\n/],
    [['clients', 'list', '--colour', 'red'], /Unknown option '--colour'[^]*Usage: fastify-entra clients list/],
    [['clients', 'list', '--database'], /argument missing/],
    [['clients', 'show'], /ID must be given[^]*Usage: fastify-entra clients show ID/],
    [['clients', 'secret', 'remove'], /ID and SECRET-ID must be given/],
    [['clients', 'show', 'a', 'b'], /more words than the command takes/],
    [['clients', 'list', '--project', 'My project'], /--project is a name of at most 32/]
  ]
  for (const [words, errors] of wrong.slice(0, -1)) t.match(await run(...words), { code: 2, output: '', errors }, words.join(' '))
  const location = join(temporaryFolder(t), 'a.sqlite')
  await (await openDatabase(location)).close()
  t.match(await machine({ DATABASE_URL: location }).run(...wrong.at(-1)![0]), { code: 2, errors: wrong.at(-1)![1] })
})

t.test('a database that is not there is not made: the path is misspelt', async (t) => {
  const { run } = machine()
  const location = join(temporaryFolder(t), 'acounts.sqlite')
  for (const where of [location, ':memory:']) t.match(await run('clients', 'list', '--database', where), { code: 1, output: '', errors: /there is no database ".*"\. Check the path/ })
  t.notOk(existsSync(location))
})

t.test('a password of a database is no flag, and is shown nowhere', async (t) => {
  const { run } = machine()
  for (const url of ['postgres://ann:pass-word@127.0.0.1:1/x', 'postgres://127.0.0.1:1/x?user=ann&password=pass-word']) {
    const flag = await run('clients', 'list', '--database', url)
    t.match(flag, { code: 2, errors: /--database has a password in it, which every user of this machine may read/ })
    t.notMatch(flag.errors, 'pass-word')
  }
  const variable = await machine({ DATABASE_URL: 'postgres://ann:pass-word@127.0.0.1:1/x' }).run('clients', 'list')
  t.match(variable, { code: 1, output: '', errors: /the PostgreSQL database .* cannot be reached/ })
  t.notMatch(variable.errors, 'pass-word')
  t.match(await run('clients', 'list', '--database', 'postgres://ann@127.0.0.1:1/x'), { code: 1, errors: /cannot be reached/ }, 'one without password may be one')
})

t.test('what is a mistake of the program is told as one', async (t) => {
  const { run } = machine({}, { onWrite: () => { throw new TypeError('no such pipe') } })
  await t.rejects(run('--help'), { message: 'no such pipe' })
})

t.test('a store that fails meanwhile is named by its word', async (t) => {
  const location = join(temporaryFolder(t), 'a.sqlite')
  const database = await openDatabase(location)
  await database.run((db) => db.schema.dropTable('identity_keys').execute())
  await database.close()
  t.match(await machine({ DATABASE_URL: location }).run('keys', 'list'), { code: 1, output: '', errors: /^fastify-entra: .* \(store_unavailable, SQLITE_\w+\)$/ })
})

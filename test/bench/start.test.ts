import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { startOnce } from '../../bench/cold-start.ts'
import { countOwners, ownerOf, sourceOf, sourcesOf } from '../../bench/modules.ts'
import { takesLong } from '../patient.ts'
import { temporaryFolder } from '../store/database.ts'
import { numberOf, root, rowsOf, runBench } from './run.ts'

takesLong()

t.test('a package that is an optional peer is not loaded before somebody asks for what it does', async (t) => {
  const { peerDependenciesMeta } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { peerDependenciesMeta: Record<string, { optional: boolean }> }
  const peers = Object.keys(peerDependenciesMeta)
  t.same(peers.sort(), ['@fastify/rate-limit', 'oidc-provider', 'pg', 'redis'])
  const { modules, total } = await startOnce({ source: true }, join(temporaryFolder(t), 'start.sqlite'), { modules: true })
  const owners = new Map(countOwners(modules))
  for (const peer of [...peers, '@redis/client', 'pg-protocol', 'koa']) t.equal(owners.get(peer), undefined, peer)
  t.ok(owners.get('fastify')! > 10 && owners.get('kysely')! > 0 && owners.get('src/store')! > 0, 'and those that are needed are seen')
  t.ok(total > 0)
})

t.test('how a process starts is printed: the times, whose modules are loaded, and where the time goes', async (t) => {
  const stdout = await runBench('start.ts', '--source', '--starts', '1', '--lines', '5')
  const [all] = rowsOf(stdout, /^both: what it adds to the start$/)
  t.equal(all!.length, 4)
  for (const cell of all!.slice(0, 3)) t.ok(numberOf(cell) > 0)
  const memory = rowsOf(stdout, /^(?:importing|registering)/).map((cells) => numberOf(cells[3]!))
  t.equal(memory.length, 3)
  for (const megabytes of memory) t.ok(megabytes > 20 && megabytes < 1_000, `${megabytes} MB`)
  t.ok(numberOf(rowsOf(stdout, /^all$/)[0]![0]) > 100)
  t.same(rowsOf(stdout, /^oidc-provider$/), [['0']])
  t.equal(rowsOf(stdout, /^Node itself$/).some((cells) => cells[1]?.endsWith('%')), true)
})

const file = (path: string): string => `file://${root}/${path}`

t.test('a module is its package\'s, or that of a folder of this one', async (t) => {
  for (const [url, owner] of [
    [file('node_modules/@fastify/oauth2/node_modules/joi/lib/index.js'), 'joi'],
    [file('node_modules/@fastify/oauth2/index.js'), '@fastify/oauth2'],
    [file('src/store/users.ts'), 'src/store'],
    [file('dist/src/store/users.js'), 'src/store'],
    [file('plugins/session/carrier.ts'), 'plugins/session'],
    [file('dist/plugins/session.js'), 'plugins'],
    [file('dist/chunks/core.js'), 'chunks/core'],
    [file('bench/servers/ours.ts'), 'bench'],
    ['node:internal/modules/esm/loader', 'Node itself'],
    ['', 'V8']
  ] as Array<[string, string]>) t.equal(ownerOf(url), owner, url)
  t.same(countOwners(['node:fs', file('src/core/json.ts'), 'node:path']), [['Node itself', 2], ['src/core', 1]])
})

t.test('a file that was built of several sources is counted as these, and a function is that of the source it stands in', async (t) => {
  const folder = join(temporaryFolder(t), 'dist/chunks')
  mkdirSync(folder, { recursive: true })
  const url = (name: string): string => pathToFileURL(join(folder, name)).href
  writeFileSync(join(folder, 'store.js'), 'import "./core.js";\n\n// node_modules/kysely/dist/kysely.js\nvar Kysely\n// a comment\n// src/store/sqlite-dialect.ts\nfunction run () {}\n')
  writeFileSync(join(folder, 'core.js'), 'export {}\n')
  t.same(countOwners(sourcesOf(url('store.js'))), [['kysely', 1], ['src/store', 1]])
  t.same([3, 4, 5, 6].map((line) => ownerOf(sourceOf(url('store.js'), line))), ['kysely', 'kysely', 'src/store', 'src/store'])
  t.equal(sourceOf(url('store.js'), 0), url('store.js'), 'what imports is the file itself')
  for (const whole of [url('core.js'), url('gone.js'), file('src/store/users.ts'), 'node:fs']) {
    t.same(sourcesOf(whole), [whole])
    t.equal(sourceOf(whole, 7), whole)
  }
  const foreign = join(temporaryFolder(t), 'node_modules/other/dist/plugins')
  mkdirSync(foreign, { recursive: true })
  writeFileSync(join(foreign, 'x.js'), '// src/x.ts\n')
  t.equal(sourceOf(pathToFileURL(join(foreign, 'x.js')).href, 1), pathToFileURL(join(foreign, 'x.js')).href, 'another package that was built so is that package')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startOnce } from '../../bench/cold-start.ts'
import { countOwners, ownerOf } from '../../bench/modules.ts'
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
  t.equal(all!.length, 3)
  for (const cell of all!) t.ok(numberOf(cell) > 0)
  t.ok(numberOf(rowsOf(stdout, /^all$/)[0]![0]) > 100)
  t.same(rowsOf(stdout, /^oidc-provider$/), [['0']])
  t.equal(rowsOf(stdout, /^Node itself$/).some((cells) => cells[1]?.endsWith('%')), true)
})

t.test('a module is its package\'s, or that of a folder of this one', async (t) => {
  const file = (path: string): string => `file://${root}/${path}`
  for (const [url, owner] of [
    [file('node_modules/@fastify/oauth2/node_modules/joi/lib/index.js'), 'joi'],
    [file('node_modules/@fastify/oauth2/index.js'), '@fastify/oauth2'],
    [file('src/store/users.ts'), 'src/store'],
    [file('dist/src/store/users.js'), 'src/store'],
    [file('plugins/session/carrier.ts'), 'plugins/session'],
    [file('dist/plugins/session.js'), 'plugins'],
    [file('bench/servers/ours.ts'), 'bench'],
    ['node:internal/modules/esm/loader', 'Node itself'],
    ['', 'V8']
  ] as Array<[string, string]>) t.equal(ownerOf(url), owner, url)
  t.same(countOwners(['node:fs', file('src/core/json.ts'), 'node:path']), [['Node itself', 2], ['src/core', 1]])
})

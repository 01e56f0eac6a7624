import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { simulatorOptionRules } from '../../src/simulator/options.ts'
import { takesLong } from '../patient.ts'
import { bareEnvironment } from './program.ts'

takesLong()

const root = join(import.meta.dirname, '../..')
const expected: Record<string, string> = {
  tenants: '/auth/account\n/auth/error?error=tenant_not_allowed\n',
  claims: 'ada ["Admin"]\nmallory []\n'
}

t.test('the examples of the pages about tenants and claims run, and print what they say', async (t) => {
  for (const [page, output] of Object.entries(expected)) {
    const blocks = [...readFileSync(join(root, `docs/${page}.md`), 'utf8').matchAll(/<!-- example: (\w+) -->\n```ts\n([^]*?)```/g)]
    t.same(blocks.map(([, name]) => name), [page])
    const file = join(t.testdir({ 'block.ts': blocks[0]![2]! }), 'block.ts')
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-C', 'fastify-entra:source', file], { cwd: root, env: bareEnvironment(), encoding: 'utf8' })
    t.same({ stdout, stderr, status }, { stdout: output, stderr: '', status: 0 }, page)
  }
})

t.test('the manifest asks for claims that there are', async (t) => {
  const [, manifest] = /```json\n([^]*?)```/.exec(readFileSync(join(root, 'docs/claims.md'), 'utf8'))!
  const { optionalClaims } = JSON.parse(manifest!)
  const known = simulatorOptionRules.optionalClaims.default!
  for (const { name } of optionalClaims.idToken) t.ok(known.includes(name), name)
})

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bareEnvironment } from './program.ts'

const root = join(import.meta.dirname, '../..')

t.test('the example of the page about sessions runs, and prints what it says', async (t) => {
  const page = readFileSync(join(root, 'docs/sessions.md'), 'utf8')
  const blocks = [...page.matchAll(/<!-- example: (\w+) -->\n```ts\n([^]*?)```/g)]
  t.same(blocks.map(([, name]) => name), ['sessions'])
  const file = join(t.testdir({ 'block.ts': blocks[0]![2]! }), 'block.ts')
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-C', 'fastify-entra:source', file], { cwd: root, env: bareEnvironment(), encoding: 'utf8' })
  t.same({ stdout, stderr, status }, { stdout: '401 unauthenticated\n', stderr: '', status: 0 })
})

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { bareEnvironment } from './program.ts'

takesLong()

const root = join(import.meta.dirname, '../..')

const expected: Record<string, string> = {
  linking: '204\n409\ninvalid_request unknown_identity\n',
  accounts: 'true\n/auth/error?error=email_in_use\n/auth/account\n0\nnull\n'
}

async function run (file: string): Promise<{ output: string, status: number | null }> {
  const child = spawn(process.execPath, ['-C', 'fastify-entra:source', file], { cwd: root, env: bareEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => { output += String(chunk) })
  child.stderr.on('data', (chunk) => { output += String(chunk) })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { output, status }
}

t.test('the examples of the page about linking run, and print what it says', async (t) => {
  const page = readFileSync(join(root, 'docs/linking.md'), 'utf8')
  const blocks = [...page.matchAll(/<!-- example: (\w+) -->\n```ts\n([^]*?)```/g)]
  t.same(blocks.map(([, name]) => name), Object.keys(expected))
  for (const [, name, code] of blocks) t.same(await run(join(t.testdir({ 'block.ts': code! }), 'block.ts')), { output: expected[name!], status: 0 }, String(name))
})

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')

const expected = {
  events: 'user_created E2\nsigned_in E2\nrefused plan_full E2\nrefused E2\n/auth/error?error=plan_full\n',
  audit: 'refused F signup_disabled asserted\nsigned_in E1 null domain_owner_verified\nidentity_linked E1 null domain_owner_verified\nuser_invited null null undefined\n'
}

async function run (file: string): Promise<{ output: string, status: number | null }> {
  const child = spawn(process.execPath, ['-C', 'fastify-entra:source', file], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += String(chunk) })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { output, status }
}

for (const [name, output] of Object.entries(expected)) {
  t.test(`the example of docs/${name}.md runs, and prints what it says`, async (t) => {
    const page = readFileSync(join(root, `docs/${name}.md`), 'utf8')
    const [, code] = new RegExp(`<!-- example: ${name} -->\\n\`\`\`ts\\n([^]*?)\`\`\``).exec(page)!
    t.same(await run(join(t.testdir({ 'block.ts': code! }), 'block.ts')), { output, status: 0 })
  })
}

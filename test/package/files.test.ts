import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { root } from '../docs/documents.ts'
import { emptyFolder, run } from './pack.ts'

// What lies about where somebody works, and would be the end of somebody if it were published.
const lyingAbout = [
  '.env', '.env.production', '.npmrc', 'entra.sqlite', 'entra.sqlite-wal', 'entra.secret', 'client.pem', 'key.pfx', 'notes.md', 'fastify-entra-0.1.0.tgz',
  '.ci/run', '.git/config', '.tmp/x', 'coverage/index.html', 'src/core/errors.ts', 'plugins/session.ts', 'bin/run.ts', 'test/forge.ts', 'tools/readme.ts', 'examples/minimal.ts',
  'docs/.env', 'docs/draft.txt', 'docs/screenshots/desktop-light.png', 'node_modules/left-over/index.js', 'package-lock.json', 'eslint.config.js', 'tsconfig.json'
]
const wanted = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md', 'dist/plugins/fastify-entra.d.ts', 'dist/plugins/fastify-entra.js', 'docs/page.md', 'package.json']

t.test('what is published is dist, the documents and the licence, whatever else lies about', async (t) => {
  const folder = emptyFolder(t)
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  for (const file of [...lyingAbout, ...wanted.filter((name) => name !== 'package.json')]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), 'x')
  }
  // Neither the registry nor the build is needed for a list of files.
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], { cwd: folder })
  const [{ files }] = JSON.parse(stdout) as [{ files: Array<{ path: string }> }]
  t.same(files.map(({ path }) => path).sort(), wanted)
})

t.test('each entry point is among what is published', async (t) => {
  const { exports, bin, types } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string | Record<string, string>>, bin: Record<string, string>, types: string }
  const paths = [types, ...Object.values(bin), ...Object.values(exports).flatMap((target) => typeof target === 'string' ? [target] : [target.types!, target.default!])]
  for (const path of paths) t.match(path, /^\.\/(?:dist\/(?:plugins|bin)\/[\w-]+\.(?:js|d\.ts)|package\.json)$/)
})

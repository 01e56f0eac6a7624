import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { takesLong } from '../patient.ts'
import { needsRegistry } from '../services.ts'
import { emptyFolder, packTree, run } from './pack.ts'

takesLong()

const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
const names: string[] = Object.keys(exports).filter((path) => !path.endsWith('.json')).map((path) => `fastify-entra${path.slice(1)}`)

t.test('the packed package installs into an empty project, and each sub-path can be imported and required', needsRegistry(), async (t) => {
  const { tarball, files } = await packTree(t)
  t.same(files.filter((name) => !/^(?:dist\/(?:bin|src|plugins)\/|README\.md$|docs\/[a-z-]+\.md$|LICENSE$|CHANGELOG\.md$|CONTRIBUTING\.md$|SECURITY\.md$|package\.json$)/.test(name)), [], 'nothing else is in it')

  const project = emptyFolder(t)
  writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true}')
  await run('npm', ['install', '--no-audit', '--no-fund', tarball, 'fastify'], { cwd: project })
  for (const name of names) {
    await run(process.execPath, ['--input-type=module', '-e', `const { default: plugin } = await import('${name}'); if (typeof plugin !== 'function') process.exit(1)`], { cwd: project })
    await run(process.execPath, ['-e', `if (typeof require('${name}').default !== 'function') process.exit(1)`], { cwd: project })
    t.pass(name)
  }
  await run(process.execPath, ['-e', `
    const app = require('fastify')()
    app.register(require('fastify-entra'), { baseUrl: 'http://localhost:3000', database: ':memory:' })
    app.register(async () => {})
    app.ready().then(() => require('fastify-entra/simulator').signInAs(app, 'ada')).then(({ statusCode }) => app.close().then(() => process.exit(statusCode === 303 ? 0 : 1)))
  `], { cwd: project })
  t.pass('and it works from CommonJS')

  const modules = join(project, 'node_modules')
  t.comment(`${countPackages(modules)} packages, ${(sizeOf(modules) / 1e6).toFixed(1)} MB with Fastify`)
})

function countPackages (folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /(?:^|node_modules\/)(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(file)).length
}

function sizeOf (folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../docs/documents.ts'
import { takesLong } from '../patient.ts'
import { needsRegistry } from '../services.ts'
import { readLockfile } from '../../tools/dependency-tree.ts'
import { isAllowedLicence } from '../../tools/licences.ts'
import { emptyFolder, packTree, run } from './pack.ts'
import { bounds, sizeOf } from './sizes.ts'

takesLong()

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const names: string[] = Object.keys(exports).filter((path) => !path.endsWith('.json')).map((path) => `fastify-entra${path.slice(1)}`)

const { tarball, files, integrity } = await packTree(t)

t.test('who builds and packs the same sources elsewhere gets the same package, to the byte', async (t) => {
  t.equal((await packTree(t)).integrity, integrity)
})

t.test('the packed package installs into an empty project, and each sub-path can be imported and required', needsRegistry(), async (t) => {
  t.same(files.filter((name) => !/^(?:dist\/(?:bin|chunks|plugins|src)\/|dist\/THIRD-PARTY-NOTICES\.md$|README\.md$|docs\/[a-z-]+\.md$|LICENSE$|CHANGELOG\.md$|CONTRIBUTING\.md$|SECURITY\.md$|package\.json$)/.test(name)), [], 'nothing else is in it')
  for (const name of files.filter((file) => /^dist\/(?:bin|plugins|src)\//.test(file))) {
    t.ok(existsSync(join(root, name.replace(/^dist\//, '').replace(/(?:\.d\.ts|\.js)$/, '.ts'))), `${name} is made of a source`)
  }
  t.ok(files.includes('dist/THIRD-PARTY-NOTICES.md') && files.includes('dist/chunks/kysely.js'), 'and what is inside comes with its notice')

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

  // What a user gets is newer than our lockfile: the rules hold for that as well.
  const installed = Object.entries(readLockfile(project).packages).filter(([folder]) => folder !== '')
  const modules = join(project, 'node_modules')
  t.comment(`${installed.length} packages, ${(sizeOf(modules) / 1e6).toFixed(1)} MB with Fastify`)
  t.ok(installed.length <= bounds.packages && sizeOf(modules) <= bounds.bytes, 'and it is no more than a user may be made to install')
  for (const [folder, { license, hasInstallScript }] of installed) {
    t.ok(isAllowedLicence(license) && hasInstallScript !== true, `${folder}: ${license}`)
  }
})

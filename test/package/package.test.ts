import { execFile } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { needsRegistry } from '../services.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const subpaths = ['', '/provider', '/verification', '/linking', '/session', '/tokens', '/sign-out', '/admin-consent', '/identity', '/simulator', '/pages']

t.test('the packed package installs into an empty project, and each sub-path can be imported and required', { ...needsRegistry(), timeout: 300_000 }, async (t) => {
  const project = t.testdir({ 'package.json': '{"name":"empty","private":true}' })
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: root })
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))
  const names: string[] = files.map(({ path }: { path: string }) => path)
  t.same(names.filter((name) => !/^(?:dist\/(?:bin|src|plugins)\/|README\.md$|docs\/[a-z-]+\.md$|LICENSE$|CHANGELOG\.md$|CONTRIBUTING\.md$|SECURITY\.md$|package\.json$)/.test(name)), [], 'nothing else is in it')

  await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', project, join(project, filename), 'fastify'], { cwd: project })
  for (const subpath of subpaths) {
    const name = `fastify-entra${subpath}`
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

  writeFileSync(join(project, 'use.mts'), `
    import Fastify from 'fastify'
    import entra from 'fastify-entra'
    const app = Fastify()
    await app.register(entra, { baseUrl: 'http://localhost:3000', clientId: process.env.CLIENT_ID })
    app.get('/me', { onRequest: app.requireUser }, (request) => request.user?.email?.evidence.map(({ kind }) => kind))
    app.get('/score', (request) => request.scoredEmail?.score)
    app.get('/invite', async () => (await app.accounts.find('x'))?.id)
    // @ts-expect-error a misspelt option
    await app.register(entra, { baseUrl: 'http://localhost:3000', allow_email_acount_merge: true })
    // @ts-expect-error a user has no password
    app.get('/no', (request) => request.user?.password)
  `)
  await run(join(root, 'node_modules/.bin/tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'use.mts'], { cwd: project })
    .catch((error: { stdout: string }) => t.fail(error.stdout))
  await run(join(root, 'node_modules/.bin/tsc'), ['--ignoreConfig', '--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2024', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'use.mts'], { cwd: project })
    .catch((error: { stdout: string }) => t.same(error.stdout.split('\n').filter((line) => line.includes('fastify-entra')), [], 'bundler resolution'))
  t.pass('and its types are those of the documents')

  const modules = join(project, 'node_modules')
  t.comment(`${countPackages(modules)} packages, ${(sizeOf(modules) / 1e6).toFixed(1)} MB with Fastify`)
})

function countPackages (folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /(?:^|node_modules\/)(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(file)).length
}

function sizeOf (folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

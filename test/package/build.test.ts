import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { countOwners, sourcesOf } from '../../bench/modules.ts'
import { keepPublicDeclarations } from '../../tools/declarations.ts'
import { notices } from '../../tools/notices.ts'
import { inlined, packageIn, readPublished } from '../../tools/published.ts'
import { root } from '../docs/documents.ts'
import { copyTree, emptyFolder, run } from './pack.ts'

const { entries, programs, installed } = readPublished(root)
const plugins = entries.filter((name) => !programs.includes(name))

/** A folder in which the JavaScript of this tree was built. */
async function build (t: Pick<Test, 'teardown'>): Promise<string> {
  const folder = copyTree(t)
  await run(process.execPath, ['tools/build.ts'], { cwd: folder })
  return folder
}

function filesBelow (folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file, 'utf8')]))
}

/** What a file of JavaScript imports, at once and later, and what it exports again. */
function importsOf (code: string): string[] {
  return [...code.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";|\bimport\(["']([^"']+)["']\)|^import "([^"]+)";/gm)].map(([, from, later, alone]) => (from ?? later ?? alone)!)
}

const built = await build(t)
const dist = join(built, 'dist')
const files = filesBelow(dist)

t.test('two builds give the same bytes, and no path of the machine is in them', async (t) => {
  const again = await build(t)
  t.same([...filesBelow(join(again, 'dist'))], [...files])
  for (const [name, text] of files) {
    for (const path of [built, again, root]) t.notOk(text.includes(path), name)
  }
})

t.test('each entry point is a file that exports what its source does, and a program can be run', async (t) => {
  t.ok(entries.length > 15)
  for (const name of plugins) {
    const [made, source] = await Promise.all([join(dist, `${name}.js`), join(root, `${name}.ts`)].map(async (file) => Object.keys(await import(pathToFileURL(file).href))))
    t.same(made, source, name)
  }
  for (const name of programs) {
    const file = join(dist, `${name}.js`)
    t.match(files.get(`${name}.js`), /^#!\/usr\/bin\/env node\n/)
    t.equal(statSync(file).mode & 0o111, 0o111)
    const { stdout } = await run(process.execPath, [file, '--help'], { cwd: built })
    t.match(stdout, /doctor/)
  }
})

/** The modules of the package and the packages of others that are loaded with one of its files. */
async function loadedWith (name: string): Promise<{ own: string[], others: string[] }> {
  const code = `
    import { registerHooks } from 'node:module'
    const modules = []
    registerHooks({ load: (url, context, next) => { modules.push(url); return next(url, context) } })
    await import(${JSON.stringify(pathToFileURL(join(dist, `${name}.js`)).href)})
    console.log(JSON.stringify(modules))
    process.exitCode = 0
  `
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: built })
  const modules = JSON.parse(stdout) as string[]
  const below = `${pathToFileURL(dist).href}/`
  return {
    own: modules.filter((url) => url.startsWith(below)).map((url) => url.slice(below.length)).sort(),
    others: countOwners(modules.filter((url) => !url.startsWith(below))).map(([owner]) => owner)
  }
}

t.test('an application that imports the package loads few files, and nothing that is optional', async (t) => {
  const { own, others } = await loadedWith('plugins/fastify-entra')
  t.same(own, ['chunks/core.js', 'chunks/kysely.js', 'chunks/plugins.js', 'chunks/rooms.js', 'chunks/store.js', 'chunks/verification.js', 'plugins/fastify-entra.js'])
  t.ok(others.includes('@fastify/session'), 'and those of others are seen')
  for (const name of [...inlined, 'jose', 'pg', 'redis', '@redis/client', 'oidc-provider', '@fastify/rate-limit']) t.notOk(others.includes(name), name)
  const owners = new Map(countOwners(own.flatMap((file) => sourcesOf(pathToFileURL(join(dist, file)).href))))
  t.ok(owners.get('src/store')! > 20 && owners.get('kysely')! > 100)
  for (const room of ['src/simulator', 'src/identity', 'src/diagnosis', 'plugins/identity', 'plugins/codes', 'plugins/setup', 'plugins/health', 'bin']) t.equal(owners.get(room), undefined, room)
})

t.test('who verifies tokens without a server loads no plugin, no database and no other package of weight; the command line loads no Fastify', async (t) => {
  const { own, others } = await loadedWith('plugins/verification')
  t.same(own, ['chunks/core.js', 'chunks/verification.js', 'plugins/verification.js'])
  t.same(others.sort(), ['@fastify/error', 'Node itself', 'fastify-plugin'])
  const commandLine = await loadedWith('bin/fastify-entra')
  t.ok(commandLine.own.includes('chunks/store.js') && !commandLine.own.includes('chunks/plugins.js'))
  t.notOk(commandLine.others.some((name) => name === 'fastify' || name.startsWith('@fastify/oauth2')))
})

t.test('the sub-paths share what they have in common: the error of one is that of another', async (t) => {
  const load = async (name: string) => await import(pathToFileURL(join(dist, `plugins/${name}.js`)).href)
  const [entra, verification, session, provider, simulator] = await Promise.all(['fastify-entra', 'verification', 'session', 'provider', 'simulator'].map(load))
  t.equal(entra.isEntraError, verification.isEntraError)
  t.equal(entra.requireUser, session.requireUser)
  const { default: Fastify } = await import('fastify')
  for (const { default: plugin } of [entra, provider, simulator]) {
    const error: unknown = await Fastify().register(plugin, { no_such_option: 1 }).then(() => null, (error: unknown) => error)
    t.ok(error instanceof entra.ConfigurationError, String(error))
  }
})

t.test('Kysely is inside and nobody has to install it; all else that is imported is a dependency or Node\'s own', async (t) => {
  t.same(inlined, ['kysely'])
  t.notOk(installed.includes('kysely'))
  t.match(files.get('chunks/kysely.js'), /^var Kysely = class/m)
  for (const [name, text] of files) {
    if (!name.endsWith('.js')) continue
    for (const target of importsOf(text)) {
      const from = packageIn(target)
      t.ok(from === undefined || installed.includes(from), `${name}: ${target}`)
    }
  }
  for (const name of ['@fastify/oauth2', 'jose', 'pg', 'oidc-provider']) t.ok([...files.values()].some((text) => importsOf(text).includes(name)), `control: ${name} is seen`)
})

t.test('what is inside comes with its name, its version and its licence', async (t) => {
  const text = files.get('THIRD-PARTY-NOTICES.md')!
  for (const name of inlined) {
    const folder = join(root, 'node_modules', name)
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    t.match(text, `## ${name} ${version}\n\nIn \`chunks/${name}.js\`. Licence: ${license}.\n`)
    for (const line of readFileSync(join(folder, 'LICENSE'), 'utf8').split('\n')) t.ok(text.includes(`> ${line}`.trimEnd()), line)
  }
  const bare = emptyFolder(t)
  writeFileSync(join(bare, 'package.json'), '{ "name": "bare", "version": "1.0.0", "license": "MIT" }')
  t.throws(() => notices([{ folder: bare, files: ['x.js'] }]), { message: 'bare comes without its licence, so its code cannot be in dist.' })
})

t.test('a package that nobody has chosen does not get inside: the build fails, and says which', async (t) => {
  const folder = copyTree(t)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  delete manifest.dependencies['fastify-plugin']
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const { stderr } = await run(process.execPath, ['tools/build.ts'], { cwd: folder }).catch((failed: { stderr: string }) => failed)
  t.match(stderr, 'The code of fastify-plugin would be in dist. Make it a dependency in package.json, or name it in tools/published.ts.')
})

t.test('of the declarations those stay that entry points lead to, and a public type of a package that nobody has is refused', async (t) => {
  const folder = emptyFolder(t)
  const write = (name: string, text: string): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  write('plugins/a.d.ts', "import type { B } from '../src/b.ts';\nimport type { FastifyError } from '@fastify/error';\nexport type { B };\n")
  write('src/b.d.ts', "import type { Buffer } from 'node:buffer';\nexport type B = import('./deep/c.ts').C;\n")
  write('src/deep/c.d.ts', 'export interface C {}\n')
  write('src/store/d.d.ts', "import type { Kysely } from 'kysely';\n")
  write('bin/run.d.ts', 'export {};\n')
  write('plugins/a.js', '')
  const published = { dist: folder, entries: ['plugins/a', 'bin/run'], programs: ['bin/run'], installed: ['@fastify/error'] }
  keepPublicDeclarations(published)
  t.same([...filesBelow(folder).keys()].sort(), ['plugins/a.d.ts', 'plugins/a.js', 'src/b.d.ts', 'src/deep/c.d.ts'])
  t.notOk(existsSync(join(folder, 'src/store')))
  write('src/deep/c.d.ts', "import { Kysely } from 'kysely';\nexport type C = Kysely<unknown>;\n")
  t.throws(() => keepPublicDeclarations(published), { message: /deep\/c\.d\.ts is public and needs the types of kysely, which nobody has who installs the package\.$/ })
})

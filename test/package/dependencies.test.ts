import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Installed, type Lockfile, optionalPeers, readLockfile, treeOf, userTree } from '../../tools/dependency-tree.ts'
import { allowedLicences, isAllowedLicence } from '../../tools/licences.ts'
import { inlined } from '../../tools/published.ts'
import { documents, root } from '../docs/documents.ts'
import { bounds, sizeOf } from './sizes.ts'

const lock = readLockfile(root)
// What is inside of the package comes along as well, whatever npm calls it.
const everything = treeOf(lock, [...userTree(lock).map(({ name }) => name), ...optionalPeers(lock), ...inlined])

t.test('a tree is what Node finds: the nearest copy of each package, with required peers and without optional ones', async (t) => {
  const lockOf = (packages: Lockfile['packages']): Lockfile => ({ lockfileVersion: 3, packages })
  const tree = lockOf({
    '': { dependencies: { a: '1' }, peerDependencies: { host: '1', extra: '1' }, peerDependenciesMeta: { extra: { optional: true } }, devDependencies: { tool: '1' } },
    'node_modules/a': { version: '1.0.0', dependencies: { b: '2' }, peerDependencies: { host: '1' } },
    'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { c: '1' } },
    'node_modules/b': { version: '1.0.0' },
    'node_modules/c': { version: '1.0.0', dependencies: { a: '1' } },
    'node_modules/extra': { version: '1.0.0', dependencies: { b: '1' } },
    'node_modules/host': { version: '1.0.0' },
    'node_modules/tool': { version: '1.0.0', dependencies: { b: '1' } }
  })
  t.same(userTree(tree).map(({ folder }) => folder), ['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c', 'node_modules/host'])
  t.same(optionalPeers(tree), ['extra'])
  t.throws(() => userTree(lockOf({ '': { dependencies: { gone: '1' } } })), { message: 'package-lock.json has no gone, which the package needs' })
})

t.test('what a user installs runs no script and builds nothing while it is installed, and is no native code', async (t) => {
  t.ok(everything.length > 100, `${everything.length} packages, with all optional ones`)
  for (const { folder, entry } of everything) {
    const { scripts = {}, gypfile } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const runs = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts)
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    const native = files.filter((file) => /(?:\.node|\.dll|\.dylib|\.so|\.exe)$/.test(file) || file === 'binding.gyp')
    if (runs.length > 0 || native.length > 0 || gypfile !== undefined || entry.hasInstallScript === true) t.fail(`${folder}: ${[...runs, ...native].join(', ')}`)
  }
})

t.test('no more is installed than 80 packages and 18 MB, Fastify among them', async (t) => {
  const own = Object.keys(lock.packages['']!.dependencies!)
  const bytes = (packages: readonly Installed[]): number => packages.reduce((sum, { folder }) => sum + sizeOf(join(root, folder), (name) => name === 'node_modules'), 0)
  const mine = treeOf(lock, own)
  const all = userTree(lock)
  t.comment(`${mine.length} packages and ${(bytes(mine) / 1e6).toFixed(1)} MB of ours, ${all.length} and ${(bytes(all) / 1e6).toFixed(1)} MB with Fastify`)
  t.ok(mine.length > 20 && all.length <= bounds.packages, `${all.length} packages`)
  t.ok(bytes(all) <= bounds.bytes, `${bytes(all)} bytes`)
})

t.test('each package is under a licence that asks for no more than a notice, as its own package.json says', async (t) => {
  for (const { folder, entry } of everything) {
    t.equal(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).license, entry.license, folder)
    t.ok(isAllowedLicence(entry.license), `${folder}: ${entry.license}`)
  }
  const { text } = documents().find(({ name }) => name === 'docs/licences.md')!
  for (const licence of allowedLicences) t.ok(text.includes(licence), `the page names ${licence}`)
  for (const { name, entry } of everything) t.ok(text.includes(`| \`${name}\` | ${entry.version} | ${entry.license} |`), `the page has ${name}`)
})

t.test('of a choice of licences one is enough, of several at once each counts, and what is not stated or not known is refused', async (t) => {
  for (const licence of ['MIT', '(MIT OR GPL-3.0)', 'MIT OR GPL-3.0', 'MIT AND ISC', '(BSD-2-Clause AND MIT)']) t.ok(isAllowedLicence(licence), licence)
  for (const licence of [undefined, '', 'GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN LICENSE', 'UNLICENSED', 'MIT-0-ish', '(MIT OR (GPL-3.0 AND ISC))']) t.notOk(isAllowedLicence(licence), String(licence))
})

t.test('the workspaces of the repository are in no user\'s tree', async (t) => {
  for (const folder of lock.packages['']!.workspaces!) {
    t.ok(existsSync(join(root, folder, 'package.json')))
    const { name, private: isPrivate } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    t.equal(isPrivate, true, `${name} cannot be published`)
    t.notOk(everything.some((installed) => installed.name === name), name)
  }
})

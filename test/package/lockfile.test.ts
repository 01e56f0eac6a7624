import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readLockfile } from '../../tools/dependency-tree.ts'
import { lockfileProblems, type Manifest } from '../../tools/lockfile.ts'
import { root } from '../docs/documents.ts'

const manifest = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
const lock = readLockfile(root)
const manifests = Object.fromEntries(['', ...manifest('').workspaces!].map((folder) => [folder, manifest(folder)]))

t.test('every package of the lockfile comes from the npm registry with its SHA-512, and is what package.json asks for', async (t) => {
  t.ok(Object.keys(lock.packages).length > 500)
  t.same(lockfileProblems(lock, manifests), [])
})

t.test('neither another registry nor a script that runs at an install comes with the repository', async (t) => {
  const file = join(root, '.npmrc')
  const settings = existsSync(file) ? readFileSync(file, 'utf8') : ''
  t.notMatch(settings, /registry|_auth|proxy|cafile|strict-ssl/i)
  for (const [folder, { scripts }] of Object.entries(manifests as Record<string, { scripts?: Record<string, string> }>)) {
    t.same(Object.keys(scripts ?? {}).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name)), [], folder)
  }
})

t.test('what could be exchanged on the way, or by somebody else, is noticed', async (t) => {
  const at = 'node_modules/jose'
  const jose = lock.packages[at]!
  const problems = (entry: object): string[] => lockfileProblems({ ...lock, packages: { ...lock.packages, [at]: { ...jose, ...entry } } }, manifests)
  const integrity = jose.integrity!
  t.same(problems({ integrity: undefined }), [`${at} has no SHA-512`])
  t.same(problems({ integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }), [`${at} has no SHA-512`], 'SHA-1 is none')
  t.same(problems({ integrity: `${integrity} sha1-x` }), [`${at} has no SHA-512`], 'nor is a choice of hashes')
  for (const resolved of [
    'http://registry.npmjs.org/jose/-/jose-6.2.17.tgz',
    'https://registry.npmjs.org.evil.example/jose/-/jose-6.2.17.tgz',
    'https://registry.npmjs.org/jsoe/-/jsoe-6.2.17.tgz',
    'git+ssh://git@github.com/panva/jose.git#abc',
    'file:../jose'
  ]) t.same(problems({ resolved }), [`${at} comes from ${resolved}`])
  t.same(problems({ resolved: 'https://registry.npmjs.org/jose/-/jose-6.2.17.tgz' }), [], 'control: where it comes from may be said')
  t.same(problems({ name: 'jsoe' }), [`${at} is jsoe under another name`])
  t.same(problems({ version: 'git' }), [`${at} has no version`])
  t.same(problems({ hasInstallScript: true }), [`${at} runs a script when it is installed`])
  t.same(problems({ link: true, resolved: '../elsewhere' }), [`${at} links to ../elsewhere, which is no workspace`])
  t.same(lockfileProblems({ ...lock, lockfileVersion: 1 }, manifests), ['lockfileVersion is 1, not 3'])
})

t.test('a dependency that is no range of versions, and a package.json that has moved on, are noticed', async (t) => {
  const problems = (more: Manifest): string[] => lockfileProblems(lock, { ...manifests, '': { ...manifests[''], ...more } })
  const { dependencies } = manifests['']!
  for (const range of ['github:panva/jose', 'panva/jose', 'git+https://example.com/jose.git', 'https://example.com/jose.tgz', 'file:../jose', 'npm:jsoe@6.2.17', 'workspace:*', 'latest', '*', '']) {
    t.same(problems({ dependencies: { ...dependencies, jose: range } }), [
      `package.json asks for jose as ${range}, which is no range of versions`,
      'the dependencies of package.json are not those of the lockfile'
    ])
  }
  t.same(problems({ dependencies: { ...dependencies, jose: '>=6.3.0 <7 || ^8' } }), ['the dependencies of package.json are not those of the lockfile'])
  t.same(problems({ devDependencies: {} }), ['the devDependencies of package.json are not those of the lockfile'])
  t.same(problems({ overrides: { jose: '1' } }), ['package.json has overrides'])
  t.same(lockfileProblems(lock, { ...manifests, 'tools/more': { dependencies: { jose: '^6' } } }), ['the dependencies of tools/more/package.json are not those of the lockfile'])
})

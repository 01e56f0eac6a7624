// Makes the JavaScript of dist, after tsc has made the declarations: node tools/build.ts
//
// Few files and not one for each source, since loading a file costs an application's start half a millisecond.
import { chmodSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type OutputChunk, rolldown } from 'rolldown'
import { type InlinedPackage, notices } from './notices.ts'
import { inlined, packageIn, readPublished } from './published.ts'

const root = join(import.meta.dirname, '..')
const { dist, entries, programs, installed } = readPublished(root)

/** The files that every application loads with the package, each after those that it needs: see {@link chunkOf}. */
const chunks: readonly string[] = [...inlined, 'core', 'verification', 'store', 'rooms', 'plugins']

const pathOf = (id: string): string => relative(root, id).split(sep).join('/')

/** The package that a file was installed with; `undefined` for one of ours. */
function packageOf (id: string): string | undefined {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(pathOf(id))?.[1]
}

type Graph = (id: string) => { readonly importedIds: readonly string[] } | null

const closures = new Map<string, ReadonlySet<string>>()

/** The paths of all modules that are loaded with one of ours: what it imports by `import()` is not among them. */
function loadedWith (path: string, graph: Graph): ReadonlySet<string> {
  let found = closures.get(path)
  if (found === undefined) {
    const paths = new Set<string>()
    const visit = (id: string): void => {
      if (paths.has(pathOf(id))) return
      paths.add(pathOf(id))
      for (const imported of graph(id)?.importedIds ?? []) visit(imported)
    }
    visit(join(root, path))
    closures.set(path, found = paths)
  }
  return found
}

/**
 * The file that a module goes into, where that is not left to the bundler: what every application loads with the package.
 * The rooms of src import values of src/core only, and no plugin, so that none of these files needs one that comes after it.
 */
function chunkOf (id: string, graph: Graph): string | null {
  const inside = packageOf(id)
  if (inside !== undefined) return inside
  const path = pathOf(id)
  if (!loadedWith('plugins/fastify-entra.ts', graph).has(path)) return null
  if (path.startsWith('src/core/')) return 'core'
  // By itself, for who verifies tokens without a server.
  if (loadedWith('plugins/verification.ts', graph).has(path)) return 'verification'
  // Apart from the plugins, for the command line, which needs no Fastify.
  if (path.startsWith('src/store/')) return 'store'
  return path.startsWith('src/') ? 'rooms' : 'plugins'
}

const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(entries.map((name) => [name, join(root, `${name}.ts`)])),
  platform: 'node',
  tsconfig: false,
  // A path below this folder is the same on every machine; what a link of it leads to is not.
  resolve: { symlinks: false },
  transform: { target: 'node22.18' },
  external: (id) => id.startsWith('node:') || installed.includes(packageIn(id) ?? ''),
  // Each file says which sources it is made of, for who reads a stack trace: bench/modules.ts reads it as well.
  experimental: { attachDebugInfo: 'simple' },
  checks: { bundlerTimings: false },
  onLog: (level, { message }) => {
    if (level === 'warn') throw new Error(message)
  }
})
const { output } = await bundle.write({
  dir: dist,
  format: 'es',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  minify: false,
  minifyInternalExports: false,
  // What the declarations say need not be said here.
  comments: { legal: true, annotation: true, jsdoc: false },
  codeSplitting: {
    // In this order: a module takes along what it imports, unless that has a place already.
    groups: chunks.map((chunk, index) => ({
      debugName: chunk,
      priority: chunks.length - index,
      name: (id, context) => chunkOf(id, (of) => context.getModuleInfo(of)) === chunk ? chunk : null
    }))
  }
})
await bundle.close()

const written = output.filter((one): one is OutputChunk => one.type === 'chunk')
writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.md'), notices(packagesIn(written)))
for (const name of programs) chmodSync(join(dist, `${name}.js`), 0o755)

/** The packages whose code is in dist. Throws where one is that nobody has chosen. */
function packagesIn (written: readonly OutputChunk[]): InlinedPackage[] {
  const found = new Map<string, string[]>()
  for (const { fileName, moduleIds } of written) {
    for (const name of new Set(moduleIds.map(packageOf).filter((name) => name !== undefined))) found.set(name, [...found.get(name) ?? [], fileName])
  }
  const unwanted = [...found.keys()].filter((name) => !inlined.includes(name))
  if (unwanted.length > 0) throw new Error(`The code of ${unwanted.join(', ')} would be in dist. Make it a dependency in package.json, or name it in tools/published.ts.`)
  return [...found].map(([name, files]) => ({ folder: join(root, 'node_modules', name), files }))
}

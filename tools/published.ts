import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Packages whose code is inside of ours: whoever installs this one does not get them from the registry. Each needs a reason. */
export const inlined: readonly string[] = [
  // It has 257 modules, and an application would load each by itself.
  'kysely'
]

/** What package.json says about what is published. */
export interface Published {
  /** Where it is built. */
  readonly dist: string
  /** What is imported or run: paths below the repository and below dist, without their ending. */
  readonly entries: readonly string[]
  /** Those of them that are run. */
  readonly programs: readonly string[]
  /** The packages that whoever installs this one has as well. */
  readonly installed: readonly string[]
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** Reads the package.json of a folder. */
export function readPublished (root: string): Published {
  const { exports, bin, dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const nameOf = (path: string): string => path.replace(/^\.\/dist\//, '').replace(/\.js$/, '')
  const programs = Object.values(bin).map(nameOf)
  const plugins = Object.values(exports).flatMap((target) => typeof target === 'string' ? [] : [nameOf(target.default!)])
  return { dist: join(root, 'dist'), entries: [...plugins, ...programs], programs, installed: Object.keys({ ...dependencies, ...peerDependencies }) }
}

/** The package that a module is imported from, if it is none of ours and none of Node's. */
export function packageIn (specifier: string): string | undefined {
  return specifier.startsWith('.') || specifier.startsWith('node:') ? undefined : /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0]
}

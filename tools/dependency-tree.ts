import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What package-lock.json (`lockfileVersion` 3) says about one package: the members that are used here. */
export interface LockEntry {
  readonly name?: string
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** A package-lock.json. The keys of `packages` are folders: `''` is the repository itself. */
export interface Lockfile {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, LockEntry>>
}

/** One package that is installed: its folder below the repository, its name, and what the lockfile says. */
export interface Installed {
  readonly folder: string
  readonly name: string
  readonly entry: LockEntry
}

/** The lockfile in a folder. */
export function readLockfile (root: string): Lockfile {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile
}

/** Where somebody in `from` finds the package `name`: in their own node_modules, or in one above, as Node looks for it. */
function folderOf (lock: Lockfile, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (folder in lock.packages) return folder
    if (at === '') return undefined
  }
}

/** What a package cannot do without: its dependencies, and the peers that are not optional. */
function needs (entry: LockEntry): string[] {
  const peers = Object.keys(entry.peerDependencies ?? {}).filter((name) => entry.peerDependenciesMeta?.[name]?.optional !== true)
  return [...Object.keys(entry.dependencies ?? {}), ...peers]
}

/**
 * The packages that `names` bring along, themselves among them, as npm has laid them out for this repository. Sorted by name.
 *
 * Throws where the lockfile lacks one: then it is out of step.
 */
export function treeOf (lock: Lockfile, names: readonly string[]): Installed[] {
  const found = new Map<string, Installed>()
  const visit = (from: string, name: string): void => {
    const folder = folderOf(lock, from, name)
    if (folder === undefined) throw new Error(`package-lock.json has no ${name}, which ${from === '' ? 'the package' : from} needs`)
    if (found.has(folder)) return
    const entry = lock.packages[folder]!
    found.set(folder, { folder, name, entry })
    for (const needed of [...needs(entry), ...Object.keys(entry.optionalDependencies ?? {})]) visit(folder, needed)
  }
  for (const name of names) visit('', name)
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.folder < b.folder ? -1 : 1)
}

/** What everybody who installs the package and its peers gets. */
export function userTree (lock: Lockfile): Installed[] {
  return treeOf(lock, needs(lock.packages['']!))
}

/** The packages that are installed only where somebody wants what they are for: `pg`, `redis` … */
export function optionalPeers (lock: Lockfile): string[] {
  return Object.entries(lock.packages['']!.peerDependenciesMeta ?? {}).filter(([, { optional }]) => optional === true).map(([name]) => name).sort()
}

import type { LockEntry, Lockfile } from './dependency-tree.ts'

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

/** A package.json: the members that are used here. */
export type Manifest = Partial<Pick<LockEntry, typeof kinds[number] | 'workspaces'>> & { readonly overrides?: object }

const registry = 'https://registry.npmjs.org/'

/**
 * What is wrong with a lockfile, as sentences; empty where nothing is.
 *
 * Each package must be one of the npm registry with its SHA-512, so that nobody on the way can exchange it: whoever installs
 * from another registry or a cache gets the same bytes or an error. A dependency by git, by URL, by file or under another
 * package's name (`npm:`) can be changed by somebody whom nobody has chosen to trust. `resolved` may be left out.
 *
 * @param manifests - Each package.json of the repository, by its folder; `''` is the repository itself.
 */
export function lockfileProblems (lock: Lockfile, manifests: Readonly<Record<string, Manifest>>): string[] {
  const problems = Object.entries(manifests).flatMap(([folder, manifest]) => manifestProblems(folder, manifest, lock.packages[folder]))
  if (lock.lockfileVersion !== 3) problems.push(`lockfileVersion is ${lock.lockfileVersion}, not 3`)
  for (const [folder, entry] of Object.entries(lock.packages)) {
    if (folder in manifests) continue
    if (entry.link === true) {
      if (!(entry.resolved! in manifests)) problems.push(`${folder} links to ${entry.resolved}, which is no workspace`)
    } else problems.push(...entryProblems(folder, entry))
  }
  return problems
}

function entryProblems (folder: string, { name, version, integrity, resolved, hasInstallScript }: LockEntry): string[] {
  const called = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return [
    ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ? [] : [`${folder} has no SHA-512`]),
    ...(name === undefined || name === called ? [] : [`${folder} is ${name} under another name`]),
    ...(/^\d+\.\d+\.\d+/.test(version ?? '') ? [] : [`${folder} has no version`]),
    ...(resolved === undefined || resolved.startsWith(`${registry}${called}/-/`) ? [] : [`${folder} comes from ${resolved}`]),
    ...(hasInstallScript === true ? [`${folder} runs a script when it is installed`] : [])
  ]
}

function manifestProblems (folder: string, manifest: Manifest, entry: LockEntry | undefined): string[] {
  const where = folder === '' ? 'package.json' : `${folder}/package.json`
  const asked = kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}))
  return [
    ...asked.filter(([, range]) => !/^[\w^~<>=*.\s|+-]+$/.test(range) || !/\d/.test(range)).map(([name, range]) => `${where} asks for ${name} as ${range}, which is no range of versions`),
    ...kinds.filter((kind) => !sameRecord(manifest[kind], entry?.[kind])).map((kind) => `the ${kind} of ${where} are not those of the lockfile`),
    ...(manifest.overrides === undefined ? [] : [`${where} has overrides`])
  ]
}

function sameRecord (one: Readonly<Record<string, string>> = {}, other: Readonly<Record<string, string>> = {}): boolean {
  const text = (record: object): string => JSON.stringify(Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1))
  return text(one) === text(other)
}

import { existsSync, readdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Leaves those declarations in dist that an application's compiler reads: the ones that entry points lead to.
 *
 * @param entries - Entry points, below dist and without their ending.
 * @param installed - Packages that a user has, so that their types may be used.
 * @throws Error where a public type uses one of another package.
 */
export function keepPublicDeclarations (dist: string, entries: readonly string[], installed: readonly string[]): void {
  const kept = new Set<string>()
  const visit = (file: string): void => {
    if (kept.has(file)) return
    kept.add(file)
    for (const target of importsOf(readFileSync(file, 'utf8'))) {
      if (target.startsWith('.')) visit(join(dirname(file), target.replace(/\.[jt]s$/, '.d.ts')))
      else if (!target.startsWith('node:') && !installed.some((name) => target === name || target.startsWith(`${name}/`))) throw new Error(`${file} is public and needs the types of ${target}, which nobody has who installs the package.`)
    }
  }
  // A program has no types for others.
  for (const entry of entries.filter((entry) => !entry.startsWith('bin/'))) visit(join(dist, `${entry}.d.ts`))
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts')).map((name) => join(dist, name))) {
    if (!kept.has(file)) removeWithEmptyFolders(file)
  }
}

/** What a file of declarations imports. */
function importsOf (text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, target]) => target!)
}

function removeWithEmptyFolders (file: string): void {
  rmSync(file)
  for (let folder = dirname(file); existsSync(folder) && readdirSync(folder).length === 0; folder = dirname(folder)) rmdirSync(folder)
}

// Leaves those declarations in dist that an application's compiler reads: node tools/declarations.ts
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageIn, type Published, readPublished } from './published.ts'

/**
 * Removes the declarations that no entry point leads to: they would only be downloaded.
 *
 * @throws Error where a public type uses one of a package that nobody has who installs this one.
 */
export function keepPublicDeclarations ({ dist, entries, programs, installed }: Published): void {
  const kept = new Set<string>()
  const visit = (file: string): void => {
    if (kept.has(file)) return
    kept.add(file)
    for (const target of importsOf(readFileSync(file, 'utf8'))) {
      const name = packageIn(target)
      if (target.startsWith('.')) visit(join(dirname(file), target.replace(/\.[jt]s$/, '.d.ts')))
      else if (name !== undefined && !installed.includes(name)) throw new Error(`${file} is public and needs the types of ${name}, which nobody has who installs the package.`)
    }
  }
  // A program has no types for others.
  for (const entry of entries.filter((name) => !programs.includes(name))) visit(join(dist, `${entry}.d.ts`))
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
  for (let folder = dirname(file); readdirSync(folder).length === 0; folder = dirname(folder)) rmdirSync(folder)
}

if (import.meta.main) keepPublicDeclarations(readPublished(join(import.meta.dirname, '..')))

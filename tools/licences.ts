import { type Installed, type Lockfile, optionalPeers, treeOf, userTree } from './dependency-tree.ts'
import { inlined } from './published.ts'

/** Licences (SPDX) that ask for nothing but their text and a notice, so that nobody who installs the package has to ask a lawyer. */
export const allowedLicences: readonly string[] = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']

/** Whether all of a licence expression may be used: of `A OR B` one that is allowed is enough, of `A AND B` each must be. */
export function isAllowedLicence (expression: string | undefined): boolean {
  if (expression === undefined) return false
  const plain = expression.replace(/^\(([^()]*)\)$/, '$1')
  if (plain.includes(' AND ')) return plain.split(' AND ').every((part) => isAllowedLicence(part))
  return plain.split(' OR ').some((part) => allowedLicences.includes(part))
}

const row = ({ name, entry: { version, license } }: Installed): string => `| \`${name}\` | ${version} | ${license ?? 'none stated'} |`

function table (title: string, packages: readonly Installed[]): string {
  // A version that lies in several folders is one row.
  const rows = [...new Set(packages.map(row))]
  return `### ${title}\n\n${rows.length === 1 ? '1 package' : `${rows.length} packages`}.\n\n| package | version | licence |\n|---|---|---|\n${rows.join('\n')}\n`
}

/** The packages that a user gets, those whose code is in this one, and what each optional peer adds, with their licences: a section for each, in Markdown. */
export function licenceTables (lock: Lockfile): string {
  const always = userTree(lock)
  const known = new Set(always.map(({ folder }) => folder))
  const more = optionalPeers(lock).map((name) => [name, treeOf(lock, [name]).filter(({ folder }) => !known.has(folder))] as const)
  return [table('Always', always), table('Inside of this package', treeOf(lock, inlined)), ...more.map(([name, packages]) => table(`With ${name}`, packages))].join('\n')
}

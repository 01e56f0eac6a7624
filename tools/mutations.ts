// Takes one check at a time out of what runs, and runs the tests that should notice: node tools/mutations.ts [words of a check]
//
// Sources are changed while they are loaded; no file is. Prints for each check which tests fail without it, writes the
// table of docs/abuse.md when all were tried, and fails where nothing noticed, or where the tests fail with the check in place.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cell, withMarked } from './marked.ts'
import { applyAll } from './mutations/edit.ts'
import { type Mutation, mutations } from './mutations/list.ts'
import { runTap } from './tap-run.ts'

const root = join(import.meta.dirname, '..')
const document = join(root, 'docs/abuse.md')
const words = process.argv.slice(2).join(' ')
const chosen = mutations.filter(({ check }) => check.includes(words))

for (const { edits } of mutations) applyAll(edits, (file) => readFileSync(join(root, file), 'utf8'))

const unhurt = await failuresOf([...new Set(chosen.flatMap(testsOf))])
if (unhurt.length > 0) {
  console.log(`these tests fail although nothing was taken out:\n${unhurt.join('\n')}`)
  process.exit(1)
}

process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(join(root, 'tools/mutations/mutate.ts')).href}`.trim()
const noticed = new Map<Mutation, string[]>()
for (const mutation of chosen) {
  process.env.MUTATION = JSON.stringify(mutation.edits)
  const failures = await failuresOf(testsOf(mutation))
  noticed.set(mutation, failures)
  console.log(`${failures.length > 0 ? 'noticed' : 'NOT NOTICED'}: without "${mutation.check}" ${failures.length} tests fail${failures.map((title) => `\n    ${title}`).join('')}`)
}

const missed = chosen.filter((mutation) => noticed.get(mutation)!.length === 0)
if (missed.length === 0 && chosen.length === mutations.length) {
  const rows = chosen.map((mutation) => `| ${mutation.check} | ${[...new Set(mutation.edits.map(({ file }) => `\`${file}\``))].join(', ')} | ${examples(noticed.get(mutation)!)} |`)
  const table = `| taken out | of | what fails then |\n|---|---|---|\n${rows.join('\n')}\n`
  writeFileSync(document, withMarked(readFileSync(document, 'utf8'), 'mutations', () => table))
}
console.log(`${chosen.length - missed.length} of ${chosen.length} mutations were noticed`)
process.exitCode = missed.length === 0 ? 0 : 1

function testsOf ({ tests }: Mutation): string[] {
  const there = tests.filter((file) => existsSync(join(root, file)))
  if (there.length < tests.length) throw new Error(`there is no ${tests.filter((file) => !there.includes(file)).join()}`)
  return there
}

/** Titles of the tests that fail: file and outermost subtest. */
async function failuresOf (files: readonly string[]): Promise<string[]> {
  const failed = new Set<string>()
  const { code } = await runTap(files, {
    onFile: (name, ok) => { if (!ok) failed.add(name) },
    onResult: ({ path, outcome }) => {
      if (outcome !== 'failed') return
      failed.delete(path[0]!)
      failed.add(path.slice(0, 2).join(' > '))
    }
  })
  const titles = [...failed].filter((title) => title.includes(' > ') || ![...failed].some((other) => other.startsWith(`${title} > `)))
  return titles.length === 0 && code !== 0 ? [`tap ended with ${code}`] : titles.sort()
}

/** Two of them, those of the list of attacks first: more says no more. */
function examples (failures: readonly string[]): string {
  const titles = failures.map((failure) => failure.split(' > ')[1] ?? failure).map((title) => title.replace(/ \((?:sqlite|postgresql)\)$/, ''))
  const some = [...titles.filter((title) => /^[A-Z]\d\d /.test(title)), ...titles.filter((title) => !/^[A-Z]\d\d /.test(title))].slice(0, 2)
  const more = titles.length - some.length
  return `${some.map(cell).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

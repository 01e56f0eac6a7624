// Tries every case of abuse and fault, from outside: node tools/abuse.ts [test files …]
//
// Prints one line for each case and a table of the groups, and ends with the line `N passed, N failed`. With all
// cases tried on both engines it also writes the table of docs/abuse.md. PostgreSQL, Redis and other services are
// used where they are installed; where they are not, the cases run on SQLite, and the document stays as it is.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cases } from '../test/abuse/cases.ts'
import { inPart } from '../test/abuse/in-part.ts'
import { attackTable, type Outcome } from './attack-table.ts'
import { withMarked } from './marked.ts'
import { type Result, runTap } from './tap-run.ts'

const root = join(import.meta.dirname, '..')
const document = join(root, 'docs/abuse.md')

/** What is known of a case. */
interface Trial {
  passed: number
  readonly failed: string[]
  readonly engines: Set<string>
  readonly files: Set<string>
}

process.env.FASTIFY_ENTRA_SERVICES ??= 'installed'
const chosen = process.argv.slice(2)
const files = chosen.length > 0 ? chosen : readdirSync(join(root, 'test/abuse')).filter((file) => file.endsWith('.test.ts') && file !== 'complete.test.ts').map((file) => `test/abuse/${file}`)
const trials = new Map<string, Trial>()
const others = newTrial()
const skipped: string[] = []

const startedAt = performance.now()
const { code } = await runTap(files, {
  onFile: (name, ok, milliseconds) => console.error(`${ok ? 'ok' : 'FAILED'} ${name} (${Math.round((milliseconds ?? 0) / 1_000)} s)`),
  onResult: note
})
const seconds = Math.round((performance.now() - startedAt) / 1_000)

const shown = chosen.length === 0 ? cases : cases.filter(({ id }) => trials.has(id))
for (const { id, name } of shown) console.log(`${id} ${inWords(outcomeOf(id)).padEnd(36)} ${name}${inPart[id] === undefined ? '' : ` (in part: ${inPart[id]})`}`)
console.log(groupTable())
for (const text of [...trials.values(), others].flatMap(({ failed }) => failed)) console.log(`FAILED: ${text}`)
for (const text of skipped) console.log(`skipped: ${text}`)

const all = [...trials.values(), others]
const passed = all.reduce((sum, one) => sum + one.passed, 0)
const failures = all.reduce((sum, one) => sum + one.failed.length, 0)
const untried = cases.filter(({ id }) => outcomeOf(id).kind === 'untried')
if (chosen.length === 0) {
  if (untried.length > 0) console.log(`not tried: ${untried.map(({ id }) => id).join(', ')}`)
  if (untried.length === 0 && failures === 0 && code === 0 && skipped.length === 0) writeDocument()
  else console.log('docs/abuse.md is as it was: its table is that of a run in which everything was tried and held.')
}
const failed = failures + (code !== 0 && failures === 0 ? 1 : 0) + (chosen.length === 0 ? untried.length : 0)
console.log(`${shown.length} cases in ${seconds} s`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function newTrial (): Trial {
  return { passed: 0, failed: [], engines: new Set(), files: new Set() }
}

/** A subtest is named by its case: `T01 alg none: the rule (sqlite)`. */
function note ({ path, outcome, diagnosis, reason }: Result): void {
  const [file = '', title = ''] = path
  const id = /^([A-Z]\d\d) /.exec(title)?.[1]
  const trial = id === undefined ? others : trials.get(id) ?? newTrial()
  if (id !== undefined) trials.set(id, trial)
  if (outcome === 'skipped') {
    skipped.push(`${title} (${reason})`)
    return
  }
  const engine = / \((sqlite|postgresql)\)$/.exec(title)?.[1]
  if (engine !== undefined) trial.engines.add(engine)
  trial.files.add(file.replace(/^test\//, '').replace(/\.test\.ts$/, ''))
  if (outcome === 'passed') trial.passed += 1
  else trial.failed.push(`${path.join(' > ')}\n${JSON.stringify(diagnosis, null, 2)}`)
}

function outcomeOf (id: string): Outcome {
  const trial = trials.get(id)
  if (trial === undefined) return { kind: 'untried' }
  const engines = [...trial.engines].sort().reverse()
  return { kind: trial.failed.length > 0 ? 'failed' : 'held', engines, files: [...trial.files].sort(), assertions: trial.passed + trial.failed.length, inPart: inPart[id] }
}

function inWords (outcome: Outcome): string {
  return outcome.kind === 'untried' ? 'NOT TRIED' : `${outcome.kind} ${outcome.assertions} on ${outcome.engines.join(', ')}`
}

function groupTable (): string {
  const kinds = ['held', 'failed', 'untried'] as const
  const groups = [...new Set(shown.map(({ id }) => id[0]!))]
  const rows = groups.map((group) => {
    const outcomes = cases.filter(({ id }) => id.startsWith(group)).map(({ id }) => outcomeOf(id).kind)
    const remarks = shown.filter(({ id }) => id.startsWith(group) && inPart[id] !== undefined).length
    return [group, outcomes.filter((kind) => kind !== 'untried').length, ...kinds.map((kind) => outcomes.filter((one) => one === kind).length), remarks]
  })
  return [['', 'tried', ...kinds, 'in part'], ...rows].map((row) => row.map((cell, index) => index === 0 ? String(cell).padEnd(6) : String(cell).padStart(10)).join('')).join('\n')
}

function writeDocument (): void {
  writeFileSync(document, withMarked(readFileSync(document, 'utf8'), 'attacks', () => attackTable(outcomeOf)))
  console.log('docs/abuse.md has the table of this run.')
}

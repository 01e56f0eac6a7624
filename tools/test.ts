// Runs the tests: node tools/test.ts [--all] [--coverage] [test files …]
//
// Without files and without services it leaves out what takes long, and says so; with --all it runs everything, with
// the services that are installed. Prints a line for each test file and all of what failed, and ends with the
// line `N passed, N failed`, alone. With --coverage the run fails below 100 per cent.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Result, runTap } from './tap-run.ts'

/** Rooms of test/ that take long, or have nothing to do without services: attacks and faults, whole programs, packages. */
const thorough = ['abuse', 'bench', 'browser', 'examples', 'fuzz', 'package', 'resilience', 'servers']

const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const coverage = flags.includes('--coverage')
if (flags.includes('--all')) process.env.FASTIFY_ENTRA_SERVICES ??= 'installed'
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const isQuick = named.length === 0 && process.env.FASTIFY_ENTRA_SERVICES === undefined
const files = isQuick ? quickFiles() : named
const counts = { passed: 0, failed: 0, skipped: 0 }

const { code, extra } = await runTap(files, {
  onFile: (name, ok, milliseconds) => console.log(`${ok ? 'ok' : 'FAILED'} ${name}${milliseconds === undefined ? '' : ` (${Math.round(milliseconds)} ms)`}`),
  onResult: (result) => {
    counts[result.outcome] += 1
    if (result.outcome !== 'passed') console.log(inWords(result))
  }
}, { coverage })

process.stdout.write(extra)
const failed = counts.failed + (code !== 0 && counts.failed === 0 ? 1 : 0)
if (failed > counts.failed) console.log(`tap ended with code ${code}${coverage ? ': coverage is below 100 per cent, or a file failed to run' : ''}`)
if (isQuick) console.log(`left out, since they take long: ${thorough.map((room) => `test/${room}`).join(', ')}; npm run test:all runs them too`)
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`)
console.log(`${counts.passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function quickFiles (): string[] {
  const all = readdirSync(join(import.meta.dirname, '../test'), { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'))
  return all.filter((file) => file.endsWith('.test.ts') && !thorough.includes(file.split('/')[0]!)).sort().map((file) => `test/${file}`)
}

function inWords ({ path, outcome, reason, diagnosis }: Result): string {
  if (outcome === 'skipped') return `skipped: ${path.join(' > ')}${reason === '' ? '' : ` (${reason})`}`
  return `FAILED: ${path.join(' > ')}\n${JSON.stringify(diagnosis, null, 2)}`
}

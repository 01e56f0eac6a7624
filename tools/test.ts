// Runs the tests: node tools/test.ts [--coverage] [test files …]
//
// Prints a line for each test file and all of what failed, and ends with the
// line `N passed, N failed`, alone. With --coverage the run fails below 100 per cent.
import { type Result, runTap } from './tap-run.ts'

const coverage = process.argv.includes('--coverage')
const files = process.argv.slice(2).filter((word) => word !== '--coverage')
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
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`)
console.log(`${counts.passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function inWords ({ path, outcome, reason, diagnosis }: Result): string {
  if (outcome === 'skipped') return `skipped: ${path.join(' > ')}${reason === '' ? '' : ` (${reason})`}`
  return `FAILED: ${path.join(' > ')}\n${JSON.stringify(diagnosis, null, 2)}`
}

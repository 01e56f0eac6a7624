// Runs the tests: node tools/test.ts [--coverage] [test files …]
//
// Prints a line for each test file and all of what failed, and ends with the
// line `N passed, N failed`, alone. With --coverage the run fails below 100 per cent.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Parser } from 'tap-parser'

const tap = join(import.meta.dirname, '../node_modules/.bin/tap')
const withCoverage = process.argv.includes('--coverage')
const files = process.argv.slice(2).filter((word) => word !== '--coverage')

// Where tap's test class was not built yet, the first run would rebuild it while its children load the old one. An
// installation puts back the one that tap comes with, which compiles what Node runs as it is: coverage of both in one run says nothing.
if (!existsSync('.tap/plugins') || statSync('.tap/plugins').mtimeMs < statSync('node_modules/.package-lock.json').mtimeMs) {
  rmSync('.tap', { recursive: true, force: true })
  spawnSync(tap, ['build'], { stdio: 'ignore' })
}

const coverage = withCoverage ? ['--coverage-report=text'] : ['--disable-coverage']
// Each test file is a process that loads the same sources: compiled once, it starts in a fifth less time. Coverage would be less precise.
const env = withCoverage ? process.env : { ...process.env, NODE_COMPILE_CACHE: join('.tap', 'compile-cache') }
const child = spawn(tap, ['run', '--reporter=tap', ...coverage, ...files], { stdio: ['ignore', 'pipe', 'inherit'], env })
const exit = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))

const parser = new Parser()
const counts = { passed: 0, failed: 0, skipped: 0 }
const outside: string[] = []
follow(parser, [])
parser.on('extra', (text: string) => outside.push(text))
child.stdout.pipe(parser)

const code = await exit
process.stdout.write(outside.join(''))
const failed = counts.failed + (code !== 0 && counts.failed === 0 ? 1 : 0)
if (failed > counts.failed) console.log(`tap ended with code ${code}${withCoverage ? ': coverage is below 100 per cent, or a file failed to run' : ''}`)
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`)
console.log(`${counts.passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

interface Assertion { ok: boolean, name: string, skip?: string | boolean, todo?: string | boolean, diag?: unknown, time?: number }

/** Counts the assertions that have no subtest of their own. */
function follow (level: Parser, path: string[]): void {
  const parents = new Set<string>()
  level.on('child', (below: Parser) => {
    parents.add(below.name)
    follow(below, [...path, below.name])
  })
  level.on('assert', (result: Assertion) => {
    if (path.length === 0) console.log(`${result.ok ? 'ok' : 'FAILED'} ${result.name}${result.time === undefined ? '' : ` (${Math.round(result.time)} ms)`}`)
    if (parents.has(result.name)) return
    if (result.skip !== undefined && result.skip !== false) skip([...path, result.name], result.skip)
    else if (result.ok) counts.passed += 1
    else fail([...path, result.name], result.diag)
  })
}

function skip (path: string[], reason: string | boolean): void {
  counts.skipped += 1
  console.log(`skipped: ${path.join(' > ')}${typeof reason === 'string' ? ` (${reason})` : ''}`)
}

function fail (path: string[], diagnosis: unknown): void {
  counts.failed += 1
  console.log(`FAILED: ${path.join(' > ')}\n${JSON.stringify(diagnosis, null, 2)}`)
}

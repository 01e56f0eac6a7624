import { spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Parser } from 'tap-parser'

const tap = join(import.meta.dirname, '../node_modules/.bin/tap')

/** One assertion that has no subtest of its own, or one test file. */
export interface Result {
  /** The test file, the titles of its subtests, and the words of the assertion. */
  readonly path: readonly string[]
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped; empty where nobody said so. */
  readonly reason: string
  /** What tap says of a failure. */
  readonly diagnosis: unknown
}

/** What a run of tap is told of while it goes on. */
export interface Listener {
  readonly onResult: (result: Result) => void
  /** A test file has ended. */
  readonly onFile: (name: string, ok: boolean, milliseconds: number | undefined) => void
}

/** How a run of tap ended. */
export interface TapRun {
  /** Status of its process. */
  readonly code: number
  /** What it wrote that is no TAP: the coverage report. */
  readonly extra: string
}

interface Assertion { ok: boolean, name: string, skip?: string | boolean, todo?: string | boolean, diag?: unknown, time?: number }

/** Runs test files, or all of them. */
export async function runTap (files: readonly string[], listener: Listener, { coverage = false } = {}): Promise<TapRun> {
  prepare()
  const report = coverage ? ['--coverage-report=text'] : ['--disable-coverage']
  // Each test file is a process that loads the same sources: compiled once, it starts in a fifth less time. Coverage would be less precise.
  const env = coverage ? process.env : { ...process.env, NODE_COMPILE_CACHE: join('.tap', 'compile-cache') }
  const child = spawn(tap, ['run', '--reporter=tap', ...report, ...files], { stdio: ['ignore', 'pipe', 'inherit'], env })
  const exit = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))
  const parser = new Parser()
  const extra: string[] = []
  parser.on('extra', (text: string) => extra.push(text))
  follow(parser, [], listener)
  child.stdout.pipe(parser)
  return { code: await exit, extra: extra.join('') }
}

/**
 * Where tap's test class was not built yet, the first run would rebuild it while its children load the old one. An
 * installation puts back the one that tap comes with, which compiles what Node runs as it is: coverage of both in one run says nothing.
 */
function prepare (): void {
  if (existsSync('.tap/plugins') && statSync('.tap/plugins').mtimeMs >= statSync('node_modules/.package-lock.json').mtimeMs) return
  rmSync('.tap', { recursive: true, force: true })
  spawnSync(tap, ['build'], { stdio: 'ignore' })
}

/** Tells of the assertions that have no subtest of their own. */
function follow (level: Parser, path: readonly string[], listener: Listener): void {
  const parents = new Set<string>()
  level.on('child', (below: Parser) => {
    parents.add(below.name)
    follow(below, [...path, below.name], listener)
  })
  level.on('assert', (result: Assertion) => {
    if (path.length === 0) listener.onFile(result.name, result.ok, result.time)
    if (!parents.has(result.name)) listener.onResult(toResult([...path, result.name], result))
  })
}

function toResult (path: readonly string[], { ok, skip = false, diag }: Assertion): Result {
  if (skip !== false) return { path, outcome: 'skipped', reason: skip === true ? '' : skip, diagnosis: undefined }
  return { path, outcome: ok ? 'passed' : 'failed', reason: '', diagnosis: diag }
}

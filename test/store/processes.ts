import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** What a process of a race gave. */
export interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/**
 * Runs a script in several processes that start their work at the same
 * instant: each says that it is ready, and waits for a line.
 *
 * @param script - A TypeScript file that calls {@link startSignal}.
 */
export async function race (script: URL, processes: ReadonlyArray<readonly string[]>): Promise<Outcome[]> {
  const racers = processes.map((parameters) => startRacer(script, parameters))
  await Promise.all(racers.map(async ({ ready }) => await ready))
  for (const { start } of racers) start()
  return await Promise.all(racers.map(async ({ outcome }) => await outcome))
}

function startRacer (script: URL, parameters: readonly string[]): { ready: Promise<unknown>, start: () => void, outcome: Promise<Outcome> } {
  // Nothing of the test runner's environment: the processes are no tests.
  // Node 22 warns that its SQLite and its type stripping are experimental.
  const flags = ['--disable-warning=ExperimentalWarning', script.pathname]
  const child = spawn(process.execPath, [...flags, ...parameters], { env: {}, stdio: 'pipe' })
  const lines = createInterface(child.stdout)
  const output: string[] = []
  let errors = ''
  child.stderr.on('data', (text) => { errors += String(text) })
  const ready = Promise.race([once(lines, 'line'), once(child, 'close')])
  void ready.then(() => lines.on('line', (line) => output.push(line)))
  const outcome = once(child, 'close').then(([code]): Outcome => ({ code: code as number | null, output: output.join('\n'), errors }))
  return { ready, outcome, start: () => child.stdin.end('start\n') }
}

/** In a process of a race: says that it is ready, and waits for the start. */
export async function startSignal (): Promise<void> {
  process.stdout.write('ready\n')
  await once(process.stdin, 'data')
}

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from '../../bin/run.ts'
import { seededBytes } from '../random.ts'

/** What a command line gave. */
export interface Said {
  readonly code: number
  /** The standard output as it was written. */
  readonly output: string
  readonly errors: string
  /** The standard output, read as JSON. */
  readonly json: () => any
}

/** A machine on which commands are run: its variables, and its clock. */
export interface Machine {
  readonly variables: Record<string, string | undefined>
  readonly clock: { now: number }
  readonly run: (...words: string[]) => Promise<Said>
}

interface Hooks {
  readonly isTerminal: boolean
  readonly input: string
  readonly importModule: (path: string) => Promise<unknown>
  readonly later: (milliseconds: number, work: () => void) => () => void
  readonly randomBytes: (size: number) => Buffer
  readonly onWrite: () => void
}

const load = async (path: string): Promise<unknown> => await import(pathToFileURL(resolve(path)).href)

/** Runs commands in this process, with a clock and chance of its own. */
export function machine (variables: Record<string, string | undefined> = {}, { randomBytes = seededBytes('command line'), onWrite = () => {}, isTerminal = false, input = '', importModule = load, later = () => () => {} }: Partial<Hooks> = {}): Machine {
  const clock = { now: 1_000_000_000_000 }
  return {
    variables,
    clock,
    run: async (...words) => {
      const output: string[] = []
      const errors: string[] = []
      const code = await run(words, {
        variables,
        environment: { now: () => clock.now, randomBytes },
        isTerminal,
        readInput: async () => input,
        importModule,
        later,
        readFile: (path) => readFileSync(path, 'utf8'),
        fileExists: existsSync,
        write: (line) => {
          onWrite()
          output.push(line)
        },
        complain: (line) => errors.push(line)
      })
      return { code, output: output.join('\n'), errors: errors.join('\n'), json: () => JSON.parse(output.join('\n')) }
    }
  }
}

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median } from './statistics.ts'
import { fromSources } from './program.ts'
import { figure, tableOf } from './report.ts'

/** One start of a process, in milliseconds. */
export interface Start {
  /** Importing Fastify and making an application, which any does. */
  readonly fastify: number
  /** Importing the package. */
  readonly import: number
  /** Registering it, until the application is ready. */
  readonly registration: number
  /** The last two. */
  readonly total: number
  /** Resident memory after each of the three, in bytes. */
  readonly memory: Readonly<Record<'fastify' | 'import' | 'registration', number>>
  /** When the importing of the package began: nanoseconds, of `process.hrtime.bigint()`. */
  readonly since: string
  /** URLs of all modules that were loaded, where that was asked for. */
  readonly modules: readonly string[]
}

/** Figures of starts, one for each. */
export interface Starts extends Readonly<Record<'fastify' | 'import' | 'registration' | 'total', readonly number[]>> {
  /** Resident memory, in bytes. */
  readonly memory: Readonly<Record<keyof Start['memory'], readonly number[]>>
}

/** Starts with a database that is not there yet, and with one that is. */
export interface ColdStarts {
  readonly first: Starts
  readonly again: Starts
}

/** How a start is made. */
export interface StartSetting {
  readonly source: boolean
  /** Folder for databases. */
  readonly folder: string
}

/** Starts a process so many times with a new database, and as often with one that has its tables. */
export async function coldStarts ({ times, ...setting }: StartSetting & { readonly times: number }): Promise<ColdStarts> {
  const first: Start[] = []
  const again: Start[] = []
  for (let index = 0; index < times; index++) {
    const database = join(setting.folder, `cold-${index}.sqlite`)
    first.push(await startOnce(setting, database))
    again.push(await startOnce(setting, database))
  }
  return { first: figuresOf(first), again: figuresOf(again) }
}

/** One start of a process of its own. */
export async function startOnce ({ source }: Pick<StartSetting, 'source'>, database: string, { modules = false, execArgv = [] }: { readonly modules?: boolean, readonly execArgv?: readonly string[] } = {}): Promise<Start> {
  const words = [join(import.meta.dirname, 'servers/registration.ts'), JSON.stringify({ database }), ...modules ? ['modules'] : []]
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources(source), ...execArgv, ...words], { maxBuffer: 2 ** 26 })
  return JSON.parse(stdout) as Start
}

/** Takes a profile of the processor's time of one start: its text, and when the importing of the package began in it. */
export async function profileStart ({ source, folder }: StartSetting, database: string): Promise<{ readonly text: string, readonly since: bigint }> {
  const name = 'start.cpuprofile'
  const { since } = await startOnce({ source }, database, { execArgv: ['--cpu-prof', '--cpu-prof-interval=100', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`] })
  return { text: readFileSync(join(folder, name), 'utf8'), since: BigInt(since) }
}

/** A table of what is measured: time, and resident memory after it. */
export function startTable ({ first, again }: ColdStarts): string {
  const row = (name: string, numbers: readonly number[], memory?: readonly number[]): string[] => [
    name, ...[median(numbers), Math.min(...numbers), Math.max(...numbers)].map((number) => `${figure(number)} ms`), memory === undefined ? '' : `${figure(median(memory) / 1e6)} MB`
  ]
  return tableOf(['start of a process', 'median', 'least', 'most', 'resident memory then'], [
    row('importing Fastify and making an application, which any does', again.fastify, again.memory.fastify),
    row('importing fastify-entra', again.import, again.memory.import),
    row('registering it, until the application is ready', again.registration, again.memory.registration),
    row('both: what it adds to the start', again.total),
    row('the same, where the database is made first', first.total)
  ])
}

function figuresOf (starts: readonly Start[]): Starts {
  const of = (figure: 'fastify' | 'import' | 'registration' | 'total'): number[] => starts.map((start) => start[figure])
  const memoryOf = (step: keyof Start['memory']): number[] => starts.map(({ memory }) => memory[step])
  return {
    fastify: of('fastify'),
    import: of('import'),
    registration: of('registration'),
    total: of('total'),
    memory: { fastify: memoryOf('fastify'), import: memoryOf('import'), registration: memoryOf('registration') }
  }
}

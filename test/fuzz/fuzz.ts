import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Test } from 'tap'
import { processorTime, slowness } from '../busy-time.ts'

/** What one input came to. */
export interface Outcome {
  /** In a word or two, such as `400 invalid_state`: the tally shows how deep the inputs reach. */
  readonly outcome: string
  /** What must not be. */
  readonly complaints: readonly string[]
}

/** A target that was set up. */
export interface Trial<Input> {
  readonly attempt: (input: Input) => Outcome | Promise<Outcome>
  /** After all inputs: what is genuine still works. Gives what does not. */
  readonly control: () => Promise<readonly string[]> | readonly string[]
}

/** Something that takes what others send. */
export interface Target<Input> {
  readonly name: string
  /** What must hold, in words. */
  readonly rule: string
  /** Values that JSON can hold, so that each can be kept in a file. */
  readonly input: fc.Arbitrary<Input>
  readonly open: (owner: Pick<Test, 'teardown'>) => Trial<Input> | Promise<Trial<Input>>
  /** Outcomes that a thousand inputs must have come to, each at least once: else the inputs end too early to show anything. */
  readonly reaches: readonly string[]
}

// Targets have inputs of many types, and whoever runs them looks into none.
export type AnyTarget = Target<any>

/** Which inputs are tried. */
export interface FuzzSetting {
  readonly runs: number
  readonly seed: number
  /** Of a finding: tries the very input that it names. */
  readonly path?: string | undefined
  /** Tried before all others. Default: the cases that were found earlier, test/fixtures/fuzz. */
  readonly found?: readonly FoundCase[] | undefined
}

/** An input that once came to something that must not be. */
export interface FoundCase {
  /** What it came to then. */
  readonly found: string
  readonly input: unknown
}

/** What a run has to show. */
export interface FuzzReport {
  readonly name: string
  readonly inputs: number
  readonly seconds: number
  readonly seed: number
  /** How many inputs came to what. */
  readonly tally: ReadonlyMap<string, number>
  /** The longest that one input took, in milliseconds of processor time, when it was tried again. */
  readonly slowest: number
  readonly finding: Finding | null
}

/** An input that breaks the rule, as small as it could be made. */
export interface Finding {
  readonly complaints: readonly string[]
  readonly input: unknown
  /** With the seed, it leads to the same input again. */
  readonly path: string
}

/** Milliseconds of processor time that one input may take. */
const longest = 50 * slowness

/** Tries the cases that were found earlier, and then made-up inputs: the same seed makes the same ones. */
export async function fuzz<Input> (target: Target<Input>, { runs, seed, path, found = foundCases(target.name) }: FuzzSetting): Promise<FuzzReport> {
  const atEnd: Array<() => unknown> = []
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => { unhandled.push(reason) }
  const tally = new Map<string, number>()
  let slowest = 0
  let inputs = 0
  process.on('unhandledRejection', note)
  try {
    const trial = await target.open({ teardown: (work: () => unknown) => { atEnd.unshift(work) } } as unknown as Pick<Test, 'teardown'>)
    const startedAt = performance.now()
    const property = fc.asyncProperty(target.input, async (input) => {
      inputs += 1
      const { outcome, complaints, time } = await measured(trial, input)
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
      slowest = Math.max(slowest, time)
      const all = [...complaints, ...unhandled.splice(0).map((reason) => `a rejection that nobody handles: ${textOf(reason)}`)]
      if (time > longest) all.push(`took ${Math.round(time)} ms of processor time, again and again`)
      if (all.length > 0) throw new Complaints(all)
    })
    const details = await fc.check(property, { seed, numRuns: runs + found.length, examples: found.map(({ input }) => [input as Input]), ...(path === undefined ? {} : { path }) })
    const finding = details.failed ? findingOf(details) : await controlOf(trial)
    return { name: target.name, inputs, seconds: (performance.now() - startedAt) / 1_000, seed, tally, slowest, finding }
  } finally {
    for (const work of atEnd) await work()
    process.off('unhandledRejection', note)
  }
}

class Complaints extends Error {
  readonly all: readonly string[]

  constructor (all: readonly string[]) {
    super(all.join('; '))
    this.all = all
  }
}

/** A pause for the garbage of others may come in between: only an input that is slow each time is slow. */
async function measured<Input> (trial: Trial<Input>, input: Input): Promise<Outcome & { time: number }> {
  let outcome: Outcome = { outcome: 'threw', complaints: [] }
  const work = async (): Promise<void> => { outcome = await attempted(trial, input) }
  let time = await processorTime(work)
  for (let again = 0; again < 3 && time > longest && outcome.complaints.length === 0; again++) time = Math.min(time, await processorTime(work))
  return { ...outcome, time }
}

async function attempted<Input> (trial: Trial<Input>, input: Input): Promise<Outcome> {
  try {
    return await trial.attempt(input)
  } catch (error) {
    return { outcome: 'threw', complaints: [`threw ${textOf(error)}`] }
  }
}

function textOf (thrown: unknown): string {
  return thrown instanceof Error ? String(thrown.stack) : String(thrown)
}

function findingOf ({ counterexample, counterexamplePath, errorInstance }: Pick<fc.RunDetails<[unknown]>, 'counterexample' | 'counterexamplePath' | 'errorInstance'>): Finding {
  return {
    complaints: errorInstance instanceof Complaints ? errorInstance.all : [textOf(errorInstance)],
    input: counterexample?.[0],
    path: counterexamplePath ?? ''
  }
}

async function controlOf (trial: Trial<never>): Promise<Finding | null> {
  const complaints = await trial.control()
  return complaints.length === 0 ? null : { complaints: complaints.map((one) => `afterwards, ${one}`), input: undefined, path: '' }
}

/** The cases that were found earlier. */
export function foundCases (name: string): FoundCase[] {
  try {
    return JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/fuzz/${name}.json`), 'utf8')) as FoundCase[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** One line, and what was found with how to see it again. */
export function describeReport ({ name, inputs, seconds, seed, slowest, tally, finding }: FuzzReport): string {
  const line = `${name}: ${inputs} inputs in ${seconds.toFixed(1)} s, seed ${seed}, slowest ${slowest.toFixed(1)} ms: ${finding === null ? 'held' : 'FOUND'}`
  const most = [...tally].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${outcome} ${count}`)
  if (finding === null) return `${line}\n  ${most.join(', ')}`
  return [
    line,
    ...finding.complaints.map((complaint) => `  ${complaint}`),
    `  input: ${JSON.stringify(finding.input)}`,
    `  again: npm run fuzz -- ${name} --seed ${seed}${finding.path === '' ? '' : ` --path ${finding.path}`}`,
    `  keep:  put it into test/fixtures/fuzz/${name}.json as { "found": "…", "input": … }`
  ].join('\n')
}

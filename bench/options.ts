import { parseArgs } from 'node:util'

/** Options that are a number, with the one that a whole run has. */
export type Counts = Readonly<Record<string, number>>

/** What a command was given. */
export interface Given<Names extends Counts> {
  readonly counts: Readonly<Record<keyof Names, number>>
  /** Whether each is at least what a whole run has. */
  readonly isWhole: boolean
  /** `--out`: folder to write to. */
  readonly out: string | undefined
  /** `--source`: the sources run, and not what is built. */
  readonly source: boolean
  /** Options that are a text. */
  readonly texts: Readonly<Record<string, string | undefined>>
}

/**
 * Reads a command line: `--sign-ins 100` for a count named `sign-ins`.
 *
 * @param texts - Names of options that are a text.
 * @param flags - Names of options that have no value.
 * @throws where it has anything else.
 */
export function readCommandLine<Names extends Counts> (whole: Names, texts: readonly string[], flags: readonly string[] = [], args: readonly string[] = process.argv.slice(2)): Given<Names> {
  const options = Object.fromEntries([...Object.keys(whole), ...texts].map((name) => [name, { type: 'string' as const }]))
  const switches = Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }]))
  const given: Record<string, unknown> = parseArgs({ args: [...args], options: { ...options, ...switches } }).values
  const values = given as Record<string, string | undefined>
  const counts = Object.fromEntries(Object.entries(whole).map(([name, count]) => [name, values[name] === undefined ? count : countOf(name, values[name])]))
  return {
    counts: counts as Record<keyof Names, number>,
    isWhole: Object.entries(whole).every(([name, count]) => counts[name]! >= count),
    out: values.out,
    source: given.source === true,
    texts: values
  }
}

function countOf (name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} is ${text}, and must be a number`)
  return Number(text)
}

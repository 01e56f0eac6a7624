import type { ParseArgsOptionsConfig } from 'node:util'
import type { Environment } from '../src/core/environment.ts'

/** What a command takes from the process that runs it. Passed in, so that commands can be tested without one. */
export interface Surroundings {
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** The text of a file. */
  readonly readFile: (path: string) => string
  /** Whether there is a file. */
  readonly fileExists: (path: string) => boolean
  /** Writes a line to the standard output: results, as JSON. */
  readonly write: (line: string) => void
  /** Writes a line to the standard error: what went wrong, and what to do. */
  readonly complain: (line: string) => void
}

/** The words of a command line behind the command: what a flag without value is, and what may be given several times, the command's `options` say. */
export type Flags = Readonly<Record<string, string | boolean | ReadonlyArray<string | boolean> | undefined>>

/** What a command runs with. */
export interface Call extends Surroundings {
  readonly flags: Flags
  /** The words that are no flags, as many as {@link Command.operands} has names. */
  readonly operands: readonly string[]
}

/** One command of the command line. Whoever adds one adds it to the list in commands.ts. */
export interface Command {
  /** Its words, as `['clients', 'secret', 'add']`. */
  readonly words: readonly string[]
  /** Names of what follows them, each needed. */
  readonly operands: readonly string[]
  /** One line for the help. */
  readonly about: string
  /** Flags, as `util.parseArgs` takes them, each with a line for the help. */
  readonly options: Readonly<Record<string, ParseArgsOptionsConfig[string] & { readonly about: string, readonly value?: string }>>
  /**
   * Does it.
   *
   * @returns what is written, as JSON.
   * @throws UsageError where the command line is wrong; ConfigurationError, or a refusal of the store, where it cannot be done.
   */
  readonly run: (call: Call) => Promise<unknown>
}

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** Something that was asked for and is not there, or cannot be done. The message is for people. */
export class CommandError extends Error {}

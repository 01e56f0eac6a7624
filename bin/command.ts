import type { ParseArgsOptionsConfig } from 'node:util'
import type { Environment } from '../src/core/environment.ts'

/** What a command takes from the process that runs it. Passed in, so that commands can be tested without one. */
export interface Surroundings {
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Whether somebody reads the standard output at a terminal. */
  readonly isTerminal: boolean
  /** All of the standard input. */
  readonly readInput: () => Promise<string>
  /** Loads a module of somebody else's, by its path. */
  readonly importModule: (path: string) => Promise<unknown>
  /** Calls back after so many milliseconds, unless it is called off by what it gives. */
  readonly later: (milliseconds: number, work: () => void) => () => void
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
  /** The words that are no flags, as many as {@link Command.operands} has names; those in brackets may be missing. */
  readonly operands: readonly string[]
}

/** One command of the command line. Whoever adds one adds it to the list in commands.ts. */
export interface Command {
  /** Its words, as `['clients', 'secret', 'add']`. */
  readonly words: readonly string[]
  /** Names of what follows them, each needed unless it stands in brackets: `[FILE]`. */
  readonly operands: readonly string[]
  /** One line for the help. */
  readonly about: string
  /** Flags, as `util.parseArgs` takes them, each with a line for the help. */
  readonly options: Readonly<Record<string, ParseArgsOptionsConfig[string] & { readonly about: string, readonly value?: string }>>
  /**
   * Does it.
   *
   * @returns what is written, as JSON; or a {@link Report}.
   * @throws UsageError where the command line is wrong; ConfigurationError, or a refusal of the store, where it cannot be done.
   */
  readonly run: (call: Call) => Promise<unknown>
}

/** Something for people to read, whose verdict is the exit code. */
export class Report {
  readonly text: string
  /** Whether all is well: else the exit code is 1. */
  readonly isGood: boolean

  constructor (text: string, isGood: boolean) {
    this.text = text
    this.isGood = isGood
  }
}

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** Something that was asked for and is not there, or cannot be done. The message is for people. */
export class CommandError extends Error {}

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { ConfigurationError, isEntraError } from '../src/core/errors.ts'
import { type Command, CommandError, Report, type Surroundings, UsageError } from './command.ts'
import { commands } from './commands.ts'
import { helpOf, overview } from './help.ts'

/** What the process ends with. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/**
 * Runs one command line: results go to the standard output, as JSON unless they are for people, and
 * whatever is to be said about them to the standard error.
 *
 * @param words - What stands behind the name of the program.
 * @returns 0 where it was done, 1 where it could not be done, 2 where the command line is wrong.
 */
export async function run (words: readonly string[], surroundings: Surroundings): Promise<number> {
  const command = commands.find((one) => one.words.every((word, index) => words[index] === word))
  try {
    if (words.includes('--help') || words.includes('-h')) {
      surroundings.write(command === undefined ? overview(commands) : helpOf(command))
      return exitCodes.done
    }
    if (command === undefined) throw new UsageError(words.length === 0 ? 'no command was given.' : `there is no command "${namesOf(words)}".`)
    const result = await command.run({ ...surroundings, ...parse(command, words.slice(command.words.length)) })
    surroundings.write(result instanceof Report ? result.text : JSON.stringify(result, null, 2))
    return result instanceof Report && !result.isGood ? exitCodes.failed : exitCodes.done
  } catch (error) {
    return explain(error, command, surroundings)
  }
}

/** The words up to the first flag: what a flag says is not repeated. */
function namesOf (words: readonly string[]): string {
  const flag = words.findIndex((word) => word.startsWith('-'))
  return words.slice(0, flag === -1 ? 3 : Math.min(flag, 3)).join(' ')
}

function parse (command: Command, words: readonly string[]): { flags: Record<string, string | boolean | Array<string | boolean> | undefined>, operands: string[] } {
  const options = Object.fromEntries(Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]))
  const { values, positionals } = parseWords({ args: [...words], options, allowPositionals: true, strict: true })
  const missing = command.operands.slice(positionals.length).filter((name) => !name.startsWith('['))
  if (missing.length > 0) throw new UsageError(`${missing.join(' and ')} must be given.`)
  if (positionals.length > command.operands.length) throw new UsageError('there are more words than the command takes. Quote what has spaces in it.')
  return { flags: values, operands: positionals }
}

function parseWords (config: ParseArgsConfig): ReturnType<typeof parseArgs> {
  try {
    return parseArgs(config)
  } catch (error) {
    // Its messages name the flag, never what was given with it.
    throw new UsageError((error as Error).message)
  }
}

function explain (error: unknown, command: Command | undefined, { complain }: Surroundings): number {
  if (error instanceof UsageError) {
    complain(`fastify-entra: ${error.message}`)
    complain(command === undefined ? overview(commands) : helpOf(command))
    return exitCodes.usage
  }
  if (error instanceof CommandError) complain(`fastify-entra: ${error.message}`)
  else if (error instanceof ConfigurationError) complain(error.message)
  else if (isEntraError(error)) complain(`fastify-entra: ${error.message} (${error.code}, ${error.detail.reason})`)
  else throw error
  return exitCodes.failed
}

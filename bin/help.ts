import type { Command } from './command.ts'

/** All commands, a line each. */
export function overview (commands: readonly Command[]): string {
  const lines = commands.map((command) => [lineOf(command), command.about] as const)
  return [
    'Usage: fastify-entra COMMAND [flags]',
    '',
    ...table(lines),
    '',
    'Each command has --help. Results are JSON, those for people with --json; the exit code is 0 where it was done, 1 where it could not be done or something is wrong, 2 where the command line is wrong.'
  ].join('\n')
}

/** One command with its flags. */
export function helpOf (command: Command): string {
  const flags = Object.entries(command.options).map(([name, { value, about, multiple }]) =>
    [`--${name}${value === undefined ? '' : ` ${value}`}`, multiple === true ? `${about} (may be given several times)` : about] as const)
  return [`Usage: fastify-entra ${lineOf(command)} [flags]`, '', command.about, '', ...table(flags)].join('\n')
}

function lineOf ({ words, operands }: Command): string {
  return [...words, ...operands].join(' ')
}

function table (rows: ReadonlyArray<readonly [left: string, right: string]>): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`)
}

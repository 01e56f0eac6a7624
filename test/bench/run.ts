import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Folder of the repository. */
export const root: string = join(import.meta.dirname, '../..')

/** Runs a command of bench/ and gives what it printed. */
export async function runBench (file: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench', file), ...args], { cwd: root })
  return stdout
}

/** The cells of the lines of a Markdown text that begin with a cell like this one, without it. */
export function rowsOf (text: string, first: RegExp): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()))
  return rows.filter(([name]) => first.test(name!)).map((cells) => cells.slice(1))
}

/** The number that a cell begins with; `NaN` where it begins with none. */
export function numberOf (cell: string | undefined): number {
  return Number.parseFloat((cell ?? '').replaceAll(',', ''))
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cell, withMarked } from '../tools/marked.ts'

/** A table in Markdown. */
export function tableOf (header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]): string => `|${cells.map((text) => text === '' ? ' ' : ` ${cell(text)} `).join('|')}|`
  return `${[line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')}\n`
}

/** A number with so many digits after the point, and commas between the thousands. */
export function figure (number: number, digits = 0): string {
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** What a command found, and where it goes below a folder. */
export interface Report {
  /** File and what is written as JSON into it. */
  readonly json: readonly [file: string, value: unknown]
  /** Pictures below `pictures/`. */
  readonly pictures: Readonly<Record<string, string>>
  /** Texts between the marks of `speed.md`, where that page is there. */
  readonly marked: Readonly<Record<string, string>>
}

/** Writes a report into a folder. */
export function writeReport (folder: string, { json: [file, value], pictures, marked }: Report): void {
  write(join(folder, file), `${JSON.stringify(value, null, 1)}\n`)
  for (const [name, picture] of Object.entries(pictures)) write(join(folder, 'pictures', name), picture)
  const page = join(folder, 'speed.md')
  if (!existsSync(page)) return
  const document = readFileSync(page, 'utf8')
  writeFileSync(page, Object.entries(marked).reduce((text, [mark, part]) => withMarked(text, mark, () => part), document))
}

/**
 * Where a command writes to: what was said, or the documents of this repository where it measured as much as they are
 * to be based on. `null` is nowhere: what a short run finds is printed, and that is all.
 */
export function folderFor (out: string | undefined, isWhole: boolean): string | null {
  return out ?? (isWhole ? join(import.meta.dirname, '../docs') : null)
}

function write (file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

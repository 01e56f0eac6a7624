import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package whose code is in ours. */
export interface InlinedPackage {
  /** Where it is installed. */
  readonly folder: string
  /** The files below dist that hold its code. */
  readonly files: readonly string[]
}

/** What the licences of such packages ask for: a page with name, version, licence and its text. */
export function notices (packages: readonly InlinedPackage[]): string {
  return ['# Third-party notices\n\nThis folder holds code of the packages below.\n', ...packages.map(notice)].join('\n')
}

function notice ({ folder, files }: InlinedPackage): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string, version: string, license?: string }
  const text = readdirSync(folder).find((file) => /^licen[cs]e(?:\.|$)/i.test(file))
  if (text === undefined || license === undefined) throw new Error(`${name} comes without its licence, so its code cannot be in dist.`)
  const lines = readFileSync(join(folder, text), 'utf8').trim().split(/\r?\n/)
  return `## ${name} ${version}\n\nIn ${files.map((file) => `\`${file}\``).join(', ')}. Licence: ${license}.\n\n${lines.map((line) => `> ${line}`.trimEnd()).join('\n')}\n`
}

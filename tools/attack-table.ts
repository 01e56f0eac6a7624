import { cases } from '../test/abuse/cases.ts'

/** How a case ended. */
export type Outcome =
  | {
    readonly kind: 'held' | 'failed'
    readonly engines: readonly string[]
    /** Test files that tried it, below `test/`, without the ending. */
    readonly files: readonly string[]
    readonly assertions: number
  }
  | { readonly kind: 'not applicable', readonly reason: string }
  | { readonly kind: 'untried' }

const names: Readonly<Record<string, string>> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' }

/** The cases, what each must come to, and how it ended, as the table of a document. */
export function attackTable (outcomeOf: (id: string) => Outcome): string {
  const rows = cases.map(({ id, name, attack, required }) => `| ${id} | ${cell(name)} | ${cell(attack)} | ${cell(required)} | ${cell(ending(outcomeOf(id)))} |`)
  return `| id | what | attack | what it must come to | how it ended |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

function ending (outcome: Outcome): string {
  if (outcome.kind === 'untried') return 'not tried'
  if (outcome.kind === 'not applicable') return `not applicable: ${outcome.reason}`
  return `${outcome.kind}: ${outcome.files.map((file) => `\`${file}\``).join(', ')} on ${outcome.engines.map((engine) => names[engine]).join(' and ')}`
}

function cell (text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ')
}

import { cases } from '../test/abuse/cases.ts'
import { cell } from './marked.ts'

/** How a case ended. */
export type Outcome =
  | {
    readonly kind: 'held' | 'failed'
    readonly engines: readonly string[]
    /** Test files that tried it, below `test/`, without the ending. */
    readonly files: readonly string[]
    readonly assertions: number
    /** What of it touches nothing that there is, where that is so. */
    readonly inPart: string | undefined
  }
  | { readonly kind: 'untried' }

const names: Readonly<Record<string, string>> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' }

/** The cases, what each must come to, and how it ended, as the table of a document. */
export function attackTable (outcomeOf: (id: string) => Outcome): string {
  const rows = cases.map(({ id, name, attack, required }) => `| ${id} | ${cell(name)} | ${cell(attack)} | ${cell(required)} | ${cell(ending(outcomeOf(id)))} |`)
  return `| id | what | attack | what it must come to | how it ended |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

function ending (outcome: Outcome): string {
  if (outcome.kind === 'untried') return 'not tried'
  const { kind, files, engines, inPart } = outcome
  return `${kind}: ${files.map((file) => `\`${file}\``).join(', ')} on ${engines.map((engine) => names[engine]).join(' and ')}${inPart === undefined ? '' : `; in part: ${inPart}`}`
}

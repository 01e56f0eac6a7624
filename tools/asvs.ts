/** What a row may answer. */
export const asvsAnswers = ['met', 'partly', 'not met', 'yours', 'n/a'] as const

/** One row of docs/asvs.md. */
export interface AsvsRow {
  /** Such as `6.1.1`. */
  readonly id: string
  readonly level: number
  readonly asks: string
  readonly answer: string
  /** How it is met, what is missing, or why it is about nothing here; may be empty where it is met. */
  readonly how: string
  /** Test files below `test/`, without `.test.ts`. */
  readonly tests: readonly string[]
}

/** The rows of the page, in their order. */
export function asvsRows (page: string): AsvsRow[] {
  return [...page.matchAll(/^\| (\d+\.\d+\.\d+) \| (\d) \| (.*?) \| (.*?) \| (.*?) ?\| (.*?) ?\|$/gm)].map(([, id, level, asks, answer, how, tests]) => ({
    id: id!, level: Number(level), asks: asks!, answer: answer!, how: how!, tests: [...tests!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!)
  }))
}

/** How many requirements of each chapter, and of each level, have which answer: a table in Markdown. */
export function asvsFigures (page: string): string {
  const rows = asvsRows(page)
  const line = (title: string, some: readonly AsvsRow[]): string =>
    `| ${title} | ${[...asvsAnswers.map((answer) => some.filter((row) => row.answer === answer).length), some.length].join(' | ')} |`
  const chapters = [...new Set(rows.map(({ id }) => id.split('.')[0]!))].map((chapter) => line(`V${chapter}`, rows.filter(({ id }) => id.startsWith(`${chapter}.`))))
  const levels = [1, 2, 3].map((level) => line(`level ${level}`, rows.filter((row) => row.level === level)))
  return `| | ${asvsAnswers.join(' | ')} | all |\n|---|${'---|'.repeat(asvsAnswers.length + 1)}\n${[...chapters, line('**all**', rows), ...levels].join('\n')}\n`
}

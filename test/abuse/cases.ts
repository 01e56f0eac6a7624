import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One way to attack, or one thing that breaks. */
export interface Case {
  /** Group and number: `T01`. */
  readonly id: string
  readonly name: string
  readonly attack: string
  /** What it must come to. Where behaviour and case differ, docs/errors.md decides about codes. */
  readonly required: string
}

/** All cases, in the order of the list. */
export const cases: readonly Case[] = (JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/abuse-cases.json'), 'utf8')) as { cases: Case[] }).cases

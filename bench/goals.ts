import type { Cost } from './measure.ts'
import { median } from './statistics.ts'

/** What the project has set itself, and what was measured. */
export interface Goal {
  readonly name: string
  readonly most: number
  readonly value: number
  /** With its space. */
  readonly unit: string
  readonly digits: number
}

interface Turn {
  readonly first?: Cost
  readonly repeat?: Cost
  readonly visit: Cost
  readonly memory: number
}

/** What the rounds of the servers come to. */
export interface Results {
  readonly bare: readonly Turn[]
  readonly handWritten: readonly Turn[]
  readonly ours: readonly Turn[]
  /** Milliseconds, of each start. */
  readonly coldStart: readonly number[]
}

/** The goals. A ratio is the median of those of the rounds: what befell the machine in one of them befell both sides. */
export function goalsOf ({ bare, handWritten, ours, coldStart }: Results): Goal[] {
  const ratio = (other: readonly Turn[], key: 'first' | 'repeat' | 'visit'): number => median(ours.map((turn, round) => turn[key]!.cpu / other[round]![key]!.cpu))
  return [
    { name: 'first sign-in, of the hand-written one', most: 0.6, value: ratio(handWritten, 'first'), unit: '', digits: 3 },
    { name: 'repeat sign-in, of the hand-written one', most: 0.6, value: ratio(handWritten, 'repeat'), unit: '', digits: 3 },
    { name: 'signed-in request, of bare Fastify', most: 1.6, value: ratio(bare, 'visit'), unit: '', digits: 3 },
    { name: 'resident memory', most: 130, value: median(ours.map(({ memory }) => memory)) / 1e6, unit: ' MB', digits: 1 },
    { name: 'cold start: import and registration', most: 150, value: median(coldStart), unit: ' ms', digits: 1 }
  ]
}

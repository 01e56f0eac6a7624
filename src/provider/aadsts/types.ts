import type { ErrorCode } from '../../core/errors.ts'
import type { Actor, HelpWord } from '../../core/help.ts'

/** What the public is told of a number. */
export interface PublicMeaning {
  /** The public code, whatever OAuth error word Microsoft sends with the number. */
  readonly code: ErrorCode
  /** What the error page says beyond the code. */
  readonly help?: HelpWord
}

/** What there is to know about one of Microsoft's numbers. */
export interface MicrosoftError extends PublicMeaning {
  /** Without `AADSTS`. */
  readonly number: number
  /** What has happened, one sentence. */
  readonly means: string
  /** Who can put it right. */
  readonly actor: Actor
  /** What they do, for the log and the documents. */
  readonly remedy: string
}

/** A row of a table. */
export type Row = readonly [number: number, means: string, remedy: string, tells: PublicMeaning]

/** Turns rows that one and the same has to act on into entries. */
export function entriesFor (actor: MicrosoftError['actor'], rows: readonly Row[]): readonly MicrosoftError[] {
  return rows.map(([number, means, remedy, tells]) => Object.freeze({ number, means, actor, remedy, ...tells }))
}

import { isEntraError, refuse } from '../core/errors.ts'

// SQLite's primary result codes (https://www.sqlite.org/rescode.html) that a server can meet.
const words: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB'
}

const busy = 5
const constraintUnique = 2067
const constraintPrimaryKey = 1555
// PostgreSQL's unique_violation.
const uniqueViolation = '23505'

interface Failure {
  readonly code?: unknown
  /** SQLite's extended result code: its low byte is the primary one. */
  readonly errcode?: unknown
}

/**
 * What a failure of the store is for whoever called: `store_unavailable`, with
 * SQLite's own word as reason. The error itself stays behind: its message may
 * quote what was stored. Everything else, refusals among it, passes as it is.
 */
export function storeFailure (error: unknown): unknown {
  if (isEntraError(error)) return error
  const word = failureWord(error)
  return word === null ? error : refuse('store_unavailable', word)
}

/** SQLite's word for a failure, such as `SQLITE_FULL`; `null` where it is none of the store's. */
export function failureWord (error: unknown): string | null {
  const { code, errcode } = (error ?? {}) as Failure
  // Node's code for a handle that is closed.
  if (code === 'ERR_INVALID_STATE') return 'closed'
  if (typeof errcode !== 'number') return null
  return words[errcode & 0xff] ?? `SQLITE_${errcode}`
}

/** Whether somebody else has the database just now: to try again makes sense. */
export function isBusy (error: unknown): boolean {
  const { errcode } = (error ?? {}) as Failure
  return typeof errcode === 'number' && (errcode & 0xff) === busy
}

/** Whether a unique constraint refused a write, in SQLite or in PostgreSQL. */
export function isUniqueViolation (error: unknown): boolean {
  const { code, errcode } = (error ?? {}) as Failure
  return errcode === constraintUnique || errcode === constraintPrimaryKey || code === uniqueViolation
}

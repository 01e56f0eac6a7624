import { isEntraError, refuse } from '../core/errors.ts'

// SQLite's primary result codes (https://www.sqlite.org/rescode.html) that a server can meet.
const sqliteWords: Readonly<Record<number, string>> = {
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

// PostgreSQL's names (its manual, appendix A) for what a server can meet; the rest is shown by its number.
const postgresWords: ReadonlyMap<string, string> = new Map([
  ['22021', 'character_not_in_repertoire'],
  ['25P03', 'idle_in_transaction_session_timeout'],
  ['28000', 'invalid_authorization_specification'],
  ['28P01', 'invalid_password'],
  ['3D000', 'invalid_catalog_name'],
  ['40001', 'serialization_failure'],
  ['40P01', 'deadlock_detected'],
  ['42501', 'insufficient_privilege'],
  ['53100', 'disk_full'],
  ['53300', 'too_many_connections'],
  ['55P03', 'lock_not_available'],
  ['57014', 'query_canceled'],
  ['57P01', 'admin_shutdown'],
  ['57P02', 'crash_shutdown'],
  ['57P03', 'cannot_connect_now']
])

const busy = 5
const sqliteUnique: readonly unknown[] = [1555, 2067]
const postgresUnique = '23505'
const postgresLostRaces: readonly unknown[] = [postgresUnique, '40001', '40P01']

interface Failure {
  readonly code?: unknown
  /** SQLite's extended result code: its low byte is the primary one. */
  readonly errcode?: unknown
  /** Given with every error that a PostgreSQL server reports. */
  readonly severity?: unknown
}

/**
 * What a failure of the store is for whoever called: `store_unavailable`, with
 * the engine's own word as reason. The error itself stays behind: its message may
 * quote what was stored. Everything else, refusals among it, passes as it is.
 */
export function storeFailure (error: unknown): unknown {
  if (isEntraError(error)) return error
  const word = failureWord(error)
  if (word === null) return error
  return refuse(isValueRefused(error) ? 'invalid_request' : 'store_unavailable', word)
}

/** The engine's word for a failure, such as `SQLITE_FULL` or `disk_full`; `null` where it is none of the store's. */
export function failureWord (error: unknown): string | null {
  const { code, errcode } = asFailure(error)
  // Node's code for a handle that is closed.
  if (code === 'ERR_INVALID_STATE') return 'closed'
  if (typeof errcode === 'number') return sqliteWords[errcode & 0xff] ?? `SQLITE_${errcode}`
  const state = sqlStateOf(error)
  return state === null ? null : postgresWords.get(state) ?? `SQLSTATE_${state}`
}

/** The SQLSTATE that a PostgreSQL server reported; `null` where it was no server that did. */
export function sqlStateOf (error: unknown): string | null {
  const { code, severity } = asFailure(error)
  return typeof code === 'string' && typeof severity === 'string' ? code : null
}

/** Whether PostgreSQL ends the connection with this error, or may have done so: classes 08 and 57P, and what is fatal by itself. */
export function endsConnection (sqlState: string): boolean {
  return /^(?:08|57P|25P03|53300)/.test(sqlState)
}

/** Whether somebody else has the database just now: to try again makes sense. */
export function isBusy (error: unknown): boolean {
  const { errcode } = asFailure(error)
  return typeof errcode === 'number' && (errcode & 0xff) === busy
}

/** Whether a unique constraint refused a write, in SQLite or in PostgreSQL. */
export function isUniqueViolation (error: unknown): boolean {
  const { errcode } = asFailure(error)
  return sqliteUnique.includes(errcode) || sqlStateOf(error) === postgresUnique
}

/** Whether another transaction was first, so that the same work may well succeed when it is run again. */
export function isLostRace (error: unknown): boolean {
  return isUniqueViolation(error) || postgresLostRaces.includes(sqlStateOf(error))
}

/** Whether it is the value that cannot be stored: PostgreSQL's classes 22 (data) and 54 (limits). */
function isValueRefused (error: unknown): boolean {
  return /^(?:22|54)/.test(sqlStateOf(error) ?? '')
}

function asFailure (error: unknown): Failure {
  return (error ?? {}) as Failure
}

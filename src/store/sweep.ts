import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { prepare, type Statement } from './statement.ts'

/** Rows that have a last moment. */
export interface Perishable<Table extends keyof Schema = keyof Schema> {
  readonly table: Table
  /** The primary key. */
  readonly key: keyof Schema[Table] & string
  /** When a row's time is over, or when it came, or what sorts by that; indexed. */
  readonly time: keyof Schema[Table] & string
}

interface Bounds {
  readonly before: number | string
  readonly limit: number
}

/**
 * Removes rows whose time is before `before`, at most `limit` at once. Gives how many went.
 */
export type Sweep = (before: number | string, limit: number) => Promise<number>

/**
 * Makes what removes rows whose time is over, the oldest
 * first, in one statement of its own. Any number of servers may do it at once:
 * on PostgreSQL what another one is removing is left to it, so that none waits and no two wait for each other.
 */
export function createSweep<Table extends keyof Schema> (database: Database, perishable: Perishable<Table>): Sweep {
  const statement = deletionOf(perishable, database.engine === 'postgresql')
  // What a power cut brings back goes the next time.
  return async (before, limit) => await database.run(async (db) => await statement.changes(db, { before, limit }), 'later')
}

function deletionOf<Table extends keyof Schema> ({ table, key, time }: Perishable<Table>, isShared: boolean): Statement<Bounds, never> {
  const lock = isShared ? sql` for update skip locked` : sql``
  return prepare((db, { before, limit }) => ({
    compile: () => sql<never>`
    with old as (
      select ${sql.ref(key)} as id from ${sql.table(table)}
      where ${sql.ref(time)} < ${before} order by ${sql.ref(time)} limit ${limit}${lock})
    delete from ${sql.table(table)} where ${sql.ref(key)} in (select id from old)`.compile(db)
  }))
}

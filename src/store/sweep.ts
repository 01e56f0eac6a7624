import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

/** Rows that have a last moment. */
export interface Perishable<Table extends keyof Schema = keyof Schema> {
  readonly table: Table
  /** The primary key. */
  readonly key: keyof Schema[Table] & string
  /** When a row's time is over, or when it came, or what sorts by that; indexed. */
  readonly time: keyof Schema[Table] & string
}

/**
 * Removes at most `limit` rows whose time is before `before`, the oldest
 * first, in one statement of its own. Any number of servers may do it at once:
 * on PostgreSQL what another one is removing is left to it, so that none waits and no two wait for each other.
 *
 * @returns how many went.
 */
export async function sweep<Table extends keyof Schema> (
  database: Database, { table, key, time }: Perishable<Table>, before: number | string, limit: number
): Promise<number> {
  const lock = database.engine === 'postgresql' ? sql` for update skip locked` : sql``
  const { numAffectedRows } = await database.run(async (db) => await sql`
    with old as (
      select ${sql.ref(key)} as id from ${sql.table(table)}
      where ${sql.ref(time)} < ${before} order by ${sql.ref(time)} limit ${limit}${lock})
    delete from ${sql.table(table)} where ${sql.ref(key)} in (select id from old)`.execute(db))
  return Number(numAffectedRows)
}

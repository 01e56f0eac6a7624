import { sql } from 'kysely'
import type { Database } from '../../src/store/open.ts'
import { createSessionStore } from '../../src/store/sessions.ts'
import { count } from './database.ts'
import { sessionColumns, type SessionPlace } from './session-contract.ts'

/** The sessions of a database, whichever engine it is, with a way to spoil them. */
export function databasePlace (database: Database): SessionPlace {
  const rename = async (from: string, to: string): Promise<unknown> =>
    await database.run((db) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db))
  return {
    store: createSessionStore(database),
    count: async () => await count(database, 'sessions'),
    poison: async (columns) => await poisonRow(database, columns),
    breakDown: async () => {
      await rename('sessions', 'hidden')
      return async () => await rename('hidden', 'sessions')
    }
  }
}

/** Writes a row as somebody with access to the database would. */
export async function poisonRow (database: Database, columns: Readonly<Record<string, unknown>>): Promise<void> {
  const row = { key: 'k1', ...sessionColumns, ...columns }
  await database.run((db) => db.insertInto('sessions').values(row as never).execute())
}

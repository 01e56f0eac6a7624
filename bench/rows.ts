import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** A database behind the back of the servers that use it. */
export interface Rows {
  readonly engine: Engine
  readonly all: (sql: string) => Promise<Array<Record<string, unknown>>>
  readonly run: (sql: string) => Promise<void>
  readonly close: () => Promise<void>
}

export type Engine = 'sqlite' | 'postgresql'

/** Opens an SQLite file or the database of a URL. */
export async function openRows (engine: Engine, location: string): Promise<Rows> {
  return engine === 'sqlite' ? openFile(location) : await openUrl(location)
}

function openFile (location: string): Rows {
  const db = new DatabaseSync(location)
  // Whatever is written from here is written before or between measurements, and a million of people are written sooner into memory.
  db.exec('pragma synchronous = off; pragma cache_size = -1000000; pragma wal_autocheckpoint = 50000')
  return {
    engine: 'sqlite',
    all: async (sql) => db.prepare(sql).all(),
    run: async (sql) => db.exec(sql),
    close: async () => db.close()
  }
}

async function openUrl (location: string): Promise<Rows> {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const url = new URL(location)
  const client = new pg.Client({ host: url.searchParams.get('host')!, port: Number(url.port), user: url.username, database: url.pathname.slice(1) })
  await client.connect()
  return {
    engine: 'postgresql',
    all: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
    run: async (sql) => { await client.query(sql) },
    close: async () => await client.end()
  }
}

import { CompiledQuery, type Kysely } from 'kysely'
import type { Database } from '../../src/store/database.ts'
import type { Schema } from '../../src/store/schema.ts'
import { tables } from './database.ts'
import { runEverything } from './queries.ts'

/** A query as it was sent, and how the engine would find its rows. */
export interface Plan {
  /** What asked first. */
  readonly step: string
  readonly sql: string
  readonly lines: readonly string[]
  /** Lines that read a whole table. */
  readonly wholeTables: readonly string[]
}

/** The plans of all queries there are, each once, in the order in which they came. */
export async function plansOf (database: Database): Promise<Plan[]> {
  const queries = new Map<string, { step: string, query: CompiledQuery }>()
  let step = ''
  const watched = watch(database, (query) => {
    if (!queries.has(query.sql)) queries.set(query.sql, { step, query })
  })
  await runEverything(watched, (title) => { step = title })
  const plans: Plan[] = []
  // What explains them is asked through the same door.
  for (const [sql, { step, query }] of [...queries]) plans.push({ step, sql, ...await explain(database, query) })
  return plans
}

/** How a query finds its rows. */
export async function explain (database: Database, { sql, parameters }: CompiledQuery): Promise<Pick<Plan, 'lines' | 'wholeTables'>> {
  const isPostgres = database.engine === 'postgresql'
  const prefix = isPostgres ? 'explain (costs off) ' : 'explain query plan '
  const { rows } = await database.run(async (db) => await db.executeQuery<Record<string, string>>(CompiledQuery.raw(prefix + sql, [...parameters])))
  const lines = rows.map((row) => row[isPostgres ? 'QUERY PLAN' : 'detail']!)
  // In the order of an index, a limit ends what SQLite calls a scan.
  const isLimited = / limit /.test(sql)
  const whole = isPostgres ? /Seq Scan on "?(\w+)/ : isLimited ? /^SCAN (\w+)(?! USING)\b(?! USING)/ : /^SCAN (\w+)/
  return { lines, wholeTables: lines.filter((line) => tables.includes(whole.exec(line)?.[1] ?? '')) }
}

/** The same database, which says what it is asked. */
function watch (database: Database, see: (query: CompiledQuery) => void): Database {
  const seen = new WeakSet<object>()
  const watched = <Db extends Kysely<Schema>>(db: Db): Db => {
    const executor = db.getExecutor() as { executeQuery: (query: CompiledQuery, ...more: never[]) => unknown }
    if (seen.has(executor)) return db
    seen.add(executor)
    const execute = executor.executeQuery.bind(executor)
    executor.executeQuery = (query, ...more) => {
      see(query)
      return execute(query, ...more)
    }
    return db
  }
  return {
    ...database,
    run: async (query, durability) => await database.run(async (db) => await query(watched(db)), durability),
    transaction: async (work, durability) => await database.transaction(async (db) => await work(watched(db)), durability)
  }
}

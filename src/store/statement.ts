import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Schema } from './schema.ts'

/** A query that is built once and run many times. */
export interface Statement<Given, Row> {
  /** All rows that it gives. */
  readonly rows: (db: Kysely<Schema>, given: Given) => Promise<Row[]>
  /** The first row; `undefined` where there is none. */
  readonly first: (db: Kysely<Schema>, given: Given) => Promise<Row | undefined>
  /** Runs a change, and says how many rows it was about. */
  readonly changes: (db: Kysely<Schema>, given: Given) => Promise<number>
}

/** What a query gives that builds it: Kysely's builders, or raw SQL. */
interface Compilable<Row> {
  readonly compile: () => CompiledQuery<Row>
}

/** Stands for a value while a query is built. */
class Place {
  readonly name: string

  constructor (name: string) {
    this.name = name
  }
}

const places = new Proxy({}, { get: (_target, name) => new Place(String(name)) })

/**
 * A query whose text is made once for each open database, and not at each call: to build and to compile it takes longer
 * than SQLite needs to run it.
 *
 * @param build - Is given a stand-in for each value, to put where the value goes: it cannot look at values. What hangs
 * on them is another statement.
 */
export function prepare<Given extends object, Row = never> (build: (db: Kysely<Schema>, given: Given) => Compilable<Row>): Statement<Given, Row> {
  // By the adapter: a database has one, and its transactions share it.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()
  return {
    rows: async (db, given) => (await run(db, given)).rows,
    first: async (db, given) => (await run(db, given)).rows[0],
    changes: async (db, given) => Number((await run(db, given)).numAffectedRows)
  }

  async function run (db: Kysely<Schema>, given: Given): Promise<QueryResult<Row>> {
    const query = compiledFor(db)
    const parameters = query.parameters.map((parameter) => parameter instanceof Place ? given[parameter.name as keyof Given] : parameter)
    return await db.executeQuery({ ...query, parameters })
  }

  function compiledFor (db: Kysely<Schema>): CompiledQuery<Row> {
    const { adapter } = db.getExecutor()
    let query = compiled.get(adapter)
    if (query === undefined) {
      query = build(db, places as Given).compile()
      compiled.set(adapter, query)
    }
    return query
  }
}

/** Some of the columns that a statement is given: it is built without knowing which there are. */
export function columns<Row extends object, Name extends keyof Row> (given: Row, ...names: readonly Name[]): Pick<Row, Name> {
  return Object.fromEntries(names.map((name) => [name, given[name]])) as Pick<Row, Name>
}

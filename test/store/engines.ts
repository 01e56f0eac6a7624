import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Database } from '../../src/store/database.ts'
import { sharedPostgres } from '../postgres.ts'
import { takesLong } from '../patient.ts'
import { needsPostgres } from '../services.ts'
import { tables, temporaryFolder } from './database.ts'

/** Where the rules of the store are tested. */
export interface Engine {
  readonly name: Database['engine']
  /** A database that nobody else has. */
  readonly newLocation: (t: Pick<Test, 'teardown'>) => Promise<string>
  /** One that several servers can open. */
  readonly newSharedLocation: (t: Pick<Test, 'teardown'>) => Promise<string>
  /** One that several processes make. */
  readonly newEmptyLocation: (t: Pick<Test, 'teardown'>) => Promise<string>
  /** The reason in the log where a foreign key, and where a check refuses a write. */
  readonly words: { readonly foreignKey: string, readonly check: string }
}

const sqlite: Engine = {
  name: 'sqlite',
  newLocation: async () => ':memory:',
  newSharedLocation: async (t) => join(temporaryFolder(t), 'accounts.sqlite'),
  newEmptyLocation: async (t) => join(temporaryFolder(t), 'new', 'accounts.sqlite'),
  words: { foreignKey: 'SQLITE_CONSTRAINT', check: 'SQLITE_CONSTRAINT' }
}

const unused: string[] = []

/** Emptying a database takes a moment, making one takes long: those of tests that have ended are used again. */
async function newPostgres (t: Pick<Test, 'teardown'>): Promise<string> {
  const server = await sharedPostgres()
  const location = unused.pop() ?? await server.createDatabase()
  t.teardown(async () => {
    await server.query(`truncate ${tables.join()}`, new URL(location).pathname.slice(1))
    unused.push(location)
  })
  return location
}

/** The engine of tests that need PostgreSQL. */
export const postgresql: Engine = {
  name: 'postgresql',
  newLocation: newPostgres,
  newSharedLocation: newPostgres,
  newEmptyLocation: async () => await (await sharedPostgres()).createDatabase('empty'),
  words: { foreignKey: 'SQLSTATE_23503', check: 'SQLSTATE_23514' }
}

const missing = needsPostgres().skip

// To start a PostgreSQL takes a while where everything does.
takesLong()

/** The engines that there are on this machine. */
export const engines: readonly Engine[] = missing === false ? [sqlite, postgresql] : [sqlite]

if (missing !== false) t.test('the same rules on PostgreSQL', { skip: missing }, async () => {})

/** A rule that holds on every engine: one test for each. */
export function rule (title: string, work: (t: Test, engine: Engine) => Promise<unknown>, parent: Test = t): void {
  for (const engine of engines) void parent.test(`${title} (${engine.name})`, async (t) => { await work(t, engine) })
}

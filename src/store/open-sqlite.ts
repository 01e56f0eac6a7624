import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CompiledQuery, Kysely } from 'kysely'
import { ConfigurationError } from '../core/errors.ts'
import { createDatabase, type Database } from './database.ts'
import type { DatabaseSettings } from './run-again.ts'
import { failureWord } from './errors.ts'
import { migrate } from './migrate.ts'
import type { Schema } from './schema.ts'
import { sqliteDialects } from './sqlite-dialect.ts'

const inMemory = ':memory:'

/** Opens an SQLite file. @throws ConfigurationError */
export async function openSqlite (location: string, settings: DatabaseSettings): Promise<Database> {
  const file = location === inMemory ? inMemory : resolve(location)
  let db
  let later
  try {
    const dialects = sqliteDialects(openFile(file), settings.patience)
    db = new Kysely<Schema>({ dialect: dialects.now })
    later = new Kysely<Schema>({ dialect: dialects.later })
    await setUp(db)
    await migrate(db, 'sqlite')
  } catch (error) {
    await db?.destroy()
    throw new ConfigurationError(`fastify-entra: option "database": ${JSON.stringify(location)} ${complaint(error)}`)
  }
  return createDatabase({ db, later, alone: db, version: dataVersion }, 'sqlite', settings)
}

/** The file comes first, so that it is never there with another mode; SQLite gives its side files the same. */
function openFile (file: string): DatabaseSync {
  if (file !== inMemory) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
  }
  // No waiting inside SQLite: the dialect waits.
  return new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true })
}

/**
 * Pages of the log that make a checkpoint due: 16 MB. Four times SQLite's own: of a page that changes again and again
 * the last state alone is copied into the database.
 */
const pagesPerCheckpoint = 4_000

/**
 * Kibibytes of pages in memory, in place of SQLite's own 2,000: with a million people the upper levels of all indexes find
 * room, so that a row is one page of the file away.
 */
const cacheSize = 16_000

async function setUp (db: Kysely<Schema>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('pragma journal_mode = wal'))
  await db.executeQuery(CompiledQuery.raw(`pragma wal_autocheckpoint = ${pagesPerCheckpoint}`))
  await db.executeQuery(CompiledQuery.raw(`pragma cache_size = -${cacheSize}`))
}

const readVersion = CompiledQuery.raw('pragma data_version')

/** SQLite's own counter of what other connections, and so other processes, have committed (SQLite, 'PRAGMA data_version'). */
async function dataVersion (db: Kysely<Schema>): Promise<number> {
  const { rows } = await db.executeQuery(readVersion)
  return (rows as Array<{ data_version: number }>)[0]!.data_version
}

function complaint (error: unknown): string {
  const word = failureWord(error)
  if (word === 'SQLITE_NOTADB') return 'is a file, but no SQLite database. Give the path of another file.'
  if (word !== null) return `cannot be used (${word}: ${(error as Error).message}). Give the path of a file of its own, in a folder that this process may write.`
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return `cannot be made or written (${code}). Give the path of a file, in a folder that this process may write.`
  return (error as Error).message
}

import { realEnvironment } from '../core/environment.ts'
import type { Database } from './database.ts'
import type { DatabaseSettings } from './run-again.ts'
import { isPostgresUrl } from './location.ts'
import { openPostgres } from './open-postgres.ts'
import { openSqlite } from './open-sqlite.ts'

export type { Database } from './database.ts'

const defaults: DatabaseSettings = {
  // Long enough for a burst, short enough for whoever waits in front of a browser.
  patience: 5_000,
  environment: realEnvironment
}

/**
 * Opens a database and brings its tables up to date.
 *
 * @param location - URL of a PostgreSQL database (`postgres://` or `postgresql://`); or the path of an SQLite file,
 * made where it is missing (mode 0600, and its folders); or `:memory:` for one that is gone when it is closed.
 * @param settings - Patience (default 5000 ms) and chance (default: the real one).
 * @throws ConfigurationError where it cannot be opened, is something else, or belongs to a newer version.
 */
export async function openDatabase (location: string, settings: Partial<DatabaseSettings> = {}): Promise<Database> {
  const open = isPostgresUrl(location) ? openPostgres : openSqlite
  return await open(location, { ...defaults, ...settings })
}

import { isProjectName } from '../src/identity/project-name.ts'
import { type Database, openDatabase } from '../src/store/open.ts'
import { isPostgresUrl, secretFileOf } from '../src/store/location.ts'
import { type Call, CommandError, UsageError } from './command.ts'

/** Flags of every command that needs a project in a database. */
export const databaseOptions = {
  database: { type: 'string', value: 'LOCATION', about: 'SQLite file, or postgres:// URL without a password; else the variable DATABASE_URL' },
  project: { type: 'string', value: 'NAME', about: 'project of the identity plugin (default: identity)' }
} as const

/** Flags of those that seal something, too. */
export const secretOptions = {
  'secrets-file': { type: 'string', value: 'FILE', about: 'option "secrets" of the servers, one a line, newest first; else the variable SECRETS, with commas; else the secret that a development server keeps beside its database' }
} as const

/** The project that is meant. */
export function projectOf ({ flags }: Call): string {
  const name = (flags.project ?? 'identity') as string
  if (!isProjectName(name)) throw new UsageError('--project is a name of at most 32 lower-case letters, digits and dashes, as option "project" is.')
  return name
}

/** Opens the database that is meant, and closes it when `work` is done. */
export async function withDatabase<Result> (call: Call, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = await openDatabase(locationOf(call), { environment: call.environment })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** The secrets of the servers, newest first. Never from a flag: what stands there, every user of the machine may read. */
export function secretsOf (call: Call): string[] {
  const secrets = givenSecrets(call).map((secret) => secret.trim()).filter((secret) => secret !== '')
  if (secrets.length === 0) throw new UsageError('option "secrets" of the servers is needed: set the variable SECRETS, or give --secrets-file.')
  if (secrets.some((secret) => secret.length < 32)) throw new CommandError('a secret has less than 32 characters: give the same as option "secrets" of the servers.')
  return secrets
}

function givenSecrets (call: Call): string[] {
  const { flags, variables, fileExists } = call
  const file = flags['secrets-file'] as string | undefined
  if (file !== undefined) return readGiven(call, '--secrets-file', file).split('\n')
  if (variables.SECRETS !== undefined) return variables.SECRETS.split(',')
  const beside = secretFileOf(locationOf(call))!
  return fileExists(beside) ? [readGiven(call, 'the development secret', beside)] : []
}

/** The text of a file that was named. */
export function readGiven ({ readFile }: Call, what: string, path: string): string {
  try {
    return readFile(path)
  } catch (error) {
    throw new CommandError(`${what}: ${JSON.stringify(path)} cannot be read (${(error as { code: string }).code}).`)
  }
}

function locationOf ({ flags, variables, fileExists }: Call): string {
  const location = (flags.database ?? variables.DATABASE_URL) as string | undefined
  if (location === undefined) throw new UsageError('a database is needed: give --database, or set the variable DATABASE_URL.')
  if (isPostgresUrl(location)) {
    if (flags.database !== undefined && /^[^/]*\/\/[^/?#]*:[^/?#]*@|[?&]password=/i.test(location)) throw new UsageError('--database has a password in it, which every user of this machine may read there: set the variable DATABASE_URL instead.')
    return location
  }
  // Where it is misspelt, one would be made that no server has.
  if (!fileExists(location)) throw new CommandError(`there is no database ${JSON.stringify(location)}. Check the path; the application makes it at its first start.`)
  return location
}

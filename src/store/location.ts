import { isExposed, readPostgresUrl, showAddress } from './postgres-url.ts'

/** Whether a location is the URL of a PostgreSQL database; else it is the path of an SQLite file. */
export function isPostgresUrl (location: string): boolean {
  return /^postgres(?:ql)?:/i.test(location)
}

/**
 * Where a development server keeps its secret: beside the file of its
 * database; in the folder it runs in where the database is elsewhere; `null`, nowhere, where it is in memory.
 */
export function secretFileOf (location: string): string | null {
  if (location === ':memory:') return null
  return isPostgresUrl(location) ? 'fastify-entra.secret' : `${location}.secret`
}

/**
 * What there is to warn of in production: that the way to the database can be read or changed by others; `null`
 * where it cannot.
 *
 * @throws ConfigurationError where the location is a URL that cannot be read.
 */
export function exposureOf (location: string): string | null {
  if (!isPostgresUrl(location)) return null
  const address = readPostgresUrl(location)
  if (!isExposed(address)) return null
  return `fastify-entra: option "database": whoever is between this server and ${showAddress(address)} can read and change accounts and sessions. Add sslmode=verify-full to the URL, and sslrootcert=FILE where the server's certificate is of an authority of your own`
}

import { ConfigurationError } from '../core/errors.ts'

/** What may stand behind the `?` of the URL of a PostgreSQL database. */
export const parameterNames = [
  'host', 'application_name', 'options', 'pool_max', 'statement_timeout', 'lock_timeout',
  'idle_in_transaction_session_timeout', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'
] as const

/** Name of a parameter. */
export type ParameterName = typeof parameterNames[number]

/** The parameters of a URL, each given once. */
export type UrlParameters = Partial<Record<ParameterName, string>>

/** A complaint about the URL. It shows nothing of it but names of parameters. */
export function wrong (complaint: string): Error {
  return new ConfigurationError(`fastify-entra: option "database" is the URL of a PostgreSQL database and ${complaint}`)
}

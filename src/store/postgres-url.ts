import { isLoopbackHost } from '../core/loopback.ts'
import { type ParameterName, parameterNames, type UrlParameters, wrong } from './postgres-parameters.ts'
import { readTls, type Tls } from './postgres-tls.ts'

/** What the URL of a PostgreSQL database says. */
export interface PostgresAddress {
  /** Host name, address, or folder of a Unix socket. */
  readonly host: string
  readonly port: number
  /** What is left out here pg takes from `PGUSER`, `PGPASSWORD` or `~/.pgpass`. */
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string
  readonly tls: Tls
  readonly applicationName: string
  /** Command-line options for the server, such as `-c search_path=sign_in`. */
  readonly options: string | undefined
  /** Connections at most. */
  readonly poolMax: number
  /** Milliseconds; what is not given follows from the patience. */
  readonly statementTimeout: number | undefined
  readonly lockTimeout: number | undefined
  readonly idleInTransactionTimeout: number | undefined
}

const shape = 'postgres://USER:PASSWORD@HOST:5432/DATABASE'

/**
 * Reads the URL of a PostgreSQL database. By this and not by pg's own reader: what is not known is refused, TLS
 * means the same in every version of pg, and the environment does not weaken it.
 *
 * @throws ConfigurationError that shows nothing of the URL but the name of a parameter.
 */
export function readPostgresUrl (text: string): PostgresAddress {
  const url = parse(text)
  const given = readParameters(url)
  const { hostname, port, username, password, pathname } = url
  const database = decode(pathname.slice(1))
  if (database === '') throw wrong(`names no database. Write it as ${shape}.`)
  return {
    host: given.host ?? (decode(hostname.replace(/^\[(.*)\]$/, '$1')) || 'localhost'),
    port: port === '' ? 5432 : Number(port),
    user: decode(username) || undefined,
    password: decode(password) || undefined,
    database,
    tls: readTls(given),
    applicationName: given.application_name ?? 'fastify-entra',
    options: given.options,
    poolMax: readNumber('pool_max', given, 1_000) ?? 10,
    statementTimeout: readNumber('statement_timeout', given),
    lockTimeout: readNumber('lock_timeout', given),
    idleInTransactionTimeout: readNumber('idle_in_transaction_session_timeout', given)
  }
}

/** A database as messages show it: never with user, password or parameters. */
export function showAddress ({ host, port, database }: PostgresAddress): string {
  return JSON.stringify(`${host}:${port}/${database}`)
}

/** Whether what is sent can be read or changed on its way: to another machine, without TLS or without checking whose certificate it is. */
export function isExposed ({ host, tls }: PostgresAddress): boolean {
  const isLocal = host.startsWith('/') || isLoopbackHost(host)
  return !isLocal && (tls === false || !tls.rejectUnauthorized)
}

/** An `@` or `#` behind the host means that the password was not encoded, and that half of it would pass for something else. */
function parse (text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^\w+:\/\//.test(text) || url.hash !== '' || /@/.test(url.pathname + url.search)) throw unreadable()
  return url
}

function readParameters ({ searchParams }: URL): UrlParameters {
  const given: UrlParameters = {}
  for (const [name, value] of searchParams) {
    const known = parameterNames.find((parameter) => parameter === name)
    if (known === undefined) throw wrong(`has the parameter "${name}", which is not known here. Those known are ${parameterNames.join(', ')}.`)
    if (Object.hasOwn(given, known) || value === '') throw wrong(`must have the parameter "${name}" once, and not empty.`)
    given[known] = value
  }
  return given
}

function readNumber (name: ParameterName, given: UrlParameters, most = 2_147_483_647): number | undefined {
  const text = given[name]
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) > most) throw wrong(`must have an integer from 1 to ${most} in the parameter "${name}".`)
  return Number(text)
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable()
  }
}

function unreadable (): Error {
  return wrong(`cannot be read (it is not shown here). Write it as ${shape}, with : / ? # [ ] @ % in user and password as %3A %2F %3F %23 %5B %5D %40 %25.`)
}

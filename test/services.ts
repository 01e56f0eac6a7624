import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const wanted = process.env.FASTIFY_ENTRA_SERVICES

/**
 * Whether a service that is missing fails the tests that need it, as in continuous integration. With `installed` the
 * tests run that find theirs; without either none of them runs, and the suite is a matter of minutes.
 */
export const servicesRequired: boolean = wanted === 'required'

/** Options for a test that needs a service: skipped with a clear word where it is not wanted, or missing. */
function needs (name: string, isThere: boolean, remedy: string): { skip: string | false } {
  if (servicesRequired || (wanted === 'installed' && isThere)) return { skip: false }
  return { skip: isThere ? `${name} is left alone; set FASTIFY_ENTRA_SERVICES=installed to use it` : `${name} is not installed (${remedy})` }
}

/** Debian's Chromium, or the one that CHROMIUM names. */
export const chromium: string = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Options for a test that needs Chromium. */
export function needsChromium (): { skip: string | false } {
  return needs('Chromium', existsSync(chromium), `no ${chromium}; set CHROMIUM to its path`)
}

/** Options for a test that needs npm and its registry. */
export function needsRegistry (): { skip: string | false } {
  return { skip: servicesRequired ? false : 'set FASTIFY_ENTRA_SERVICES=required to let it install from the npm registry' }
}

/** Debian's Redis, or the server that REDIS_SERVER names: Valkey's is as good. */
export const redisServer: string = process.env.REDIS_SERVER ?? '/usr/bin/redis-server'

/** Options for a test that needs a Redis of its own. */
export function needsRedis (): { skip: string | false } {
  return needs('Redis', existsSync(redisServer), `no ${redisServer}; set REDIS_SERVER to its path`)
}

/** Folder of PostgreSQL's programs: Debian's newest version, or whatever PATH has; `null` where there is none. */
export const postgresBin: string | null = findPostgres()

function findPostgres (): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl'))) ?? null
}

/** Options for a test that needs a PostgreSQL of its own. */
export function needsPostgres (): { skip: string | false } {
  return needs('PostgreSQL', postgresBin !== null, 'initdb is neither below /usr/lib/postgresql nor in PATH')
}

/** Debian's nginx, or the one that NGINX names. */
export const nginx: string = process.env.NGINX ?? '/usr/sbin/nginx'

/** Options for a test that needs nginx. */
export function needsNginx (): { skip: string | false } {
  return needs('nginx', existsSync(nginx), `no ${nginx}; set NGINX to its path`)
}

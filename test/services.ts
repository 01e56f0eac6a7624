import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a service that is missing fails the tests that need it, as in continuous integration. */
export const servicesRequired: boolean = process.env.FASTIFY_ENTRA_SERVICES === 'required'

/** Debian's Chromium, or the one that CHROMIUM names. */
export const chromium: string = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Options for a test that needs Chromium: skipped with a clear word where it is missing. */
export function needsChromium (): { skip: string | false } {
  const missing = !existsSync(chromium) && !servicesRequired
  return { skip: missing ? `Chromium is not installed at ${chromium}; set CHROMIUM to its path` : false }
}

/** Options for a test that needs npm and its registry. */
export function needsRegistry (): { skip: string | false } {
  return { skip: servicesRequired ? false : 'set FASTIFY_ENTRA_SERVICES=required to let it install from the npm registry' }
}

/** Debian's Redis, or the server that REDIS_SERVER names: Valkey's is as good. */
export const redisServer: string = process.env.REDIS_SERVER ?? '/usr/bin/redis-server'

/** Options for a test that needs a Redis of its own: skipped with a clear word where the server is missing. */
export function needsRedis (): { skip: string | false } {
  const missing = !existsSync(redisServer) && !servicesRequired
  return { skip: missing ? `redis-server is not installed at ${redisServer}; set REDIS_SERVER to its path` : false }
}

/** Folder of PostgreSQL's programs: Debian's newest version, or whatever PATH has; `null` where there is none. */
export const postgresBin: string | null = findPostgres()

function findPostgres (): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl'))) ?? null
}

/** Options for a test that needs a PostgreSQL of its own: skipped with a clear word where its programs are missing. */
export function needsPostgres (): { skip: string | false } {
  const missing = postgresBin === null && !servicesRequired
  return { skip: missing ? 'PostgreSQL is not installed (initdb is neither below /usr/lib/postgresql nor in PATH)' : false }
}

/** Debian's nginx, or the one that NGINX names. */
export const nginx: string = process.env.NGINX ?? '/usr/sbin/nginx'

/** Options for a test that needs nginx. */
export function needsNginx (): { skip: string | false } {
  const missing = !existsSync(nginx) && !servicesRequired
  return { skip: missing ? `nginx is not installed at ${nginx}; set NGINX to its path` : false }
}

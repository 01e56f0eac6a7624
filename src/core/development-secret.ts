import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.ts'
import { randomToken } from './environment.ts'
import { ConfigurationError } from './errors.ts'

/**
 * The secret of a development server: made once, kept in a file that only its
 * owner reads (mode 0600), so that a restart signs nobody out.
 *
 * Written beside and then linked into place: of several processes that start
 * at once, one wins, and none reads half a secret.
 *
 * @param file - Path of the file; `null` where nothing is kept, as with a database in memory.
 * @throws ConfigurationError where the file cannot be written or holds no secret.
 */
export function developmentSecret (file: string | null, environment: Pick<Environment, 'randomBytes'>): string {
  if (file === null) return randomToken(environment, 48)
  try {
    return readSecret(file) ?? makeSecret(file, environment)
  } catch (error) {
    throw new ConfigurationError(`fastify-entra: the development secret cannot be kept in "${file}" (${codeOf(error)}). Make its folder writable, remove the file, or give option "secrets".`)
  }
}

function makeSecret (file: string, environment: Pick<Environment, 'randomBytes'>): string {
  const secret = randomToken(environment, 48)
  const draft = `${file}.${randomToken(environment, 6)}`
  writeFileSync(draft, secret, { mode: 0o600, flag: 'wx' })
  const failure = linkFailure(draft, file)
  rmSync(draft, { force: true })
  if (failure === null) return secret
  const winner = readSecret(file)
  if (winner === null) throw failure
  return winner
}

function linkFailure (draft: string, file: string): unknown {
  try {
    linkSync(draft, file)
    return null
  } catch (error) {
    return error
  }
}

function readSecret (file: string): string | null {
  let secret
  try {
    secret = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  if (secret.length < 32) throw Object.assign(new Error(), { code: 'it holds no secret' })
  chmodSync(file, 0o600)
  return secret
}

function codeOf (error: unknown): string {
  return String((error as { code?: unknown }).code)
}

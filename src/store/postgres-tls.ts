import { readFileSync } from 'node:fs'
import { type ParameterName, type UrlParameters, wrong } from './postgres-parameters.ts'

/** How the way to the server is protected; `false` for not at all. */
export type Tls = false | {
  /** Whether the server must have a certificate of an authority that is trusted, for the host that was asked for. */
  readonly rejectUnauthorized: boolean
  /** The authorities that are trusted, in place of Node's own. */
  readonly ca?: string
  /** What this client shows. */
  readonly cert?: string
  readonly key?: string
}

/**
 * What each `sslmode` means. All that promise something keep all of it: `prefer`, `require` and `verify-ca` would let
 * pass a server that is not the right one, so they are `verify-full`, as they are in pg 8; `no-verify` is pg's own word.
 */
const verifies: Readonly<Record<string, boolean | null>> = {
  disable: null,
  'no-verify': false,
  prefer: true,
  require: true,
  'verify-ca': true,
  'verify-full': true
}

/** Reads what a URL says about TLS. Without `sslmode`, a certificate asks for `verify-full`, and nothing for no TLS. */
export function readTls (given: UrlParameters): Tls {
  const { sslmode = hasFiles(given) ? 'verify-full' : 'disable', sslrootcert, sslcert, sslkey } = given
  if (!Object.hasOwn(verifies, sslmode)) throw wrong(`must have one of ${Object.keys(verifies).join(', ')} in the parameter "sslmode".`)
  const rejectUnauthorized = verifies[sslmode]!
  if (rejectUnauthorized === null) {
    if (hasFiles(given)) throw wrong('has certificates and sslmode=disable. Leave one of them out.')
    return false
  }
  if ((sslcert === undefined) !== (sslkey === undefined)) throw wrong('must have the parameters "sslcert" and "sslkey" both, or neither.')
  return {
    // Said also where it is the default: NODE_TLS_REJECT_UNAUTHORIZED must not lift it.
    rejectUnauthorized,
    ...(sslrootcert !== undefined && sslrootcert !== 'system' && { ca: readFile('sslrootcert', sslrootcert) }),
    ...(sslcert !== undefined && { cert: readFile('sslcert', sslcert), key: readFile('sslkey', sslkey!) })
  }
}

function hasFiles ({ sslrootcert, sslcert, sslkey }: UrlParameters): boolean {
  return sslrootcert !== undefined || sslcert !== undefined || sslkey !== undefined
}

function readFile (name: ParameterName, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw wrong(`names a file in the parameter "${name}" that cannot be read (${(error as { code: string }).code}).`)
  }
}

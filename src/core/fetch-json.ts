import { type Environment, type FetchLimits, fetchLimits } from './environment.ts'
import { type EntraError, isEntraError, refuse } from './errors.ts'
import { retryAfterOf } from './retry-after.ts'
import { type JsonRecord, readJsonObject } from './json.ts'

export { type FetchLimits, fetchLimits } from './environment.ts'

/**
 * Fetches a JSON object from the authority. Redirects are not followed: the
 * address is the authority's own, and what it points to is not.
 *
 * @param name - What it is, in a word that the reason of a refusal starts with: `keys`.
 * @throws provider_unavailable for no connection, 429 and 5xx, with Microsoft's `Retry-After`;
 *   provider_timeout; provider_error for any other status, and for what is too large or no JSON object.
 */
export async function fetchJson (
  name: string, url: string, environment: Pick<Environment, 'fetch' | 'limits'>, limits: FetchLimits = environment.limits ?? fetchLimits
): Promise<JsonRecord> {
  const controller = new AbortController()
  const expiry = Promise.withResolvers<never>()
  // A race, not the signal alone: a fetch of the caller's own may not heed signals.
  const timer = setTimeout(() => expiry.reject(refuse('provider_timeout', `${name}_timeout`)), limits.timeout)
  try {
    const answer = exchange(name, url, environment, limits.size, controller.signal)
    return await Promise.race([answer.catch((error: unknown) => { throw refusalOf(name, error) }), expiry.promise])
  } finally {
    clearTimeout(timer)
    // Closes the connection of an answer that was not read to its end.
    controller.abort()
  }
}

async function exchange (
  name: string, url: string, environment: Pick<Environment, 'fetch'>, size: number, signal: AbortSignal
): Promise<JsonRecord> {
  // 'manual' rather than 'error': a redirect is then an answer like any other that is not 200, and no broken connection.
  const response = await environment.fetch(url, { redirect: 'manual', signal, headers: { accept: 'application/json' } })
  checkStatus(name, response)
  const document = readJsonObject(await readBody(name, response, size))
  if (document === null) throw refuse('provider_error', `${name}_json`)
  return document
}

/** The error of a failed connection is dropped: its causes hold addresses and sockets. */
function refusalOf (name: string, error: unknown): EntraError {
  return isEntraError(error) ? error : refuse('provider_unavailable', `${name}_connection`)
}

function checkStatus (name: string, { status, headers }: Response): void {
  const reason = `${name}_status_${status}`
  if (status === 429 || status >= 500) {
    throw refuse('provider_unavailable', { reason, retryAfter: retryAfterOf(headers.get('retry-after')) })
  }
  if (status !== 200) throw refuse('provider_error', reason)
}

async function readBody (name: string, response: Response, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > size) throw refuse('provider_error', `${name}_too_large`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

import type { Environment, FetchLimits } from './environment.ts'
import { type EntraError, isEntraError, refuse } from './errors.ts'
import { retryAfterOf } from './retry-after.ts'

/** What is asked for, and what counts as an answer. */
export interface BoundedRequest {
  readonly headers: Readonly<Record<string, string>>
  /** Statuses that are an answer; any other is a refusal. */
  readonly statuses: readonly number[]
  readonly limits: FetchLimits
  /** A form to post; left out, it is a GET. */
  readonly form?: URLSearchParams | undefined
}

/** An answer, read to its end. */
export interface BoundedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

/**
 * Fetches something of Microsoft's within limits. Redirects are not followed:
 * the address is Microsoft's own, and what it points to is not.
 *
 * @param name - What it is, in a word that the reason of a refusal starts with: `keys`.
 * @throws provider_unavailable for no connection, 429 and 5xx, with Microsoft's `Retry-After`;
 *   provider_timeout; provider_error for any other status, and for what is too large.
 */
export async function fetchBounded (
  name: string, url: string, environment: Pick<Environment, 'fetch'>, request: BoundedRequest
): Promise<BoundedAnswer> {
  const controller = new AbortController()
  const expiry = Promise.withResolvers<never>()
  // A race, not the signal alone: a fetch of the caller's own may not heed signals.
  const timer = setTimeout(() => expiry.reject(refuse('provider_timeout', `${name}_timeout`)), request.limits.timeout)
  try {
    const answer = exchange(name, url, environment, request, controller.signal)
    return await Promise.race([answer.catch((error: unknown) => { throw refusalOf(name, error) }), expiry.promise])
  } finally {
    clearTimeout(timer)
    // Closes the connection of an answer that was not read to its end.
    controller.abort()
  }
}

async function exchange (
  name: string, url: string, environment: Pick<Environment, 'fetch'>, { headers, statuses, limits, form }: BoundedRequest, signal: AbortSignal
): Promise<BoundedAnswer> {
  // 'manual' rather than 'error': a redirect is then an answer like any other that is not wanted, and no broken connection.
  const response = await environment.fetch(url, { redirect: 'manual', signal, headers, ...(form !== undefined && { method: 'POST', body: form }) })
  checkStatus(name, response, statuses)
  return { status: response.status, headers: response.headers, body: await readBody(name, response, limits.size) }
}

/** The error of a failed connection is dropped: its causes hold addresses and sockets. */
function refusalOf (name: string, error: unknown): EntraError {
  return isEntraError(error) ? error : refuse('provider_unavailable', `${name}_connection`)
}

function checkStatus (name: string, { status, headers }: Response, statuses: readonly number[]): void {
  const reason = `${name}_status_${status}`
  if (status === 429 || status >= 500) {
    throw refuse('provider_unavailable', { reason, retryAfter: retryAfterOf(headers.get('retry-after')) })
  }
  if (!statuses.includes(status)) throw refuse('provider_error', reason)
}

async function readBody (name: string, response: Response, size: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > size) throw refuse('provider_error', `${name}_too_large`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

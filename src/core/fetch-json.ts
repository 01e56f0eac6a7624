import { type Environment, type FetchLimits, fetchLimits } from './environment.ts'
import { refuse } from './errors.ts'
import { fetchBounded } from './fetch-bounded.ts'
import { type JsonRecord, readJsonObject } from './json.ts'

/**
 * Fetches a JSON object from the authority.
 *
 * @param name - What it is, in a word that the reason of a refusal starts with: `keys`.
 * @throws what `fetchBounded` throws, for any status but 200; provider_error for what is no JSON object.
 */
export async function fetchJson (
  name: string, url: string, environment: Pick<Environment, 'fetch' | 'limits'>, limits: FetchLimits = environment.limits ?? fetchLimits
): Promise<JsonRecord> {
  const { body } = await fetchBounded(name, url, environment, { headers: { accept: 'application/json' }, statuses: [200], limits })
  const document = readJsonObject(body)
  if (document === null) throw refuse('provider_error', `${name}_json`)
  return document
}

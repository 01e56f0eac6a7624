import { createHash } from 'node:crypto'
import type { Environment, FetchLimits } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import { fetchBounded } from '../core/fetch-bounded.ts'

/** A person's photo at Microsoft. */
export interface Photo {
  readonly contentType: string
  readonly body: Buffer
  /** Names these bytes, for `ETag`: quotes and all. */
  readonly etag: string
}

/** What a photo may cost: ten seconds and 256 KiB. One of 96 by 96 pixels has a few kilobytes. */
export const photoLimits: FetchLimits = Object.freeze({ timeout: 10_000, size: 262_144 })

// Pictures that browsers show and run nothing of: no SVG.
const pictures: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** What Graph says: a photo, that there is none, or that it does not take the token any more. */
export type PhotoAnswer = { readonly photo: Photo | null } | 'token_refused'

/**
 * Asks Microsoft Graph for the photo of the person whose access token it is
 * ('Get profilePhoto'): `me` is whoever the token was given for, so that no
 * claim and no parameter names anybody (abuse case T40).
 *
 * @param graph - Where Graph is, no slash at the end.
 * @throws provider_unavailable, provider_timeout; provider_error for what is too large or no picture.
 */
export async function fetchPhoto (
  graph: string, accessToken: string, environment: Pick<Environment, 'fetch'>, limits: FetchLimits = photoLimits
): Promise<PhotoAnswer> {
  const { status, headers, body } = await fetchBounded('photo', `${graph}/v1.0/me/photos/96x96/$value`, environment, {
    headers: { authorization: `Bearer ${accessToken}`, accept: [...pictures].join(', ') },
    statuses: [200, 401, 404],
    limits
  })
  if (status === 401) return 'token_refused'
  if (status === 404 || body.length === 0) return { photo: null }
  const contentType = /^[^; ]*/.exec(headers.get('content-type') ?? '')![0].toLowerCase()
  if (!pictures.has(contentType)) throw refuse('provider_error', 'photo_content_type')
  return { photo: Object.freeze({ contentType, body, etag: etagOf(body) }) }
}

function etagOf (body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

import type { FastifyRequest } from 'fastify'
import type { Environment } from '../../src/core/environment.ts'
import { refuse } from '../../src/core/errors.ts'
import { personalTenant } from '../../src/core/personal-tenant.ts'
import { fetchPhoto, type Photo } from '../../src/graph/photo.ts'
import { createPhotoCache } from '../../src/graph/photo-cache.ts'
import { photoScope } from '../../src/tokens/options.ts'
import type { TokenOwner } from '../../src/tokens/types.ts'
import type { Access } from './access.ts'

/** Photos of whoever is signed in. */
export interface Photos {
  readonly of: (request: FastifyRequest) => Promise<Photo | null>
  readonly forget: (identity: TokenOwner) => void
}

/** @param graph - Where Microsoft Graph is; `null` where the cloud has none that is known, so that there are no photos. */
export function createPhotos (access: Access, graph: string | null, environment: Environment): Photos {
  const cache = createPhotoCache(environment)
  return {
    of: async (request) => {
      const { identity } = access.userOf(request)
      // Graph has no photos of personal accounts ('Get profilePhoto': not supported).
      if (graph === null || identity.tid === personalTenant) return null
      const known = cache.find(keyOf(identity))
      if (known !== undefined) return known
      const token = await access.ofRequest(request, [photoScope], {})
      return await cache.fetch(keyOf(identity), async () => await fetchWith(graph, token, request))
    },
    forget: (identity) => cache.forget(keyOf(identity))
  }

  /** A token that was revoked is refused before it ends: then another one is asked for, once. */
  async function fetchWith (graph: string, token: string, request: FastifyRequest): Promise<Photo | null> {
    const answer = await fetchPhoto(graph, token, environment)
    if (answer !== 'token_refused') return answer.photo
    const another = await fetchPhoto(graph, await access.ofRequest(request, [photoScope], { forceRefresh: true }), environment)
    if (another === 'token_refused') throw refuse('provider_error', 'photo_token_refused')
    return another.photo
  }
}

function keyOf ({ tid, oid }: TokenOwner): string {
  return `${tid} ${oid}`
}

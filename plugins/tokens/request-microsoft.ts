import type { FastifyRequest } from 'fastify'
import type { Access } from './access.ts'
import type { Photos } from './photos.ts'
import type { AccessTokenOptions, RequestMicrosoft } from './types.ts'

/** What `request.microsoft` is: made when it is first read, the same for the whole request. */
export function createRequestMicrosoft (access: Access, photos: Photos): (request: FastifyRequest) => RequestMicrosoft {
  const made = new WeakMap<FastifyRequest, RequestMicrosoft>()
  return (request) => {
    const known = made.get(request)
    if (known !== undefined) return known
    const microsoft: RequestMicrosoft = Object.freeze({
      accessToken: async (scopes: readonly string[], options: AccessTokenOptions = {}) => await access.ofRequest(request, scopes, options),
      photo: async () => await photos.of(request)
    })
    made.set(request, microsoft)
    return microsoft
  }
}

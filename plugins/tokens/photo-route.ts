import type { FastifyReply, FastifyRequest } from 'fastify'
import { isInteractionRequired } from '../../src/tokens/interaction-required.ts'
import { sendRefusal } from '../send-refusal.ts'
import type { RequestMicrosoft } from './types.ts'

/**
 * Shows the photo of whoever is signed in. One address for everybody, so a
 * browser may keep it but has to ask each time: else the next person at the
 * same browser would see it.
 */
export function showPhoto (microsoftOf: (request: FastifyRequest) => RequestMicrosoft) {
  return async function showPhotoHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    let photo
    try {
      photo = await microsoftOf(request).photo()
    } catch (error) {
      // Nothing was refused that somebody would have to look into: the page shows no picture.
      if (isInteractionRequired(error)) return sendRefusal(error, reply)
      throw error
    }
    if (photo === null) return reply.code(404).send()
    reply.headers({
      'cache-control': 'private, no-cache',
      vary: 'cookie',
      etag: photo.etag,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin'
    })
    if (isKnown(request.headers['if-none-match'], photo.etag)) return reply.code(304).send()
    return reply.type(photo.contentType).send(photo.body)
  }
}

/** RFC 9110 section 13.1.2, the weak comparison. */
function isKnown (header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').map((one) => one.trim().replace(/^W\//, '')).some((one) => one === etag || one === '*')
}

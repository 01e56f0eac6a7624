import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, isEntraError, refuse } from '../../src/core/errors.ts'
import { wantsPage } from '../../src/core/request-origin.ts'
import { requireOwnRequest } from '../own-posts.ts'
import { logRefusal } from '../own-routes.ts'
import { signInOf } from '../sign-in.ts'
import { csrfSubjectOf } from './cookie.ts'
import type { CodeParts } from './parts.ts'

/** The refusals that leave the sign-in waiting, or say that it no longer does. */
export const codeRefusals: readonly ErrorCode[] = ['otp_invalid', 'otp_expired', 'otp_locked', 'otp_unavailable', 'too_many_requests']

/**
 * The challenge of the browser that posts a form of ours.
 *
 * @throws cross_site_request; otp_expired where it has none.
 */
export function requireOwnChallenge (request: FastifyRequest, { cookie, csrf }: CodeParts): string {
  const id = cookie.idOf(request)
  requireOwnRequest(request, (token) => id !== null && csrf.isTokenOf(csrfSubjectOf(id), token))
  if (id === null) throw refuse('otp_expired', 'no_challenge')
  return id
}

/**
 * Does what a form asked for. Where it is refused, a browser goes back to the
 * page, which says why and what is left; other clients get the refusal itself.
 *
 * @returns `null` where the browser was sent back.
 */
export async function orBackToPage<Result> (
  request: FastifyRequest, reply: FastifyReply, codePageUrl: string, work: () => Promise<Result>
): Promise<Result | null> {
  try {
    return await work()
  } catch (error) {
    if (!isEntraError(error) || !wantsPage(request.headers) || !codeRefusals.includes(error.code as ErrorCode)) throw error
    logRefusal(error, request)
    const page = new URL(codePageUrl, signInOf(request.server).config.origin)
    page.searchParams.set('error', error.code)
    reply.redirect(codePageUrl.startsWith('/') ? page.pathname + page.search + page.hash : page.href, 303)
    return null
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { wantsPage } from '../../src/core/request-origin.ts'
import type { SessionRecord } from '../../src/session/types.ts'
import { fieldOf } from '../own-posts.ts'
import { signInOf } from '../sign-in.ts'

/**
 * Whether a request that signs out asks for Microsoft as well: its field `at`,
 * `microsoft` or `here`, or else the option.
 *
 * @throws invalid_request where the field says something else, or what nothing here can do: before anything has ended.
 */
export function goesToMicrosoft (request: FastifyRequest): boolean {
  const { microsoftSignOut } = signInOf(request.server)
  const at = fieldOf(request, 'at')
  if (at === undefined) return microsoftSignOut?.byDefault === true
  if (at === 'here') return false
  if (at !== 'microsoft' || microsoftSignOut === null) throw refuse('invalid_request', 'malformed_at')
  return true
}

/** Answers whoever has signed out: a browser goes on, to Microsoft where that was asked for; a program is told where its browser should go. */
export async function sendOut (
  request: FastifyRequest, reply: FastifyReply, record: SessionRecord | null, toMicrosoft: boolean
): Promise<FastifyReply> {
  const { microsoftSignOut, signedOutUrl } = signInOf(request.server)
  const isPage = wantsPage(request.headers)
  if (!toMicrosoft) return isPage ? reply.redirect(signedOutUrl, 303) : reply.code(204).send()
  const url = await microsoftSignOut!.urlFor(record)
  return isPage ? reply.redirect(url, 303) : reply.code(200).send({ url })
}

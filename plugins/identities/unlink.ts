import type { FastifyReply, FastifyRequest } from 'fastify'
import { wantsPage } from '../../src/core/request-origin.ts'
import { fieldOf } from '../own-posts.ts'
import { signInOf } from '../sign-in.ts'
import { requireOwner } from './signed-in.ts'

/** The unlink route. The session that asks goes on; all others of the user end (abuse case L17). */
export async function unlink (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { accounts, landingUrl } = signInOf(request.server)
  const user = requireOwner(request)
  // Whatever was sent: `accounts` reads it.
  const identity = { tid: fieldOf(request, 'tid') as string, oid: fieldOf(request, 'oid') as string }
  await accounts!.unlink(user.id, identity, { keepSessionOf: request })
  return wantsPage(request.headers) ? reply.redirect(landingUrl, 303) : reply.code(204).send()
}

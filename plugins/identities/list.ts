import type { FastifyRequest } from 'fastify'
import { type IdentitySummary, summaryOf } from '../../src/linking/identity-summary.ts'
import { signInOf } from '../sign-in.ts'
import { requireSignedIn } from './signed-in.ts'

/** The route that lists one's own identities, oldest first. */
export async function listIdentities (request: FastifyRequest): Promise<IdentitySummary[]> {
  const user = requireSignedIn(request)
  const identities = await signInOf(request.server).accounts!.identities(user.id)
  return identities.map((identity) => summaryOf(identity, user.identity))
}

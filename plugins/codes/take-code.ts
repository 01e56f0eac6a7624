import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WaitingSignIn } from '../../src/challenges/types.ts'
import { refuse } from '../../src/core/errors.ts'
import { requireSecureTransport } from '../cookies.ts'
import { enter } from '../finish-sign-in.ts'
import { fieldOf } from '../own-posts.ts'
import { signInOf } from '../sign-in.ts'
import type { VerifiedSignIn } from '../sign-in-result.ts'
import { orBackToPage, requireOwnChallenge } from './own-challenge.ts'
import type { CodeParts } from './parts.ts'

/**
 * Takes the code. The right one ends the challenge, and the sign-in that
 * waited goes on with its address proven: what follows is decided anew, by
 * what the store knows now. Where it is refused after that, the person starts again.
 */
export function takeCode (parts: CodeParts) {
  return async function takeCodeHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    requireSecureTransport(request, signInOf(request.server).config)
    const signIn = await orBackToPage(request, reply, parts.codePageUrl, async () => {
      const id = requireOwnChallenge(request, parts)
      return await parts.challenges.redeem(id, fieldOf(request, 'code'), String(request.id))
    })
    if (signIn === null) return reply
    parts.cookie.clear(reply)
    return await enter(request, reply, await proven(request, signIn), signIn.verifiedAt)
  }
}

/** The address that was mailed to is lifted, and nothing else: no field of the form has a say in it (abuse case L38). */
async function proven (request: FastifyRequest, { authorization, token }: WaitingSignIn): Promise<VerifiedSignIn> {
  const { config, proveMailbox, mayStay } = signInOf(request.server)
  // Another server on the same database may ask somebody else who people are.
  if (token.identity.authority !== config.authority.base) throw refuse('invalid_state', 'other_authority')
  if (!await mayStay!(token.identity)) throw refuse('tenant_not_allowed', 'tenant_left_out_meanwhile')
  return { authorization, token: proveMailbox!(request, token) }
}

import type { FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import type { Linking } from '../../src/linking/link.ts'
import type { Linker, LinkedUser } from '../../src/linking/types.ts'
import type { LinkIntent } from '../../src/provider/types.ts'
import { noteUndone } from '../reports.ts'
import type { SignIn } from '../sign-in.ts'

/**
 * Who links (row A1). What the request brought was accepted a while ago: the token request and the keys came in
 * between. So the session store itself is asked right before the transaction.
 */
export async function linkerOf (request: FastifyRequest, { userId, session }: LinkIntent, signIn: SignIn): Promise<Linker> {
  const isSame = signIn.sessionOf?.(request) === session
  return { userId, isSameSession: isSame && await signIn.sessionIsAlive!(request) }
}

/**
 * Row A5: asks once more, after the commit. Either who ends the session comes later, and ends it with the identity
 * linked, or it is over here, and nothing stays of the link: not the identity, and no session that began by it.
 *
 * @throws session_mismatch; store_unavailable. Nothing is linked then, unless the store failed to undo it.
 */
export async function confirmLink (request: FastifyRequest, linked: LinkedUser, undo: Linking['undo'], signIn: SignIn): Promise<void> {
  if (linked.row !== 'A5') return
  const failure = await failureOf(request, signIn)
  if (failure === null) return
  await undo(linked)
  noteUndone(request)
  await signIn.endSessionsBy!({ id: linked.user.id, identity: linked.identity })
  throw failure
}

/** Where the store does not answer, the session counts for nothing. */
async function failureOf (request: FastifyRequest, { sessionIsAlive }: SignIn): Promise<unknown> {
  try {
    return await sessionIsAlive!(request) ? null : refuse('session_mismatch', { reason: 'session_ended_meanwhile', row: 'A1' })
  } catch (error) {
    return error
  }
}

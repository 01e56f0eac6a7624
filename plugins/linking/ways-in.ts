import type { FastifyBaseLogger } from 'fastify'
import type { EntraError } from '../../src/core/errors.ts'
import type { IdentityKey } from '../../src/linking/account-input.ts'
import type { SignIn } from '../sign-in.ts'

/**
 * Whether a user can come in by an identity. Where that cannot be said, no: a last way in that is gone cannot be had back.
 */
export function waysIn (signIn: Pick<SignIn, 'mayStay'>, log: FastifyBaseLogger) {
  return async (identity: IdentityKey): Promise<boolean> => {
    try {
      return await signIn.mayStay!(identity)
    } catch (error) {
      // A refusal: what the application's own function threw is not passed on.
      log.error({ reason: (error as EntraError).detail.reason }, 'whether a tenant may sign in is not known, so its identities count as no way in')
      return false
    }
  }
}

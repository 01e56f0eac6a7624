import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LinkedUser } from '../src/linking/types.ts'
import type { Authorization, TokenSet } from '../src/provider/types.ts'
import type { VerifiedToken } from '../src/verification/types.ts'

// Apart from the sign-in itself, which holds the database: an application that names these types needs none of its.

/** What the first two steps give. Verification that is left out leaves `null`. */
export interface VerifiedSignIn {
  readonly authorization: Authorization
  readonly token: VerifiedToken | null
}

/** Microsoft's tokens, as an application is given them. */
export interface ReturnedTokens extends TokenSet {
  /** When the access token ends, in milliseconds since 1970; `null` where Microsoft did not say. */
  readonly expiresAt: number | null
}

/** What a finished sign-in has to show. The steps that are left out leave `null`. */
export interface SignInResult extends Omit<VerifiedSignIn, 'authorization'> {
  /** The attempt that has ended, without code and tokens. */
  readonly authorization: Pick<Authorization, 'attempt' | 'issuer'>
  /** Microsoft's tokens: with option `returnTokens`, and where no verification plugin has looked at them; else `null`. */
  readonly tokens: ReturnedTokens | null
  readonly linked: LinkedUser | null
  /** Where the browser goes next: checked again, so that it may be used as it is. */
  readonly returnTo: string
}

/**
 * An application's own end of a sign-in. Whoever sends nothing leaves the
 * redirect to `returnTo` to us. The session has begun by then: who throws takes
 * it back, who merely answers does not.
 */
export type OnSignIn = (request: FastifyRequest, reply: FastifyReply, result: SignInResult) => unknown

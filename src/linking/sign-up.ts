import { isErrorCode } from '../core/errors.ts'
import type { Identity, Profile, ScoredEmail, VerifiedEmail } from '../verification/types.ts'
import type { Decision } from './decide.ts'
import type { LinkingRequest } from './types.ts'

/** Somebody who would become a new user: what Microsoft says about them. */
export interface SignUpCandidate {
  readonly identity: Identity
  readonly profile: Profile
  readonly email: ScoredEmail
  /** The address where it is verified, by Microsoft or by a one-time code; else `null`. */
  readonly verifiedEmail: VerifiedEmail | null
}

/**
 * An application's own word on a sign-up: a code that option `signUpRefusals` declares refuses it, nothing lets it go
 * on. Asked outside of any transaction, perhaps more than once for one person, and before anything is written.
 */
export type BeforeSignUp = (candidate: SignUpCandidate) => string | null | undefined | void | Promise<string | null | undefined | void>

type SignUp = Extract<Decision, { action: 'create' }>

/** The candidate of a request: plain and frozen. */
export function candidateOf ({ identity, profile, email, verifiedEmail }: LinkingRequest): SignUpCandidate {
  return Object.freeze({ identity, profile, email, verifiedEmail })
}

/** Whether what was decided now is the sign-up that was let in before. */
export function isSameSignUp (decision: SignUp, before: SignUp | null): boolean {
  return decision.row === before?.row && decision.address === before.address
}

/** Whether `value` can be codes of an application's own, each with its text. */
export function areOwnCodes (value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([code, text]) =>
    /^[a-z][a-z0-9_]{0,63}$/.test(code) && !isErrorCode(code) && typeof text === 'string' && text.trim() !== '' && text.length <= 500)
}

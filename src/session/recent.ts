import { elapsed, type Environment } from '../core/environment.ts'
import { is, type OptionRules } from '../core/options.ts'

/** How old a sign-in may be for what needs a recent one, in milliseconds: ten minutes. */
export const recent = 600_000

/** Options of the hook for routes that need a recent sign-in. */
export interface RequireUserOptions {
  /** How old the sign-in at Microsoft may be, in milliseconds. */
  maxAge: number
}

/** The rules behind {@link RequireUserOptions}. Without `maxAge` there is nothing to ask for: an `undefined` by mistake must not open a route. */
export const requireUserRules: OptionRules<RequireUserOptions> = {
  maxAge: {
    required: true,
    check: is.integer(1, Number.MAX_SAFE_INTEGER),
    expected: 'milliseconds, an integer from 1',
    remedy: 'Ten minutes are 600000. Without "maxAge" the hook is given as it is, not called: { onRequest: app.requireUser }.',
    about: 'How old the sign-in at Microsoft may be, in milliseconds.'
  }
}

/**
 * Whether somebody signed in a short while ago.
 *
 * @param authenticatedAt - Milliseconds since 1970. One that lies ahead, since a clock was set back, is as old as it is far.
 * @param maxAge - In milliseconds; what is no number makes nobody recent.
 */
export function isRecent (authenticatedAt: number, maxAge: number, environment: Pick<Environment, 'now'>): boolean {
  return elapsed(environment, authenticatedAt) <= maxAge
}

import { publicCloud } from '../core/authority.ts'

/** Where Microsoft's public cloud sends personal accounts on to. */
const personalAccounts = 'https://login.live.com'

/**
 * The origins that a form may lead to which starts a sign-in: browsers apply a
 * policy's `form-action` to the redirects that follow as well.
 *
 * @param base - Of the authority.
 */
export function signInOrigins (base: string): string[] {
  return base === publicCloud ? [publicCloud, personalAccounts] : [new URL(base).origin]
}

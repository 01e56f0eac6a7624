import { isEntraError } from '../../src/core/errors.ts'
import { scopesOf, scopesOfOneApi } from '../../src/provider/scopes.ts'
import { saysGone } from '../../src/session/gone.ts'
import type { ConfirmAccount } from '../../src/session/revalidation.ts'
import type { TokenKeeper } from '../../src/tokens/token-keeper.ts'
import type { SignIn } from '../sign-in.ts'

/**
 * Asks Microsoft about an account with the refresh token that is kept for it:
 * one that it still takes is that of somebody who may still sign in. Where it
 * wants the person (a consent, a second factor), their browser has to ask.
 */
export function confirmAccount (signIn: Pick<SignIn, 'config' | 'wantsRefreshTokens'>, keeper: Pick<TokenKeeper, 'accessToken'>): ConfirmAccount {
  return async ({ id, identity }) => {
    const all = scopesOf(signIn, {})
    try {
      const outcome = await keeper.accessToken({ owner: identity, userId: id, scopes: scopesOfOneApi(all) ?? all, forceRefresh: true })
      if ('token' in outcome) return 'confirmed'
      return saysGone(outcome.needed.aadsts) ? 'gone' : 'cannot_ask'
    } catch (error) {
      return isEntraError(error) && error.code === 'account_disabled' ? 'gone' : 'unknown'
    }
  }
}

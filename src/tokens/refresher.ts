import { type Environment, randomToken } from '../core/environment.ts'
import { isEntraError, refuse } from '../core/errors.ts'
import type { Seal } from '../core/seal.ts'
import type { RefreshedTokens } from '../provider/types.ts'
import { afterRefresh, missingScopes } from './kept-tokens.ts'
import { refreshFailureOf } from './refresh-failure.ts'
import { isOfSameAccount } from './same-account.ts'
import { sealTokens } from './sealed-tokens.ts'
import type { KeptTokens, TokenRow, TokenStore } from './types.ts'

/** How long whoever refreshes is believed to be alive, in milliseconds: longer than the token request may take. */
export const leaseTime = 20_000

/** What refreshing works with. */
export interface RefresherParts {
  readonly store: TokenStore
  readonly seal: Seal
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Asks Microsoft's token endpoint. */
  readonly refresh: (refreshToken: string, scopes: readonly string[]) => Promise<RefreshedTokens>
}

/** A row with what is in it. */
export interface OpenRow {
  readonly row: TokenRow
  readonly tokens: KeptTokens
}

/** What is asked for. */
export interface Wanted {
  /** As they were given, for Microsoft. */
  readonly scopes: readonly string[]
  /** In the compared spelling. */
  readonly normal: readonly string[]
}

/**
 * Refreshes the tokens of a row, if nobody else does just now.
 *
 * @returns the access token; `null` where another one was first, at whatever server: then the row is to be read again.
 * @throws what Microsoft's refusal means; the row is removed where its refresh token is good no more.
 */
export type Refresher = (open: OpenRow, wanted: Wanted) => Promise<string | null>

/** Whether somebody refreshes a row now. Who claims to do so for longer than anybody may has another clock, or the clock was set back. */
export function isLeased ({ lease, leaseUntil }: Pick<TokenRow, 'lease' | 'leaseUntil'>, now: number): boolean {
  return lease !== null && leaseUntil > now && leaseUntil <= now + leaseTime
}

/** Makes a {@link Refresher}. */
export function createRefresher ({ store, seal, environment, refresh }: RefresherParts): Refresher {
  return async (open, wanted) => {
    const { row } = open
    const now = environment.now()
    const id = randomToken(environment, 12)
    if (!await store.lease(row, row.version, { id, now, until: now + leaseTime })) return null
    try {
      return await refreshLeased(open, wanted, id)
    } catch (error) {
      await settle(row, id, error)
      throw error
    }
  }

  async function refreshLeased ({ row, tokens }: OpenRow, { scopes, normal }: Wanted, id: string): Promise<string | null> {
    // The answer comes with the next refresh token only where offline_access is asked for again.
    const given = await refresh(tokens.refreshToken!, [...scopes, 'offline_access'])
    if (!isOfSameAccount(given.idToken, row)) throw refuse('invalid_token', 'refreshed_another_account')
    const obtainedAt = environment.now()
    const missing = missingScopes(given, normal)
    // Kept all the same: a token for less, and above all the next refresh token.
    const kept = afterRefresh(tokens, given, normal.filter((scope) => !missing.includes(scope)), obtainedAt)
    const sealed = await sealTokens(seal, row, row.userId, kept)
    const isWritten = await store.update(row, id, { userId: row.userId, sealed, savedAt: obtainedAt })
    // The identity was unlinked meanwhile, or a sign-in brought other tokens: what is there now counts.
    if (!isWritten) return null
    if (missing.length > 0) throw refuse('access_denied', 'scopes_not_granted')
    return given.accessToken
  }

  /** A row is removed only in the version that was tried: a sign-in may have brought better tokens meanwhile. */
  async function settle (row: TokenRow, id: string, error: unknown): Promise<void> {
    const failure = isEntraError(error) ? refreshFailureOf(error) : { kind: 'outage' }
    const isDead = failure.kind === 'disabled' || ('isRefreshTokenDead' in failure && failure.isRefreshTokenDead)
    // Where neither can be done, the lease runs out by itself, and the next one finds out again.
    await (isDead ? store.restore(row, row.version, null) : store.release(row, id)).catch(() => {})
  }
}

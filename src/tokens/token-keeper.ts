import { setTimeout as sleep } from 'node:timers/promises'
import { isEntraError, refuse } from '../core/errors.ts'
import { normalScope } from '../core/scopes.ts'
import { createBackOff } from './back-off.ts'
import { afterSignIn, findAccessToken, refreshAhead, type SignInTokens } from './kept-tokens.ts'
import { type AccessTokenOutcome, nothingKept, outcomeOf } from './outcome.ts'
import { createRefresher, isLeased, leaseTime, type OpenRow, type RefresherParts, type Wanted } from './refresher.ts'
import { openTokens, sealTokens } from './sealed-tokens.ts'
import type { KeptTokensSummary, TokenOwner } from './types.ts'

/** For whom a token is, and which. */
export interface AccessTokenRequest {
  readonly owner: TokenOwner
  /** Whose the tokens must be; left out where nobody's request asks. */
  readonly userId?: string
  /** All of one API. */
  readonly scopes: readonly string[]
  /** Whether a kept access token will not do, since the API has refused it. Default: `false`. */
  readonly forceRefresh?: boolean
}

/** Keeps Microsoft's tokens, and gives fresh ones. Every call may reject with `store_unavailable`. */
export interface TokenKeeper {
  /**
   * Keeps the tokens of a sign-in.
   *
   * @returns what takes that back, and puts back what was there before.
   */
  keep: (owner: TokenOwner, userId: string, given: SignInTokens) => Promise<() => Promise<void>>
  /**
   * A fresh access token: the kept one, while it has more than five minutes left, else by refresh. There is one refresh
   * at a time for each identity, at whatever server.
   *
   * @throws account_disabled, provider_unavailable, provider_timeout, provider_error; invalid_token where what Microsoft
   * gave is another account's.
   */
  accessToken: (request: AccessTokenRequest) => Promise<AccessTokenOutcome>
  /** Removes the tokens of an identity. */
  forget: (owner: TokenOwner) => Promise<void>
  /** Removes the tokens of a user, or of one identity of the user's. */
  forgetOf: (userId: string, owner?: TokenOwner) => Promise<void>
  /** Of which identities of a user tokens are kept. */
  listOf: (userId: string) => Promise<readonly KeptTokensSummary[]>
}

/** What the keeper works with. */
export interface TokenKeeperParts extends RefresherParts {
  /** Waits for so many milliseconds, while another server refreshes. Default: a timer. */
  readonly pause?: (milliseconds: number) => Promise<unknown>
}

const pauseBetweenLooks = 100
/** Whoever refreshes elsewhere is done by then, or its lease has run out and somebody took over. */
const looksAtMost = 2 * leaseTime / pauseBetweenLooks

/** Makes a {@link TokenKeeper}. */
export function createTokenKeeper (parts: TokenKeeperParts): TokenKeeper {
  const { store, seal, environment, pause = sleep } = parts
  const refresh = createRefresher(parts)
  const backOff = createBackOff(environment)
  // Who refreshes in this process: those who want the same share it, others wait their turn.
  const running = new Map<string, { readonly wanted: string, readonly outcome: Promise<AccessTokenOutcome> }>()

  return {
    keep: async (owner, userId, given) => {
      const before = await store.find(owner)
      // What another user had of the identity is not this one's.
      const known = before === null || before.userId !== userId ? null : await openTokens(seal, before)
      const sealed = await sealTokens(seal, owner, userId, afterSignIn(known, given))
      const version = await store.put(owner, { userId, sealed, savedAt: given.obtainedAt }, newVersion())
      return async () => await store.restore(owner, version, before)
    },

    accessToken: async (request) => await accessToken(request, { scopes: request.scopes, normal: request.scopes.map(normalScope) }),

    forget: store.remove,
    forgetOf: store.removeOf,
    listOf: store.listOf
  }

  /** A number that nobody has had before. */
  function newVersion (): number {
    return environment.randomBytes(6).readUIntBE(0, 6)
  }

  async function accessToken (request: AccessTokenRequest, wanted: Wanted): Promise<AccessTokenOutcome> {
    const open = await read(request)
    if (open === null) return nothingKept
    const token = request.forceRefresh === true ? null : findAccessToken(open.tokens, wanted.normal, environment.now(), refreshAhead)
    if (token !== null) return { token: token.value }
    return await orStillGood(open, wanted, request, async () => await refreshInTurn(request, wanted, open))
  }

  /** The tokens of an identity as they are now; `null` where there are none that are ours to open, or they are another user's. */
  async function read ({ owner, userId }: AccessTokenRequest): Promise<OpenRow | null> {
    const row = await store.find(owner)
    if (row === null || (userId !== undefined && row.userId !== userId)) return null
    const tokens = await openTokens(seal, row)
    return tokens === null ? null : { row, tokens }
  }

  /** While Microsoft is down a token that has not ended is as good as a fresh one. */
  async function orStillGood (
    { tokens }: OpenRow, { normal }: Wanted, { forceRefresh }: AccessTokenRequest, work: () => Promise<AccessTokenOutcome>
  ): Promise<AccessTokenOutcome> {
    try {
      return await work()
    } catch (error) {
      const isOutage = isEntraError(error) && error.code.startsWith('provider_')
      const token = isOutage && forceRefresh !== true ? findAccessToken(tokens, normal, environment.now(), 0) : null
      if (token === null) throw error
      return { token: token.value }
    }
  }

  async function refreshInTurn (request: AccessTokenRequest, wanted: Wanted, first: OpenRow): Promise<AccessTokenOutcome> {
    const key = `${request.owner.tid} ${request.owner.oid}`
    const other = running.get(key)
    const name = JSON.stringify([request.userId, ...wanted.normal.toSorted()])
    if (other?.wanted === name) return await other.outcome
    if (other !== undefined) {
      // Its failure is its own.
      await other.outcome.catch(() => {})
      return await accessToken(request, wanted)
    }
    const outcome = refreshAlone(key, request, wanted, first).finally(() => running.delete(key))
    running.set(key, { wanted: name, outcome })
    return await outcome
  }

  async function refreshAlone (key: string, request: AccessTokenRequest, wanted: Wanted, first: OpenRow): Promise<AccessTokenOutcome> {
    const failure = backOff.failureOf(key)
    if (failure !== null) throw failure
    try {
      return await refreshOrFollow(request, wanted, first)
    } catch (error) {
      backOff.note(key, error)
      return outcomeOf(error, first.tokens)
    }
  }

  /** Refreshes; where another server is at it, waits for what it comes to. */
  async function refreshOrFollow (request: AccessTokenRequest, wanted: Wanted, first: OpenRow): Promise<AccessTokenOutcome> {
    let open: OpenRow | null = first
    for (let looks = 0; looks < looksAtMost; looks++) {
      if (open === null) return nothingKept
      const now = environment.now()
      // What was written since the first look is new: good also for who would not have the old one.
      const spare = open.row.version === first.row.version ? Infinity : refreshAhead
      const found = findAccessToken(open.tokens, wanted.normal, now, spare)
      if (found !== null) return { token: found.value }
      if (open.tokens.refreshToken === null) return { needed: { reason: 'no_refresh_token' }, loginHint: open.tokens.loginHint }
      const token = isLeased(open.row, now) ? null : await refresh(open, wanted)
      if (token !== null) return { token }
      await pause(looks === 0 ? 1 : pauseBetweenLooks)
      open = await read(request)
    }
    throw refuse('provider_timeout', 'refresh_elsewhere')
  }
}

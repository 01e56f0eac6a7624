import type { Identity } from '../verification/types.ts'

/** An identity at Microsoft by its key: lower-case GUIDs. */
export type TokenOwner = Pick<Identity, 'tid' | 'oid'>

/** An access token that is kept. Times are milliseconds since 1970. */
export interface KeptAccessToken {
  readonly value: string
  /** What it is for, in the spelling by which scopes are compared. */
  readonly scopes: readonly string[]
  readonly obtainedAt: number
  readonly expiresAt: number
}

/** Microsoft's tokens of one identity, as they are sealed. */
export interface KeptTokens {
  /** `null` where Microsoft gave none: then the access tokens are all there is. */
  readonly refreshToken: string | null
  /** Newest first; side by side for different APIs, a few at most. */
  readonly accessTokens: readonly KeptAccessToken[]
  /** What Microsoft knows the person by (claim `login_hint`), for when they have to come again. */
  readonly loginHint: string | null
}

/** Sealed tokens to be written. */
export interface SealedTokens {
  readonly userId: string
  readonly sealed: string
  /** Milliseconds since 1970. */
  readonly savedAt: number
}

/** A row of tokens as the store has it: nothing in it is worth anything without the secrets. */
export interface TokenRow extends TokenOwner, SealedTokens {
  /** Changes with each write of `sealed`: who writes names the one that was read. */
  readonly version: number
  /** Whoever refreshes them now; `null` for nobody. */
  readonly lease: string | null
  /** When that one is thought to have died. */
  readonly leaseUntil: number
}

/** That tokens are kept, and since when (milliseconds since 1970). */
export interface KeptTokensSummary extends TokenOwner {
  readonly savedAt: number
}

/** A claim to be the one who refreshes. */
export interface Lease {
  readonly id: string
  /** Now, and when the claim runs out, in milliseconds since 1970. */
  readonly now: number
  readonly until: number
}

/**
 * Where tokens are kept. Each call is one statement, so that whatever many
 * servers do at once, one of them is first.
 */
export interface TokenStore {
  find: (owner: TokenOwner) => Promise<TokenRow | null>
  /**
   * Writes the tokens of a sign-in, in place of what was there, and ends any lease.
   *
   * @param firstVersion - The version of a row that was not there. One that nobody can guess: else a
   * refresh that began with a row that has gone meanwhile would take the new one for the old.
   * @returns the version.
   */
  put: (owner: TokenOwner, tokens: SealedTokens, firstVersion: number) => Promise<number>
  /** Takes the lease of a version, where nobody has it. Says whether this call did: of any number at once, one does. */
  lease: (owner: TokenOwner, version: number, lease: Lease) => Promise<boolean>
  /** Gives a lease back. */
  release: (owner: TokenOwner, leaseId: string) => Promise<void>
  /** Writes refreshed tokens, where the lease still holds, and ends it. Never brings back a row that has gone. Says whether it did. */
  update: (owner: TokenOwner, leaseId: string, tokens: SealedTokens) => Promise<boolean>
  /** Puts an earlier row back, without its lease, or removes the row where there was none, if its version is still this one. */
  restore: (owner: TokenOwner, version: number, before: TokenRow | null) => Promise<void>
  /** Removes the tokens of an identity, whosever they are. */
  remove: (owner: TokenOwner) => Promise<void>
  /** Removes the tokens of a user, or of one identity of the user's. */
  removeOf: (userId: string, owner?: TokenOwner) => Promise<void>
  /** Of which identities of a user tokens are kept. */
  listOf: (userId: string) => Promise<KeptTokensSummary[]>
}

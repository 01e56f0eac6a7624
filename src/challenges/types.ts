import type { Authorization } from '../provider/types.ts'
import type { VerifiedToken } from '../verification/types.ts'

/** A sign-in that waits for the code: what the first two steps gave. */
export interface WaitingSignIn {
  readonly authorization: Authorization
  readonly token: VerifiedToken
  /** When the token was verified, in milliseconds since 1970: entering a code is no sign-in at Microsoft. */
  readonly verifiedAt: number
}

/** A challenge as the store keeps it: nothing in it is worth anything without the secrets. Times are milliseconds since 1970. */
export interface Challenge {
  /** Hash of the id that the browser has. */
  readonly key: string
  /** Keyed hash of the canonical address. */
  readonly addressHash: string
  /** Keyed hash of the code. */
  readonly codeHash: string
  /** Tries so far, over all codes of the challenge. */
  readonly tries: number
  /** The sign-in that waits, sealed. */
  readonly pending: string
  readonly createdAt: number
  /** When the code ends. */
  readonly expiresAt: number
}

/** What a person is shown while the code is on its way. */
export interface ChallengeView {
  /** The canonical address that the code was mailed to. */
  readonly address: string
  /** When the code ends, in milliseconds since 1970. */
  readonly expiresAt: number
  /** Whether the code has ended. */
  readonly isExpired: boolean
  readonly triesLeft: number
  /** Whether another code may still be asked for. */
  readonly mayResend: boolean
  /** Where the sign-in will end, as it was asked for. */
  readonly returnTo: string
}

/**
 * Where challenges are kept. Each call is one statement, so that whatever
 * many servers do at once, one of them is first.
 */
export interface ChallengeStore {
  insert: (challenge: Challenge) => Promise<void>
  find: (key: string) => Promise<Challenge | null>
  /** Counts a try where there were fewer than `most`, and gives the challenge with it; `null` where there is none, or none is left. */
  countTry: (key: string, most: number) => Promise<Challenge | null>
  /** Puts another code in place of the one that was. Says whether the challenge was there. */
  replaceCode: (key: string, codeHash: string, expiresAt: number) => Promise<boolean>
  /** Removes a challenge where its code is still this one. Says whether this call did: of any number at once, one does. */
  take: (key: string, codeHash: string) => Promise<boolean>
  remove: (key: string) => Promise<void>
  /** Removes all challenges of an address. Says how many there were. */
  removeOf: (addressHashes: readonly string[]) => Promise<number>

  /** When each of these slots was taken last; those that were not are left out. */
  slots: (ids: readonly string[]) => Promise<Array<{ readonly id: string, readonly at: number }>>
  /** Takes a slot, unless it was taken after `from` and before `to`. Says whether this call did. */
  takeSlot: (id: string, at: number, from: number, to: number) => Promise<boolean>
  /** Frees a slot where it is still this taking. */
  freeSlot: (id: string, at: number) => Promise<void>

  /** Removes at most `limit` slots that were taken before this time. */
  sweepSlots: (takenBefore: number, limit: number) => Promise<void>
  /** Removes at most `limit` challenges that expired before this time. */
  sweepChallenges: (expiredBefore: number, limit: number) => Promise<void>
}

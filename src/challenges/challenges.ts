import { type Environment, randomToken } from '../core/environment.ts'
import { isEntraError, refuse } from '../core/errors.ts'
import type { ReportEvent } from '../core/events.ts'
import type { Seal } from '../core/seal.ts'
import { challengeKeyOf, type KeyedHash, newCode } from './code.ts'
import { createLimit } from './limit.ts'
import type { TenantLimit } from './tenant-limit.ts'
import type { Challenge, ChallengeStore, ChallengeView, WaitingSignIn } from './types.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** How long a code is valid, in milliseconds. */
export const codeLifetime: number = 10 * minute
/** How long after its beginning a challenge gives new codes, in milliseconds: with the last one it ends after half an hour. */
const resendableFor = 20 * minute
/** How long a challenge may live, in milliseconds. */
export const challengeLifetime: number = resendableFor + codeLifetime
const triesAtMost = 5
const mailsAnHour = 5
const wrongTriesADay = 10
/** Servers' clocks differ; one that was set back makes nothing immortal (abuse cases D22 and L34). */
const skew = minute
const sweptAtOnce = 10

/** What challenges are made with. */
export interface ChallengeParts {
  readonly store: ChallengeStore
  readonly environment: Pick<Environment, 'now' | 'randomBytes'>
  /** Seals the sign-in that waits. */
  readonly seal: Seal
  readonly codeHash: KeyedHash
  readonly addressHash: KeyedHash
  /** How many mails the people of one tenant may cause. */
  readonly tenantMails: TenantLimit
  /**
   * Mails a code; throws otp_unavailable.
   *
   * @param onLate - Called where that is thrown although the mail is still under way, with what settles when it is known.
   */
  readonly sendCode: (address: string, code: string, minutes: number, onLate: (sending: Promise<void>) => void) => Promise<void>
  readonly report: ReportEvent
}

/**
 * One-time codes for sign-ins that wait. Each challenge belongs to the
 * browser that has its id, to one identity and to one address.
 *
 * Every call may throw store_unavailable.
 */
export interface Challenges {
  /**
   * Mails a code to the address of a sign-in, and keeps the sign-in until it comes back.
   *
   * @param requestId - For the audit.
   * @returns the id of the challenge: a secret of the browser's.
   * @throws too_many_requests, otp_locked, with `Retry-After`; otp_unavailable: then nothing is kept.
   */
  begin: (signIn: WaitingSignIn, requestId: string) => Promise<string>
  /** What to show about a challenge; `null` where it is over. */
  view: (id: string) => Promise<ChallengeView | null>
  /**
   * Takes a code back. The right one ends the challenge.
   *
   * @param given - Whatever the client sent.
   * @throws otp_invalid, otp_expired; otp_locked with `Retry-After`.
   */
  redeem: (id: string, given: unknown, requestId: string) => Promise<WaitingSignIn>
  /**
   * Mails another code in place of the one that was. Tries stay counted.
   *
   * @throws too_many_requests, otp_locked, with `Retry-After`; otp_expired; otp_unavailable: then the code that was stays.
   */
  resend: (id: string, requestId: string) => Promise<void>
  /** Ends a challenge: the person has changed their mind. One that is over is no error. */
  cancel: (id: string) => Promise<void>
  /** Ends all challenges of an address, since it is somebody's now (row E2, abuse case L06). */
  cancelOf: (address: string) => Promise<void>
}

interface Open {
  readonly challenge: Challenge
  readonly signIn: WaitingSignIn
  readonly address: string
}

/** Makes the {@link Challenges} of a store. */
export function createChallenges (parts: ChallengeParts): Challenges {
  const { store, environment, seal, codeHash, addressHash, tenantMails, sendCode, report } = parts
  const mails = createLimit({ kind: 'mail', subject: 'address', most: mailsAnHour, window: hour, code: 'too_many_requests' }, store, environment)
  const wrongs = createLimit({ kind: 'wrong', subject: 'address', most: wrongTriesADay, window: day, code: 'otp_locked' }, store, environment)

  return {
    begin: async (signIn, requestId) => {
      const address = signIn.token.email.canonical!
      const id = randomToken(environment)
      const key = challengeKeyOf(id)
      const now = environment.now()
      await store.sweepChallenges(now - resendableFor, sweptAtOnce)
      const newest = await mailCode(key, address, signIn)
      const pending = await seal.seal({ key, signIn })
      await store.insert({ key, addressHash: addressHash.of(address), ...newest, tries: 0, pending, createdAt: now })
      await report({ type: 'code_sent', ...aboutSignIn(signIn, requestId) })
      return id
    },

    view: async (id) => {
      const open = await find(id)
      if (open === null) return null
      const { challenge: { tries, expiresAt }, signIn, address } = open
      const triesLeft = Math.min(triesAtMost - tries, await wrongs.left(addressHash.allOf(address)))
      const mayResend = triesLeft > 0 && isResendable(open.challenge)
      return { address, expiresAt, isExpired: isExpired(open.challenge), triesLeft, mayResend, returnTo: signIn.authorization.attempt.returnTo }
    },

    redeem: async (id, given, requestId) => {
      const open = await find(id)
      if (open === null) throw over()
      try {
        await check(open, given)
      } catch (error) {
        if (isEntraError(error) && error.statusCode < 500) {
          await report({ type: 'code_refused', ...aboutSignIn(open.signIn, requestId), code: error.code, reason: error.detail.reason })
        }
        throw error
      }
      return open.signIn
    },

    resend: async (id, requestId) => {
      const open = await find(id)
      if (open === null || !isResendable(open.challenge)) throw over()
      const { challenge: { key, tries, expiresAt }, address, signIn } = open
      if (tries >= triesAtMost) throw locked(expiresAt)
      const newest = await mailCode(key, address, signIn)
      const isThere = await store.replaceCode(key, newest.codeHash, newest.expiresAt)
      if (!isThere) throw over()
      await report({ type: 'code_sent', ...aboutSignIn(signIn, requestId), reason: 'resent' })
    },

    cancel: async (id) => await store.remove(challengeKeyOf(id)),

    cancelOf: async (address) => { await store.removeOf(addressHash.allOf(address)) }
  }

  /**
   * Counted before it is sent, so that no two servers send the fifth; not counted where it could not be sent. What
   * took too long may arrive: it counts until it is known to have failed.
   */
  async function mailCode (key: string, address: string, { token }: WaitingSignIn): Promise<Pick<Challenge, 'codeHash' | 'expiresAt'>> {
    const hashes = addressHash.allOf(address)
    await wrongs.require(hashes)
    const takeBack = await countMail(hashes, token.identity.tid)
    const code = newCode(environment)
    let undo = takeBack
    try {
      await sendCode(address, code, codeLifetime / minute, (sending) => { undo = async () => takeBackLater(sending, takeBack) })
    } catch (error) {
      await undo()
      throw error
    }
    return { codeHash: codeHash.of(key, code), expiresAt: environment.now() + codeLifetime }
  }

  /** The tenant's first: one that has sent enough does not use up what others may send to the address (abuse case L41). */
  async function countMail (hashes: readonly string[], tid: string): Promise<() => Promise<void>> {
    const ofTenant = await tenantMails.take(tid)
    try {
      const ofAddress = await mails.take(hashes)
      return async () => { await Promise.all([ofAddress(), ofTenant()]) }
    } catch (error) {
      await ofTenant()
      throw error
    }
  }

  /** The try is counted, here and for the address, before anything is compared: so many are compared at most, however many come at once (abuse case L31). */
  async function check ({ challenge, address }: Open, given: unknown): Promise<void> {
    const { key, expiresAt } = challenge
    if (isExpired(challenge)) throw refuse('otp_expired', 'expired_code')
    const counted = await store.countTry(key, triesAtMost)
    if (counted === null) throw await store.find(key) === null ? over() : locked(expiresAt)
    const takeBack = await wrongs.take(addressHash.allOf(address))
    if (!isRight(given, counted)) throw refuse('otp_invalid', 'wrong_code')
    await takeBack()
    // One of many right ones at once is the first (abuse case L33); one that was replaced meanwhile is right no longer (L32).
    if (!await store.take(key, counted.codeHash)) throw refuse('otp_invalid', 'used_or_replaced_code')
  }

  /** Text of six ASCII digits: nothing is converted (abuse case L43). */
  function isRight (given: unknown, { key, codeHash: hash }: Challenge): boolean {
    return typeof given === 'string' && /^[0-9]{6}$/.test(given) && codeHash.matches(hash, key, given)
  }

  async function find (id: string): Promise<Open | null> {
    const challenge = await store.find(challengeKeyOf(id))
    if (challenge === null || (isExpired(challenge) && !isResendable(challenge))) return null
    const opened = await seal.open(challenge.pending) as { key: string, signIn: WaitingSignIn } | null
    // What was sealed for another challenge does not belong to this browser (abuse case L35).
    if (opened === null || opened.key !== challenge.key) return null
    return { challenge, signIn: opened.signIn, address: opened.signIn.token.email.canonical! }
  }

  function isExpired ({ expiresAt, createdAt }: Challenge): boolean {
    const now = environment.now()
    return now > expiresAt || now < createdAt - skew
  }

  function isResendable ({ createdAt }: Challenge): boolean {
    const now = environment.now()
    return now <= createdAt + resendableFor && now >= createdAt - skew
  }

  /** No try is left until the code ends; a sign-in that starts anew is another challenge. */
  function locked (expiresAt: number): Error {
    const wait = Math.max(1, Math.ceil((expiresAt - environment.now()) / 1_000))
    return refuse('otp_locked', { reason: 'no_tries_left', retryAfter: wait })
  }
}

/** Nobody waits for it any more: where the store cannot take it back either, the mail counts until its hour is over. */
function takeBackLater (sending: Promise<void>, takeBack: () => Promise<void>): void {
  sending.catch(takeBack).catch(() => {})
}

function over (): Error {
  return refuse('otp_expired', 'unknown_challenge')
}

function aboutSignIn ({ token: { identity, email } }: WaitingSignIn, requestId: string) {
  return { identity: { tid: identity.tid, oid: identity.oid }, address: email.canonical, evidence: email.evidence, row: 'C1', requestId } as const
}

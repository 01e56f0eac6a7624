import { hash, timingSafeEqual } from 'node:crypto'
import type { Environment } from '../core/environment.ts'
import { randomToken } from '../core/environment.ts'
import type { Seal } from '../core/seal.ts'
import type { AttemptLoss } from './attempt-loss.ts'
import type { Attempt } from './types.ts'

/** An attempt ends ten minutes after it started, in milliseconds. */
export const attemptLifetime = 600_000

/** One browser keeps at most five attempts: five tabs. */
const attemptsAtMost = 5

/** Who sends more cookies of this name than a browser of ours has cannot make us decrypt them all. */
const lookedAtMost = 2 * attemptsAtMost

/**
 * All attempt cookies of a browser together stay below this, in characters:
 * Node refuses a request whose header is over 16 KiB, and a browser that sends
 * one is locked out until the cookies expire.
 */
const cookieBudget = 7_000

/** A cookie to be set, or to be cleared where the value is empty. */
export interface AttemptCookie {
  readonly name: string
  readonly value: string
}

/** What an attempt is started for. */
export type AttemptPlan = Pick<Attempt, 'returnTo' | 'intent' | 'scopes' | 'maxAge' | 'confirms'>

/** Starts, keeps and finds attempts. They live in cookies; nothing is stored at the start. */
export interface Attempts {
  /**
   * Starts an attempt.
   *
   * @param cookies - Those that the browser sent.
   * @returns the attempt, and the cookies to set and to clear: its own, and those that had to go for it.
   */
  start: (
    plan: AttemptPlan, cookies: Readonly<Record<string, string | undefined>>
  ) => Promise<{ attempt: Attempt, cookies: AttemptCookie[] }>
  /**
   * The attempt that this browser started under `state`, with the name of its
   * cookie; `null` where there is none, or it is over.
   */
  find: (
    state: string, cookies: Readonly<Record<string, string | undefined>>
  ) => Promise<{ attempt: Attempt, cookieName: string } | null>
  /** Why {@link Attempts.find} gave nothing, and the cookie that is of no use any more, where there is one. */
  lossOf: (
    state: string, cookies: Readonly<Record<string, string | undefined>>
  ) => Promise<{ loss: AttemptLoss, staleCookie: string | null }>
}

/**
 * @param seal - Made from keys for this purpose alone.
 * @param prefix - What cookie names start with: `__Host-entra-attempt-`, or without `__Host-` where the site is http.
 */
export function createAttempts (seal: Seal, prefix: string, environment: Environment): Attempts {
  return {
    start: async (plan, cookies) => {
      const attempt: Attempt = {
        ...plan,
        state: randomToken(environment),
        nonce: randomToken(environment),
        verifier: randomToken(environment),
        startedAt: environment.now()
      }
      const own = { name: cookieNameOf(attempt.state), value: await seal.seal(attempt) }
      const dropped = await makeRoom(cookies, own.value.length)
      return { attempt, cookies: [...dropped.map((name) => ({ name, value: '' })), own] }
    },
    find: async (state, cookies) => {
      const cookieName = cookieNameOf(state)
      const attempt = await openAttempt(cookies[cookieName])
      if (attempt === null || !sameText(attempt.state, state) || !isAlive(attempt)) return null
      return { attempt, cookieName }
    },
    lossOf: async (state, cookies) => {
      const cookieName = cookieNameOf(state)
      if (cookies[cookieName] === undefined) return { loss: 'attempt_cookie_absent', staleCookie: null }
      const attempt = await openAttempt(cookies[cookieName])
      if (attempt === null) return { loss: 'attempt_unreadable', staleCookie: cookieName }
      // Another attempt of this browser that is named alike is still good for its own state.
      return sameText(attempt.state, state) ? { loss: 'attempt_expired', staleCookie: cookieName } : { loss: 'attempt_cookie_absent', staleCookie: null }
    }
  }

  /** Ten characters tell the tabs of one browser apart; the rest of the state stays inside the seal. */
  function cookieNameOf (state: string): string {
    return `${prefix}${state.slice(0, 10)}`
  }

  function isAlive (attempt: Attempt): boolean {
    const age = environment.now() - attempt.startedAt
    return age >= 0 && age <= attemptLifetime
  }

  async function openAttempt (sealed: string | undefined): Promise<Attempt | null> {
    return sealed === undefined ? null : await seal.open(sealed) as Attempt | null
  }

  /** Names of the cookies that go, so that a new one of `size` characters fits: dead ones first, then the oldest. */
  async function makeRoom (cookies: Readonly<Record<string, string | undefined>>, size: number): Promise<string[]> {
    const names = Object.keys(cookies).filter((name) => name.startsWith(prefix)).slice(0, lookedAtMost)
    const opened = await Promise.all(names.map(async (name) => {
      const attempt = await openAttempt(cookies[name])
      const startedAt = attempt !== null && isAlive(attempt) ? attempt.startedAt : 0
      return { name, startedAt, size: cookies[name]!.length }
    }))
    const newestFirst = opened.sort((a, b) => b.startedAt - a.startedAt)
    let used = size
    let kept = 1
    return newestFirst.filter((cookie) => {
      const stays = cookie.startedAt > 0 && kept < attemptsAtMost && used + cookie.size <= cookieBudget
      if (stays) {
        kept += 1
        used += cookie.size
      }
      return !stays
    }).map((cookie) => cookie.name)
  }
}

/** sha256 of a state: what the table of used attempts holds. */
export function hashState (state: string): string {
  return hash('sha256', state, 'base64url')
}

/** The `code_challenge` of a verifier, method S256 (RFC 7636 section 4.2). */
export function codeChallenge (verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

function sameText (a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

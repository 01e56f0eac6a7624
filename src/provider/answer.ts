import type { Environment } from '../core/environment.ts'
import { refuse } from '../core/errors.ts'
import type { Seal } from '../core/seal.ts'
import type { AttemptCookie } from './attempt.ts'
import type { AuthorizationResponse } from './authorization-response.ts'

/** A posted answer waits a minute for the browser to come back with it, in milliseconds. */
export const answerLifetime = 60_000

/** Browsers drop a cookie whose name and value are longer than 4096 octets; the name has its part of it. */
const longestValue = 4_000

/** Microsoft's words about an error are looked through for a number and an id, in characters. */
const longestDescription = 1_000

/** All answers that wait in a browser stay below this, in characters, so that the headers stay far below Node's 16 KiB. */
const cookieBudget = 4_500

/**
 * Keeps what Microsoft has posted in a cookie of the browser that brought it. A post from another site comes without
 * the cookies of a session; the request that follows it is the browser's own, and has them.
 */
export interface Answers {
  /**
   * Seals an answer.
   *
   * @param cookies - Those that the browser sent.
   * @returns what names the answer, and the cookies to set and to clear.
   * @throws provider_error where the answer does not fit into a cookie.
   */
  keep: (
    response: AuthorizationResponse, cookies: Readonly<Record<string, string | undefined>>
  ) => Promise<{ key: string, cookies: AttemptCookie[] }>
  /** The answer of that name, with the name of its cookie; `null` where the browser has none, or it has waited too long. */
  find: (
    key: unknown, cookies: Readonly<Record<string, string | undefined>>
  ) => Promise<{ response: AuthorizationResponse, cookieName: string } | null>
}

interface Kept {
  readonly response: AuthorizationResponse
  readonly at: number
}

/**
 * @param seal - Made from keys for this purpose alone.
 * @param prefix - What cookie names start with.
 */
export function createAnswers (seal: Seal, prefix: string, environment: Pick<Environment, 'now'>): Answers {
  return {
    keep: async (response, cookies) => {
      const key = response.state.slice(0, 10)
      const kept: Kept = { response: { ...response, errorDescription: response.errorDescription?.slice(0, longestDescription) ?? null }, at: environment.now() }
      const own = { name: prefix + key, value: await seal.seal(kept) }
      if (own.value.length > longestValue) {
        throw refuse('provider_error', { reason: 'answer_too_long', actor: 'developer', remedy: 'Microsoft\'s code is longer than a cookie can hold: give option "responseMode" as "query".' })
      }
      return { key, cookies: [...tooMuchBeside(own, cookies), own] }
    },
    find: async (key, cookies) => {
      const cookieName = `${prefix}${String(key)}`
      const sealed = cookies[cookieName]
      const kept = sealed === undefined ? null : await seal.open(sealed) as Kept | null
      if (kept === null || !isAlive(kept)) return null
      return { response: kept.response, cookieName }
    }
  }

  function isAlive ({ at }: Kept): boolean {
    const age = environment.now() - at
    return age >= 0 && age <= answerLifetime
  }

  /** The others go where all together are too much: they are of other tabs, and mostly left behind. */
  function tooMuchBeside (own: AttemptCookie, cookies: Readonly<Record<string, string | undefined>>): AttemptCookie[] {
    const others = Object.keys(cookies).filter((name) => name.startsWith(prefix) && name !== own.name)
    const size = others.reduce((sum, name) => sum + cookies[name]!.length, own.value.length)
    return size <= cookieBudget ? [] : others.map((name) => ({ name, value: '' }))
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../../src/core/errors.ts'
import { type AttemptLoss, refuseLost } from '../../src/provider/attempt-loss.ts'
import { type AttemptCookie, attemptLifetime, type AttemptPlan, type Attempts, hashState } from '../../src/provider/attempt.ts'
import type { Attempt, Intent, UsedAttempts } from '../../src/provider/types.ts'
import { attemptCookieAttributes, clearCookie, cookiesOf } from '../cookies.ts'
import { signInOf } from '../sign-in.ts'

/** The attempts of the browser that asks. */
export interface BrowserAttempts {
  /** Hands the browser an attempt of its own. */
  readonly start: (request: FastifyRequest, reply: FastifyReply, plan: AttemptPlan) => Promise<Attempt>
  /** The attempt of that state that this browser started, without using it up; throws invalid_state. */
  readonly find: (request: FastifyRequest, reply: FastifyReply, state: string) => Promise<{ attempt: Attempt, cookieName: string }>
  /**
   * Uses an attempt up. Of any number of calls at once, on however many servers, one gets it.
   *
   * @param accepts - Whether what it was started for is what is finished here.
   * @throws invalid_state
   */
  readonly take: <Accepted extends Intent>(
    request: FastifyRequest, reply: FastifyReply, state: string, accepts: (intent: Intent) => intent is Accepted
  ) => Promise<Attempt & { readonly intent: Accepted }>
}

/** Attempts in cookies, and the marks of those that were used in the store. */
export function createBrowserAttempts (attempts: Attempts, usedAttempts: UsedAttempts): BrowserAttempts {
  return { start, find, take }

  async function start (request: FastifyRequest, reply: FastifyReply, plan: AttemptPlan): Promise<Attempt> {
    const { attempt, cookies } = await attempts.start(plan, cookiesOf(request))
    setCookies(request, reply, cookies, attemptLifetime)
    return attempt
  }

  async function find (request: FastifyRequest, reply: FastifyReply, state: string): Promise<{ attempt: Attempt, cookieName: string }> {
    const found = await attempts.find(state, cookiesOf(request))
    if (found !== null) return found
    const { loss, staleCookie } = await attempts.lossOf(state, cookiesOf(request))
    if (staleCookie !== null) clearCookie(reply, staleCookie, signInOf(request.server).config)
    throw refuseLost(loss === 'attempt_cookie_absent' ? absence(request) : loss)
  }

  async function take <Accepted extends Intent> (
    request: FastifyRequest, reply: FastifyReply, state: string, accepts: (intent: Intent) => intent is Accepted
  ): Promise<Attempt & { readonly intent: Accepted }> {
    const { attempt, cookieName } = await find(request, reply, state)
    const { intent } = attempt
    // A server of another version, or with other plugins, may have started it for something that this one cannot do.
    if (!accepts(intent)) throw refuse('invalid_state', 'unknown_intent')
    const isFirst = await usedAttempts.use(hashState(attempt.state), attempt.startedAt + 2 * attemptLifetime)
    if (!isFirst) throw refuseLost('used_attempt')
    clearCookie(reply, cookieName, signInOf(request.server).config)
    return { ...attempt, intent }
  }
}

/** Sets cookies of an attempt, and clears those without a value. */
export function setCookies (request: FastifyRequest, reply: FastifyReply, cookies: readonly AttemptCookie[], lifetime: number): void {
  const { config } = signInOf(request.server)
  for (const { name, value } of cookies) {
    if (value === '') clearCookie(reply, name, config)
    else reply.setCookie(name, value, { ...attemptCookieAttributes(config), maxAge: lifetime / 1_000 })
  }
}

/** The host is looked at for the log alone: it is what the client, or the last proxy, says. */
function absence (request: FastifyRequest): AttemptLoss {
  const { hostname } = new URL(signInOf(request.server).config.origin)
  return request.hostname === hostname ? 'attempt_cookie_absent' : 'attempt_of_other_host'
}

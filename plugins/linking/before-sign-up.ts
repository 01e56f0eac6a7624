import type { FastifyBaseLogger } from 'fastify'
import { type EntraError, refuse, refuseSignUp } from '../../src/core/errors.ts'
import { TimedOut, within } from '../../src/core/within.ts'
import type { AskBeforeSignUp } from '../../src/linking/link.ts'
import type { BeforeSignUp, SignUpCandidate } from '../../src/linking/sign-up.ts'
import { framesOf } from '../failure-frames.ts'

/** What the option says. */
export interface BeforeSignUpOptions {
  readonly beforeSignUp: BeforeSignUp
  readonly signUpRefusals: Readonly<Record<string, string>>
  /** In milliseconds. */
  readonly beforeSignUpTimeout: number
}

/**
 * Asks the application's `beforeSignUp`. Only nothing lets a person in: what is no declared code, what was thrown and
 * what takes too long refuse with `server_error`, and the log names the mistake. What was thrown may hold anything, so
 * only where is logged.
 */
export function askBeforeSignUp (options: BeforeSignUpOptions, log: FastifyBaseLogger): AskBeforeSignUp {
  return async (candidate, row) => {
    const answer = await ask(options, candidate, log, row)
    if (answer === undefined || answer === null) return
    if (typeof answer === 'string' && Object.hasOwn(options.signUpRefusals, answer)) {
      throw refuseSignUp(answer, options.signUpRefusals[answer]!, { reason: 'before_sign_up', row })
    }
    throw mistake('unknown_code', `Option "beforeSignUp" gave ${show(answer)}, which is no code of option "signUpRefusals".`, row)
  }
}

async function ask (
  { beforeSignUp, beforeSignUpTimeout }: BeforeSignUpOptions, candidate: SignUpCandidate, log: FastifyBaseLogger, row: string
): Promise<unknown> {
  try {
    return await within<unknown>(beforeSignUpTimeout, async () => await beforeSignUp(candidate))
  } catch (error) {
    if (error instanceof TimedOut) throw mistake('timed_out', `Option "beforeSignUp" took longer than ${beforeSignUpTimeout} ms ("beforeSignUpTimeout").`, row)
    log.error({ frames: framesOf(error) }, 'option "beforeSignUp" threw')
    throw mistake('threw', 'Option "beforeSignUp" threw. To refuse, let it give a code of option "signUpRefusals".', row)
  }
}

function mistake (what: string, remedy: string, row: string): EntraError {
  return refuse('server_error', { reason: `before_sign_up_${what}`, remedy, row })
}

/** What looks like a code is shown; anything else may be an address. */
function show (answer: unknown): string {
  return typeof answer === 'string' && /^\w{1,64}$/.test(answer) ? JSON.stringify(answer) : `a value of type ${typeof answer}`
}

import { type EntraError, refuse } from '../core/errors.ts'
import type { Actor } from '../core/help.ts'

/** Why the attempt of a callback cannot be used: the reason of the refusal `invalid_state`. */
export type AttemptLoss =
  | 'attempt_cookie_absent' | 'attempt_of_other_host' | 'attempt_unreadable' | 'attempt_expired' | 'used_attempt'

const explanations: Readonly<Record<AttemptLoss, readonly [actor: Actor, remedy: string]>> = {
  attempt_cookie_absent: ['person', 'The browser sent no cookie of this attempt: it was finished before (the button "back"), it took longer than ten minutes, it was started in another browser, or the browser keeps no cookies.'],
  attempt_of_other_host: ['developer', 'The callback came to another host than that of "baseUrl", and cookies belong to one host: let browsers reach the application at "baseUrl" alone, also where they start.'],
  attempt_unreadable: ['developer', 'The cookie of the attempt was sealed with other secrets: give all servers the same option "secrets", and keep an old secret behind the new one for a while.'],
  attempt_expired: ['person', 'It took longer than ten minutes. Where the server\'s clock was set, it is that.'],
  used_attempt: ['person', 'The attempt was finished before: the callback was opened twice, by the button "back", a proxy that repeats requests, or a scanner.']
}

/** The refusal of a callback whose attempt is lost. */
export function refuseLost (loss: AttemptLoss): EntraError {
  const [actor, remedy] = explanations[loss]
  return refuse('invalid_state', { reason: loss, actor, remedy })
}

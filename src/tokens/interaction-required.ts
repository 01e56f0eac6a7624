import { type EntraError, type ErrorDetail, refuse } from '../core/errors.ts'

/**
 * The person has to come to Microsoft before there is a token: to consent to
 * more, for a second factor, or since what was kept is good no more. Status 401.
 */
export interface InteractionRequired extends EntraError {
  readonly code: 'interaction_required'
  /** What the token was asked for with. */
  readonly scopes: readonly string[]
  /**
   * Where to send the person's browser: the start route of this application,
   * asking for these scopes. Not enumerable, so that no log prints it.
   */
  readonly url: string
}

const made = new WeakSet<object>()

/** Makes an {@link InteractionRequired}. */
export function interactionRequired (detail: ErrorDetail, scopes: readonly string[], url: string): InteractionRequired {
  const error = refuse('interaction_required', detail)
  Object.assign(error, { scopes: Object.freeze([...scopes]) })
  Object.defineProperty(error, 'url', { value: url })
  made.add(error)
  return error as InteractionRequired
}

/** Whether `error` says that the person has to come to Microsoft: then `error.url` is where to send their browser. */
export function isInteractionRequired (error: unknown): error is InteractionRequired {
  return typeof error === 'object' && error !== null && made.has(error)
}
